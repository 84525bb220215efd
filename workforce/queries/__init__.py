"""Reads of people. Every function returns finished values in the scope of its session."""

from workforce.queries.accounts import (
    account_of,
    actor_of,
    find_account,
    members_of,
    organization_of,
    organizations,
    places_of,
    tokens_of,
)
from workforce.queries.agreements import (
    agreement_in_force,
    agreement_of,
    agreements_in_force,
    agreements_to_sign,
    find_agreements,
    signatures_of,
)
from workforce.queries.documents import documents_of, owner_of_document
from workforce.queries.drafts import draft_of
from workforce.queries.factors import factor_of, resets, resets_of
from workforce.queries.facts import facts_of_account, facts_of_people, person_facts, supply
from workforce.queries.guarded import appeal_for, own_profile, person_for, reach, receipt_for
from workforce.queries.invitations import (
    count_invitations,
    invitation_by_id,
    invitation_by_secret,
    invitations,
    letters_left,
    roster_lines,
    roster_of,
    rosters,
)
from workforce.queries.languages import claims_of, languages_of
from workforce.queries.passkeys import factor_kinds, is_shown, making_options, passkeys_of, using_options
from workforce.queries.people import (
    annotator_by_id,
    annotator_of,
    count_by_status,
    find_people,
    person_detail,
    pseudonyms_of,
    search_people,
)
from workforce.queries.pools import open_pool, pool_of, pools
from workforce.queries.receipts import appeal_of, appeals, receipt_of, receipts_of
from workforce.queries.sign_in import (
    account_of_link,
    actor_of_token,
    address_link,
    bearer_of_token,
    bearer_of_token_id,
    check_password,
    residences_of,
)
from workforce.queries.steps import people_at_step, step_counts, steps_of

__all__ = [
    "account_of",
    "account_of_link",
    "actor_of",
    "actor_of_token",
    "address_link",
    "agreement_in_force",
    "agreement_of",
    "agreements_in_force",
    "agreements_to_sign",
    "annotator_by_id",
    "annotator_of",
    "appeal_for",
    "appeal_of",
    "appeals",
    "bearer_of_token",
    "bearer_of_token_id",
    "check_password",
    "claims_of",
    "count_by_status",
    "count_invitations",
    "documents_of",
    "draft_of",
    "factor_kinds",
    "factor_of",
    "facts_of_account",
    "facts_of_people",
    "find_account",
    "find_agreements",
    "find_people",
    "invitation_by_id",
    "invitation_by_secret",
    "invitations",
    "is_shown",
    "languages_of",
    "letters_left",
    "making_options",
    "members_of",
    "open_pool",
    "organization_of",
    "organizations",
    "own_profile",
    "owner_of_document",
    "passkeys_of",
    "people_at_step",
    "person_detail",
    "person_facts",
    "person_for",
    "places_of",
    "pool_of",
    "pools",
    "pseudonyms_of",
    "reach",
    "receipt_for",
    "receipt_of",
    "receipts_of",
    "resets",
    "resets_of",
    "residences_of",
    "roster_lines",
    "roster_of",
    "rosters",
    "search_people",
    "signatures_of",
    "step_counts",
    "steps_of",
    "supply",
    "tokens_of",
    "using_options",
]
