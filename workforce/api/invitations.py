"""`/api/v1/invitations`: asking people into a pool, one at a time or by a roster, and accepting."""

from base64 import b64decode
from binascii import Error as NotBase64
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import request
from pydantic import Field

from i18n import _
from kernel import db
from kernel.errors import Invalid
from kernel.guard import not_found
from kernel.policy import Actor
from kernel.tenancy import Scope
from web import current, limits
from web.forms import InModel, OutModel, PageQuery
from web.sessions import network_of
from workforce import queries
from workforce.api import api
from workforce.api.shapes import AgreementOut, ApplicationIn, PoolOut, SignedIn
from workforce.confirming import invitation_address
from workforce.files.rosters import MOST_BYTES, read_roster
from workforce.operations import invitations as acts
from workforce.operations import rosters as roster_acts
from workforce.rules.rosters import LONGEST_NOTE
from workforce.values import FileLine, InvitationState, RosterOutcome, RosterView

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class InvitationIn(InModel):
    """Somebody to be asked into a pool; the letter is written in the language of `locale`."""

    pool_id: str = Field(max_length=22)
    email: str = Field(max_length=300)
    locale: str = Field(max_length=40)
    name: str | None = Field(default=None, max_length=200)
    note: str | None = Field(default=None, max_length=LONGEST_NOTE)


class InvitationQuery(PageQuery):
    """Which invitations."""

    pool_id: str | None = Field(default=None, max_length=22)
    state: InvitationState | None = None
    address: str = Field(default="", max_length=254, description="A whole address; of a part of one nothing is found.")


class InvitationOut(OutModel):
    """An invitation, without the secret of its address."""

    id: str
    pool_id: str
    email: str
    name: str | None
    locale: str
    note: str | None
    state: InvitationState
    created_at: datetime
    sent_at: datetime | None
    sent_times: int
    expires_at: datetime | None
    accepted_at: datetime | None
    annotator_id: str | None


class InvitationsOut(OutModel):
    """A page of invitations."""

    items: list[InvitationOut]
    next_after: str | None


class InvitedOut(OutModel):
    """What somebody is invited to."""

    email: str
    locale: str
    note: str | None
    pool: PoolOut
    vendor_name: str
    agreements: list[AgreementOut]


class ComeIn(ApplicationIn):
    """An application with the agreements that were read."""

    signatures: list[SignedIn] = Field(default_factory=list, max_length=50)


class WelcomeIn(ComeIn):
    """The same of somebody without an account; the address is the invitation's."""

    name: str = Field(max_length=200)
    password: str = Field(max_length=2000)
    locale: str = Field(default="en", max_length=35)


class WelcomeOut(OutModel):
    """The account that came in, and its new place."""

    account_id: str
    membership_id: str


