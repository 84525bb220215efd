"""Writes of people: one function per business act, each `(session, actor, …)`."""

from workforce.operations.accounts import (
    add_membership,
    create_account,
    create_organization,
    end_membership,
    set_locale,
    set_profile,
)
from workforce.operations.agreements import publish_agreement, sign_agreement
from workforce.operations.appeals import decide_appeal, open_appeal
from workforce.operations.clearances import end_identity, set_clearance, verify_identity
from workforce.operations.factors import (
    ask_reset,
    begin_factor,
    confirm_factor,
    decide_reset,
    end_factor,
    prove_factor,
    renew_codes,
)
from workforce.operations.languages import claim_language, reject_language, verify_language
from workforce.operations.passkeys import add_passkey, prove_passkey, remove_passkey
from workforce.operations.people import admit, apply_to_pool, change_standing, decline, update_profile
from workforce.operations.pools import change_pool, create_pool, set_check_rate, set_steps
from workforce.operations.receipts import end_receipt, issue_receipt
from workforce.operations.sign_in import ask_new_password, renew_hash, set_password, set_password_by_link
from workforce.operations.tokens import create_token, note_use, prove_token, revoke_token
from workforce.queries.sign_in import actor_of_token, check_password

__all__ = [
    "actor_of_token",
    "add_membership",
    "add_passkey",
    "admit",
    "apply_to_pool",
    "ask_new_password",
    "ask_reset",
    "begin_factor",
    "change_pool",
    "change_standing",
    "check_password",
    "claim_language",
    "confirm_factor",
    "create_account",
    "create_organization",
    "create_pool",
    "create_token",
    "decide_appeal",
    "decide_reset",
    "decline",
    "end_factor",
    "end_identity",
    "end_membership",
    "end_receipt",
    "issue_receipt",
    "note_use",
    "open_appeal",
    "prove_factor",
    "prove_passkey",
    "prove_token",
    "publish_agreement",
    "reject_language",
    "remove_passkey",
    "renew_codes",
    "renew_hash",
    "revoke_token",
    "set_check_rate",
    "set_clearance",
    "set_locale",
    "set_password",
    "set_password_by_link",
    "set_profile",
    "set_steps",
    "sign_agreement",
    "update_profile",
    "verify_identity",
    "verify_language",
]
