"""`/api/v1/pools`: pools, what one asks of applicants, and applying to it with an account or without one."""

from typing import TYPE_CHECKING

from flask import request

from kernel import db
from kernel.guard import not_found
from kernel.policy import Actor, system_actor
from kernel.tenancy import Scope
from web import current, limits
from web.forms import PageQuery
from web.sessions import network_of
from workforce import operations, queries
from workforce.api import api
from workforce.api.language_shapes import CheckRateIn, CheckRateOut
from workforce.api.shapes import (
    AgreementOut,
    AnnotatorOut,
    ApplicantIn,
    ApplicationIn,
    OfferOut,
    PoolIn,
    PoolOut,
    PoolsOut,
    ReceivedOut,
)
from workforce.confirming import confirmation_address
from workforce.operations.applying import apply_as_stranger

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def scope_of_pool() -> Scope:
    """The pool's vendor, in whose name an application is written."""
    with db.reading(Scope.system("application page")) as session:
        found = queries.open_pool(session, (request.view_args or {})["pool_id"])
    if found is None:
        raise not_found()
    return Scope.tenant(found[0].org_id)


@api.get("/pools", query=PageQuery, returns=PoolsOut, scope=lambda: queries.reach(current.actor()))
def pools(session: "Session", actor: Actor, query: PageQuery) -> PoolsOut:
    """The vendor's pools."""
    rows, next_after = queries.pools(session, after=query.after, limit=query.limit)
    return PoolsOut(items=[PoolOut.model_validate(row) for row in rows], next_after=next_after)


@api.post("/pools", body=PoolIn, returns=PoolOut, creates=True)
def create_pool(session: "Session", actor: Actor, body: PoolIn) -> PoolOut:
    """Make a pool."""
    return PoolOut.model_validate(operations.create_pool(session, actor, **body.model_dump()))


@api.put("/pools/<pool_id>", body=PoolIn, returns=PoolOut)
def change_pool(session: "Session", actor: Actor, pool_id: str, body: PoolIn) -> PoolOut:
    """Rename, describe, open or close a pool."""
    return PoolOut.model_validate(operations.change_pool(session, actor, pool_id, **body.model_dump()))


@api.post("/pools/<pool_id>/applications", body=ApplicationIn, returns=AnnotatorOut, creates=True, scope=scope_of_pool)
def apply_to_pool(session: "Session", actor: Actor, pool_id: str, body: ApplicationIn) -> AnnotatorOut:
    """Apply to a pool with your account."""
    stated = body.model_dump(exclude={"languages"})
    languages = [language.stated for language in body.languages]
    person = operations.apply_to_pool(session, actor, pool_id=pool_id, languages=languages, **stated)
    return AnnotatorOut.of(person, queries.claims_of(session, person.id))


@api.get("/pools/<pool_id>/offer", returns=OfferOut, scope=scope_of_pool, public=True)
def offer(session: "Session", actor: Actor, pool_id: str) -> OfferOut:
    """What a pool is, and the agreements that it asks applicants to sign; for everybody who has its id."""
    found = queries.open_pool(session, pool_id)
    if found is None:
        raise not_found()
    pool, vendor_name = found
    asked = [AgreementOut.of(one) for one in queries.agreements_in_force(session, pool.org_id)]
    return OfferOut(pool=PoolOut.model_validate(pool), vendor_name=vendor_name, agreements=asked)


@api.post(
    "/pools/<pool_id>/applicants", body=ApplicantIn, returns=ReceivedOut, status=202, scope=scope_of_pool,
    public=True, before=limits.spends("apply"),
)  # fmt: skip
def apply_as_new(session: "Session", actor: Actor, pool_id: str, body: ApplicantIn) -> ReceivedOut:
    """Apply without an account: it is made with the application. The answer is the same where there was one already"""
    apply_as_stranger(
        session, system_actor("application"), pool_id=pool_id, network=network_of(request.remote_addr),
        languages=[language.stated for language in body.languages],
        signatures={signed.agreement_id: signed.locale for signed in body.signatures},
        confirm_at=confirmation_address(), **body.model_dump(exclude={"languages", "signatures"}),
    )  # fmt: skip
    return ReceivedOut()


@api.put("/pools/<pool_id>/check-rate", body=CheckRateIn, returns=CheckRateOut)
def set_check_rate(session: "Session", actor: Actor, pool_id: str, body: CheckRateIn) -> CheckRateOut:
    """Set what a native earns for judging the text of a candidate of this pool; 0 ends it."""
    made = operations.set_check_rate(session, actor, pool_id, micros=body.micros, currency=body.currency)
    return CheckRateOut(pool_id=made.id, micros=made.check_micros, currency=made.check_currency)