class RosterIn(InModel):
    """A roster: `content` is a CSV or XLSX file in base64."""

    pool_id: str = Field(max_length=22)
    name: str = Field(min_length=1, max_length=300)
    content: str = Field(min_length=1, max_length=MOST_BYTES * 4 // 3 + 4)


class RosterOut(OutModel):
    """A roster with how many of its lines have which outcome."""

    id: str
    pool_id: str
    name: str
    created_at: datetime
    sent_at: datetime | None
    job_id: str | None
    counts: dict[RosterOutcome, int]


class LineFaultOut(OutModel):
    """What is wrong with a line, in the caller's language."""

    column: str
    message: str


class RosterLineOut(OutModel):
    """A line of a roster: what happens with it, and what is wrong."""

    number: int
    email: str
    name: str
    locale: str
    note: str
    outcome: RosterOutcome
    faults: list[LineFaultOut]


class RosterPageOut(OutModel):
    """A roster with a page of its lines. `letters_left`: how many can leave today; the others follow by themselves.
    `is_stopped`: nothing invites the others any more, until somebody sends it again."""

    roster: RosterOut
    letters_left: int
    is_stopped: bool
    items: list[RosterLineOut]
    next_after: str | None


class RostersOut(OutModel):
    """A page of rosters, without their counts."""

    items: list[RosterOut]
    next_after: str | None


class RosterQuery(PageQuery):
    """Which lines."""

    outcome: RosterOutcome | None = None


class RosterSentOut(OutModel):
    """The job that invites them; `GET /jobs/{job_id}` tells how far it is."""

    job_id: str


@api.get("/invitations", query=InvitationQuery, returns=InvitationsOut)
def invitations(session: "Session", actor: Actor, query: InvitationQuery) -> InvitationsOut:
    """Invitations of your organization."""
    rows, next_after = queries.invitations(session, **query.model_dump())
    return InvitationsOut(items=[InvitationOut.model_validate(_told(row)) for row in rows], next_after=next_after)


@api.post("/invitations", body=InvitationIn, returns=InvitationOut, creates=True, before=limits.spends("invite"))
def invite(session: "Session", actor: Actor, body: InvitationIn) -> InvitationOut:
    """Ask somebody into a pool by a letter."""
    made = acts.invite(session, actor, **body.model_dump(), address_of=invitation_address)
    return InvitationOut.model_validate(_told(made))


@api.post("/invitations/<invitation_id>/again", returns=InvitationOut, before=limits.spends("invite"))
def send_again(session: "Session", actor: Actor, invitation_id: str) -> InvitationOut:
    """Send an invitation once more; the address in the letter before works no longer."""
    sent = acts.send_again(session, actor, invitation_id, address_of=invitation_address)
    return InvitationOut.model_validate(_told(sent))


@api.post("/invitations/<invitation_id>/revoke", returns=InvitationOut)
def revoke_invitation(session: "Session", actor: Actor, invitation_id: str) -> InvitationOut:
    """Take an invitation back."""
    return InvitationOut.model_validate(_told(acts.revoke_invitation(session, actor, invitation_id)))


def _scope_of_secret() -> Scope:
    """The vendor that invites with this secret."""
    with db.reading(Scope.system("invitation")) as session:
        found = queries.invitation_by_secret(session, (request.view_args or {})["token"])
    if found is None:
        raise not_found()
    return Scope.tenant(found.org_id)


@api.get("/invitation/<token>", returns=InvitedOut, scope=_scope_of_secret, public=True)
def invitation(session: "Session", actor: Actor, token: str) -> InvitedOut:
    """What you are invited to, by the last part of the mailed address; looking uses nothing up."""
    found = queries.invitation_by_secret(session, token)
    pool = queries.pool_of(session, found.pool_id) if found else None
    vendor = queries.organization_of(session, found.org_id) if found else None
    if found is None or pool is None or vendor is None or found.state is not InvitationState.WAITING:
        raise not_found()
    asked = [AgreementOut.of(one) for one in queries.agreements_in_force(session, found.org_id)]
    return InvitedOut(
        email=found.email, locale=found.locale, note=found.note, pool=PoolOut.model_validate(pool),
        vendor_name=vendor.name, agreements=asked,
    )  # fmt: skip


@api.post("/invitation/<token>", body=WelcomeIn, returns=WelcomeOut, creates=True, scope=_scope_of_secret, public=True)
def accept_invitation(session: "Session", actor: Actor, token: str, body: WelcomeIn) -> WelcomeOut:
    """Accept an invitation without an account, which is made with it."""
    return _accepted(session, actor, token, body)


@api.post("/account/invitations/<token>", body=ComeIn, returns=WelcomeOut, creates=True, scope=_scope_of_secret)
def accept_as_oneself(session: "Session", actor: Actor, token: str, body: ComeIn) -> WelcomeOut:
    """Accept an invitation with your account, whose address it must be for."""
    return _accepted(session, actor, token, body, locale="en")


@api.get("/rosters", query=PageQuery, returns=RostersOut)
def rosters(session: "Session", actor: Actor, query: PageQuery) -> RostersOut:
    """Rosters of your organization, the newest first."""
    rows, next_after = queries.rosters(session, after=query.after, limit=query.limit)
    return RostersOut(items=[_roster(row) for row in rows], next_after=next_after)


def _lines_of(body: RosterIn) -> list[FileLine]:
    """What the file says, read while nobody waits for the database, and only for whoever may bring it."""
    limits.spend("import")
    with db.reading(current.scope()) as session:
        roster_acts.pool_to_invite_into(session, current.actor(), body.pool_id)
    try:
        content = b64decode(body.content, validate=True)
    except (NotBase64, ValueError) as error:
        message = _("This is not base64.")
        raise Invalid("roster.unreadable", message, fields={"content": message}) from error
    return read_roster(content, body.name)


@api.post("/rosters", body=RosterIn, returns=RosterOut, creates=True, before=_lines_of)
def upload_roster(session: "Session", actor: Actor, body: RosterIn, proven: list[FileLine]) -> RosterOut:
    """Read a roster; nobody is invited by that."""
    return _roster(roster_acts.keep_roster(session, actor, body.pool_id, name=body.name, lines=proven))


@api.get("/rosters/<roster_id>", query=RosterQuery, returns=RosterPageOut)
def roster(session: "Session", actor: Actor, roster_id: str, query: RosterQuery) -> RosterPageOut:
    """A roster line by line: what is wrong, and what will happen."""
    found = queries.roster_of(session, roster_id)
    if found is None:
        raise not_found()
    lines, next_after = queries.roster_lines(session, roster_id, **query.model_dump())
    items = [
        RosterLineOut(
            number=line.number, email=line.email, name=line.name, locale=line.locale, note=line.note,
            outcome=line.outcome,
            faults=[LineFaultOut(column=column, message=str(message)) for column, message in line.faults],
        )
        for line in lines
    ]  # fmt: skip
    return RosterPageOut(
        roster=_roster(found), letters_left=queries.letters_left(session, found.org_id), items=items,
        is_stopped=queries.is_stopped(session, found), next_after=next_after,
    )  # fmt: skip


@api.post("/rosters/<roster_id>/send", returns=RosterSentOut, status=202)
def send_roster(session: "Session", actor: Actor, roster_id: str) -> RosterSentOut:
    """Invite whom it names and nobody invited yet; said twice, it is one job."""
    return RosterSentOut(job_id=roster_acts.send_roster(session, actor, roster_id, address=invitation_address()))


@api.post("/rosters/<roster_id>/drop", returns=None, status=204)
def drop_roster(session: "Session", actor: Actor, roster_id: str) -> None:
    """Forget a roster; whoever was invited by it stays invited."""
    roster_acts.drop_roster(session, actor, roster_id)


def _accepted(session: "Session", actor: Actor, token: str, body: ComeIn, **more: Any) -> WelcomeOut:
    account_id, membership_id = acts.accept_invitation(
        session, actor, token, network=network_of(request.remote_addr),
        languages=[language.stated for language in body.languages],
        signatures={signed.agreement_id: signed.locale for signed in body.signatures},
        **body.model_dump(exclude={"languages", "signatures"}), **more,
    )  # fmt: skip
    return WelcomeOut(account_id=account_id, membership_id=membership_id)


def _told(view: Any) -> dict[str, Any]:
    return {name: getattr(view, name) for name in InvitationOut.model_fields}


def _roster(view: RosterView) -> RosterOut:
    told = {name: getattr(view, name) for name in RosterOut.model_fields if name != "counts"}
    return RosterOut(**told, counts=dict(view.counts))
