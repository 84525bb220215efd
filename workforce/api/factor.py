"""`/api/v1/account/second-factor`, step-up of a token, and resets of second factors by the operator."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import request
from pydantic import Field

from kernel import db
from kernel.errors import Invalid
from kernel.policy import Actor
from kernel.tenancy import Scope
from web import current, sessions, stepup
from web.forms import InModel, OutModel, PageQuery
from web.sessions import is_bearer
from workforce import operations, queries
from workforce.api import api
from workforce.values import FactorView

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class ProofIn(InModel):
    """Who one is, once more: a code where there is a second factor, else the password."""

    code: str = Field(default="", max_length=100)
    password: str = Field(default="", max_length=2000)


class CodeIn(InModel):
    """A code of the authenticator app."""

    code: str = Field(max_length=100)


class EndingIn(InModel):
    """Password and code together."""

    current_password: str = Field(max_length=2000)
    code: str = Field(max_length=100)


class EnrolmentOut(OutModel):
    """What an authenticator app has to be told; nothing is switched on before its first code."""

    secret: str
    address: str


class CodesOut(OutModel):
    """Recovery codes, which are told this once."""

    recovery_codes: list[str]


class ResetIn(InModel):
    """Whose second factor is to be taken off, and why."""

    email: str = Field(max_length=300)
    reason: str = Field(min_length=1, max_length=1000)


class ResetDecisionIn(InModel):
    """Whether to agree."""

    agree: bool


class FactorOut(OutModel):
    """One's second factor; the secret is told when it is set up, and at no other time."""

    since: datetime | None
    codes_left: int
    is_begun: bool
    kinds: list[str]

    @classmethod
    def of(cls, view: FactorView) -> "FactorOut":
        return cls(
            since=view.since, codes_left=view.codes_left, is_begun=view.pending is not None, kinds=sorted(view.kinds)
        )


class ResetOut(OutModel):
    """A second factor that is to be taken off, or was."""

    id: str
    account_id: str
    name: str
    email: str
    reason: str
    asked_at: datetime
    asked_by: str
    decided_at: datetime | None
    decided_by: str | None
    outcome: str | None


class ResetsOut(OutModel):
    """A page of resets, newest first."""

    items: list[ResetOut]
    next_after: str | None


def _own() -> Scope:
    return Scope.system("own second factor")


def _resets() -> Scope:
    return Scope.system("resets of second factors")


def _proof(body: ProofIn) -> str:
    person = current.person()
    assert person is not None
    kind, errors = stepup.prove(person, body.code, body.password)
    if kind is None:
        fields = {name.removeprefix("proof_"): message for name, message in errors.items()}
        raise Invalid("step_up.refused", next(iter(fields.values())), fields)
    return kind


def _count(**_arguments: Any) -> None:
    person = current.person()
    assert person is not None
    stepup.count_code(person)


@api.post("/step-up", body=ProofIn, returns=None, status=204, scope=_own, before=_proof)
def step_up(session: "Session", actor: Actor, body: ProofIn, proven: str) -> None:
    """Prove anew who one is, for what asks for it; it holds for a quarter of an hour"""
    if is_bearer(request):
        operations.prove_token(session, actor)
    else:
        _renew(session, actor, proven_at=db.now_of(session))


@api.get("/account/second-factor", returns=FactorOut, scope=_own)
def second_factor(session: "Session", actor: Actor) -> Any:
    """Whether one has a second factor, and how many recovery codes are left"""
    return FactorOut.of(queries.factor_of(session, actor, actor.account_id or ""))


@api.post("/account/second-factor", returns=EnrolmentOut, creates=True, scope=_own)
def begin_factor(session: "Session", actor: Actor) -> Any:
    """Begin to set up an authenticator app"""
    return operations.begin_factor(session, actor, actor.account_id or "")


@api.post("/account/second-factor/confirm", body=CodeIn, returns=CodesOut, scope=_own)
def confirm_factor(session: "Session", actor: Actor, body: CodeIn) -> CodesOut:
    """Switch it on with a first code; every other device is signed out"""
    codes = operations.confirm_factor(session, actor, actor.account_id or "", body.code)
    _end_others(session, actor)
    return CodesOut(recovery_codes=codes)


@api.post("/account/second-factor/codes", returns=CodesOut, scope=_own)
def renew_codes(session: "Session", actor: Actor) -> CodesOut:
    """Ten new recovery codes; the ones before work no longer"""
    return CodesOut(recovery_codes=operations.renew_codes(session, actor, actor.account_id or ""))


@api.post("/account/second-factor/end", body=EndingIn, returns=None, status=204, scope=_own, before=_count)
def end_factor(session: "Session", actor: Actor, body: EndingIn) -> None:
    """Switch it off, with password and code; every other device is signed out"""
    person = current.person()
    assert person is not None
    operations.end_factor(session, actor, person.id, password=body.current_password, code=body.code)
    stepup.forget_codes(session, person)
    _end_others(session, actor)


@api.get("/second-factor-resets", returns=ResetsOut, query=PageQuery, scope=_resets)
def factor_resets(session: "Session", actor: Actor, query: PageQuery) -> ResetsOut:
    """Resets of second factors, newest first"""
    rows, after = queries.resets(session, actor, after=query.after, limit=query.limit)
    return ResetsOut(items=[ResetOut.model_validate(row) for row in rows], next_after=after)


@api.post("/second-factor-resets", body=ResetIn, returns=ResetOut, creates=True, scope=_resets)
def ask_reset(session: "Session", actor: Actor, body: ResetIn) -> Any:
    """Ask that somebody's second factor be taken off; another one of the operator has to agree"""
    return operations.ask_reset(session, actor, email=body.email, reason=body.reason)


@api.post("/second-factor-resets/<reset_id>/decide", body=ResetDecisionIn, returns=ResetOut, scope=_resets)
def decide_reset(session: "Session", actor: Actor, reset_id: str, body: ResetDecisionIn) -> Any:
    """Agree to a reset, or refuse it"""
    return operations.decide_reset(session, actor, reset_id, agree=body.agree)


def _end_others(session: "Session", actor: Actor) -> None:
    sessions.end_other_sessions(session, actor.account_id or "", actor.session_ref)


def _renew(session: "Session", actor: Actor, **changes: Any) -> None:
    sessions.rotate(session, actor.session_ref or "", **changes)
