"""Founding: organizations and staff of the demonstration, the pool, the agreements, and the annotators who apply."""

from datetime import timedelta

from sqlalchemy.orm import Session

from admin.demo import people
from admin.demo.content import papers
from admin.demo.people import COUNTRIES, STAFF, Speaker
from admin.demo.stage import Stage
from kernel.policy import Actor, Role, system_actor
from kernel.tenancy import Scope
from payouts.operations.methods import set_method
from workforce import operations, queries
from workforce.operations import pools
from workforce.values import AnnotatorView, PoolView

_ME = system_actor("demonstration")
_EVIDENCE = ("peer", "test", "document")


def found(stage: Stage, password: str) -> dict[str, str]:
    """Make the organizations and whoever signs in for them; returns their ids by name."""
    stage.go_to(stage.at(0, 7))
    with stage.system() as session:
        orgs = {
            name: operations.create_organization(session, _ME, kind=kind, name=name, country=country).id
            for kind, name, country in people.ORGANIZATIONS
        }
        kinds = {name: kind for kind, name, _country in people.ORGANIZATIONS}
        for one in STAFF:
            account = operations.create_account(
                session, _ME, email=one.email, name=one.name, password=password, locale=one.locale,
                time_zone=one.time_zone, check_strength=False, is_confirmed=True,
            )  # fmt: skip
            membership = operations.add_membership(
                session, _ME, account_id=account.id, org_id=orgs[one.org], role=one.role
            )
            stage.cast[one.local] = Actor(account.id, orgs[one.org], one.role, membership, org_kind=kinds[one.org])
    return orgs


def open_pool(stage: Stage) -> PoolView:
    """The vendor's pool with its page in six languages, and what everybody signs."""
    stage.go_to(stage.at(0, 7.5))
    with stage.acting("vendor") as (session, actor):
        pool = pools.create_pool(session, actor, name=papers.POOL_NAME, about=papers.POOL_ABOUT)
        operations.publish_agreement(
            session, actor, code="conduct", titles=papers.CONDUCT_TITLES, texts=papers.CONDUCT_TEXTS
        )
        operations.publish_agreement(
            session, actor, code="confidentiality", titles=papers.SECRECY_TITLES, texts=papers.SECRECY_TEXTS,
            required_from="internal",
        )  # fmt: skip
    return pool


def apply(stage: Stage, pool: PoolView, speaker: Speaker, password: str) -> AnnotatorView:
    """Somebody makes an account and applies, in their own language; from now on they act in the vendor's name."""
    number = sum(map(ord, speaker.name))
    country = COUNTRIES[speaker.locale]
    zone = country.zones[number % len(country.zones)]
    with stage.system() as session:
        account = operations.create_account(
            session, _ME, email=speaker.email, name=speaker.name, password=password, locale=speaker.page,
            time_zone=zone, check_strength=False, is_confirmed=True,
        )  # fmt: skip
    with stage.database.transaction(Scope.tenant(pool.org_id)) as session:
        person = operations.apply_to_pool(
            session, Actor(account.id, None, None), pool_id=pool.id, country=country.country, time_zone=zone,
            weekly_hours=4 + number % 13, languages=_languages(speaker, number),
            skills=("preference", "proofreading") if number % 2 else ("preference",),
            domains=("general", "commerce") if number % 3 else ("general", "technology"),
        )  # fmt: skip
        place = queries.places_of(session, account.id)[0]
    stage.cast[speaker.local] = Actor(
        account.id, pool.org_id, Role.ANNOTATOR, place.membership_id, org_kind=place.org_kind.value
    )
    return person


def admit(stage: Stage, speaker: Speaker, person: AnnotatorView) -> None:
    """The vendor admits somebody, takes their language as proven, and they sign and say where they are paid."""
    with stage.acting("vendor") as (session, actor):
        operations.admit(session, actor, person.id)
    with stage.acting("reviewer") as (session, actor):
        _verify(session, actor, person, speaker.locale)
    stage.go_to(stage.now + timedelta(minutes=2))
    with stage.acting(speaker.local) as (session, actor):
        for agreement in queries.agreements_to_sign(session, person.id, person.org_id):
            locale = speaker.page if speaker.page in agreement.texts else "en"
            operations.sign_agreement(session, actor, agreement.id, locale=locale)
        country = COUNTRIES[speaker.locale]
        digits = f"{sum(map(ord, speaker.name)) * 7919 % 10**country.digits:0{country.digits}d}"
        set_method(
            session, actor, person.id, kind="mobile", holder=people.latin(speaker.name),
            account=f"{country.prefix}{digits}",
        )  # fmt: skip


def _verify(session: Session, actor: Actor, person: AnnotatorView, locale: str) -> None:
    claims = [claim for claim in queries.claims_of(session, person.id) if claim.locale == locale]
    kind = _EVIDENCE[sum(map(ord, person.pseudonym)) % len(_EVIDENCE)]
    operations.verify_language(
        session, actor, claims[0].id, evidence={"kind": kind}, modes=[claim.mode for claim in claims]
    )


def _languages(speaker: Speaker, number: int) -> list[tuple[str, str]]:
    second = ("en", ("B1", "B2", "C1")[number % 3])
    return [(speaker.locale, "native"), second] if number % 4 else [(speaker.locale, "native")]
