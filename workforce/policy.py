"""Who may do what to whom: the actions of workforce, and the facts about its rows that a decision rests on."""

from enum import StrEnum

from kernel.policy import Actor, Resource
from workforce.models import Annotator, Appeal, DecisionReceipt, Pool

# Stands for the author where a rule decided: nobody's account, so that any person may answer an appeal.
BY_RULE = "rule"


class Action(StrEnum):
    """Every permission that workforce asks for; the matrix says who has it."""

    ACCOUNT_CREATE = "account:create"
    ACCOUNT_SELF = "account:self"
    PEOPLE_SEARCH = "people:search"
    ACCOUNT_DATA = "account:data"
    ACCOUNT_SECURE = "account:secure"
    FACTOR_RESET_ASK = "factor_reset:ask"
    FACTOR_RESET_DECIDE = "factor_reset:decide"
    FACTOR_RESET_READ = "factor_reset:read"
    ORGANIZATION_CREATE = "organization:create"
    SESSIONS_END = "sessions:end"
    TEAM_READ = "team:read"
    TEAM_MANAGE = "team:manage"
    POOL_READ = "pool:read"
    POOL_MANAGE = "pool:manage"
    POOL_APPLY = "pool:apply"
    DOCUMENT_LOOK = "document:look"
    CREDENTIAL_EXPORT = "credential:export"
    CREDENTIAL_READ = "credential:read"
    FILE_READ = "file:read"
    FILE_TAKE = "file:take"
    INVITATION_EXPORT = "invitation:export"
    PEOPLE_EXPORT = "people:export"
    PEOPLE_INVITE = "people:invite"
    PEOPLE_READ = "people:read"
    PEOPLE_ADMIT = "people:admit"
    PEOPLE_SKILL = "people:skill"
    PEOPLE_STANDING = "people:standing"
    PEOPLE_CLEAR = "people:clear"
    PROFILE_READ = "profile:read"
    PROFILE_WRITE = "profile:write"
    LANGUAGE_VERIFY = "language:verify"
    AGREEMENT_READ = "agreement:read"
    AGREEMENT_PUBLISH = "agreement:publish"
    AGREEMENT_SIGN = "agreement:sign"
    RECEIPT_READ = "receipt:read"
    RECEIPT_APPEAL = "receipt:appeal"
    RECEIPT_END = "receipt:end"
    APPEAL_READ = "appeal:read"
    APPEAL_DECIDE = "appeal:decide"


def account_resource(account_id: str) -> Resource:
    """An account: the person's own."""
    return Resource("account", account_id, owner_account_id=account_id)


def reset_resource(account_id: str, asked_by: str | None, actor: Actor) -> Resource:
    """A reset of somebody's second factor: neither they themselves nor, once it is asked for, who asked may act."""
    author = account_id if asked_by is None or actor.account_id == account_id else asked_by
    return Resource("factor_reset", account_id, author_account_id=author)


def organization_resource(org_id: str) -> Resource:
    """An organization, for what is done to its team."""
    return Resource("organization", org_id, org_id=org_id)


def pool_resource(pool: Pool) -> Resource:
    """A pool of a vendor."""
    return Resource("pool", pool.id, org_id=pool.org_id)


def invitation_resource(kind: str, id_: str, org_id: str) -> Resource:
    """An invitation or a roster of a vendor."""
    return Resource(kind, id_, org_id=org_id)


def annotator_resource(annotator: Annotator) -> Resource:
    """A person's profile. Its author is the person, so that nobody decides about themselves."""
    return Resource(
        "annotator",
        annotator.id,
        org_id=annotator.org_id,
        owner_account_id=annotator.account_id,
        author_account_id=annotator.account_id,
    )


def document_resource(document_id: str, annotator: Annotator) -> Resource:
    """A document, which belongs to the person who handed it in; nobody decides on their own."""
    return Resource(
        "document", document_id, org_id=annotator.org_id, owner_account_id=annotator.account_id,
        author_account_id=annotator.account_id,
    )  # fmt: skip


def receipt_resource(receipt: DecisionReceipt, annotator: Annotator) -> Resource:
    """A decision, which belongs to the person it is about."""
    return Resource("receipt", receipt.id, org_id=receipt.org_id, owner_account_id=annotator.account_id)


def appeal_resource(appeal: Appeal, receipt: DecisionReceipt, annotator: Annotator, actor: Actor) -> Resource:
    """An appeal as its decider meets it: the author is whoever decided first, or the person themself."""
    is_person = actor.account_id == annotator.account_id
    return Resource(
        "appeal",
        appeal.id,
        org_id=appeal.org_id,
        author_account_id=annotator.account_id if is_person else receipt.decided_by or BY_RULE,
    )
