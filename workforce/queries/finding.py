"""How people are found: what a filter asks, as conditions on annotators that an index answers for any of its values.

A page is found in the order of ids, either by walking along the list or from the few whom a condition leaves. Which of
both is right, PostgreSQL can only tell from comparisons with plain columns: behind row security it knows nothing of how
often part of a text occurs. Names and languages are therefore looked up first, and compared with what was found.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true, union_all
from sqlalchemy.orm import Session

from i18n.matching import Level
from i18n.tags import InvalidTag, standardize
from kernel.db import now_of
from kernel.errors import Invalid
from workforce.figures import criteria
from workforce.models import Account, Annotator, AnnotatorCode, LanguageClaim, NamePart
from workforce.queries.proven import proven
from workforce.rules.indexes import address_indexes, sought_numbers
from workforce.rules.names import email_key
from workforce.values import ClaimStatus, PeopleFilter

MOST_NAMED = 500  # of more people of a name, a page is full soon on the way along the list


def conditions(session: Session, wanted: PeopleFilter) -> list[ColumnElement[bool]]:
    """What annotators of the session's scope fulfill who fit the filter."""
    return list(_asked(session, wanted, now_of(session)))


def _asked(session: Session, wanted: PeopleFilter, now: datetime) -> Iterator[ColumnElement[bool]]:
    if wanted.status:
        yield Annotator.status == wanted.status
    if wanted.pool:
        yield Annotator.pool_id == wanted.pool
    if wanted.country:
        yield Annotator.country == wanted.country
    if wanted.hours:
        yield Annotator.weekly_hours >= wanted.hours
    if wanted.clearance:
        yield Annotator.clearance >= wanted.clearance
        yield Annotator.clearance_until > now
    for kind, code in (("skill", wanted.skill), ("domain", wanted.domain)):
        if code:
            yield _stating(kind, code)
    if wanted.locale or wanted.mode or wanted.proficiency or wanted.proven:
        yield _speaking(session, wanted)
    if wanted.text.strip():
        yield _called(session, wanted.text.strip()[:120])
    yield from criteria(session, wanted)


def _stating(kind: str, code: str) -> ColumnElement[bool]:
    return (
        select(AnnotatorCode.code)
        .where(
            AnnotatorCode.org_id == Annotator.org_id, AnnotatorCode.annotator_id == Annotator.id,
            AnnotatorCode.kind == kind, AnnotatorCode.code == code,
        )
        .exists()
    )  # fmt: skip


def _speaking(session: Session, wanted: PeopleFilter) -> ColumnElement[bool]:
    claim = select(LanguageClaim.id).where(
        LanguageClaim.annotator_id == Annotator.id,
        LanguageClaim.org_id == Annotator.org_id,
        LanguageClaim.status != ClaimStatus.REJECTED,
    )
    if wanted.locale:
        locales = _locales_within(session, wanted.locale)
        if not locales:
            return false()
        claim = claim.where(LanguageClaim.locale.in_(locales))
    if wanted.mode:
        claim = claim.where(LanguageClaim.mode == wanted.mode)
    least = Level.parse(wanted.proficiency) if wanted.proficiency else Level.A1
    if wanted.proven:
        claim = claim.where(proven(least, now_of(session)))
    elif wanted.proficiency:
        claim = claim.where(LanguageClaim.proficiency.in_([each.code for each in Level if each >= least]))
    return claim.exists()


def _locales_within(session: Session, text: str) -> Sequence[str]:
    """The locales that people here state and that a tag stands for: `sw` for itself and all that begin with `sw-`.

    The index is asked for one locale after the other, and so never looks at the many claims of each.
    """
    try:
        tag = standardize(text.strip())
    except InvalidTag:
        return []
    first = select(func.min(LanguageClaim.locale).label("locale")).where(LanguageClaim.locale >= tag)
    known = first.cte("known", recursive=True)
    following = select(func.min(LanguageClaim.locale)).where(LanguageClaim.locale > known.c.locale).scalar_subquery()
    known = known.union_all(select(following).where(known.c.locale.is_not(None)))
    within = known.c.locale.startswith(f"{tag}-", autoescape=True)
    return session.scalars(select(known.c.locale).where(or_(known.c.locale == tag, within))).all()


def _called(session: Session, text: str) -> ColumnElement[bool]:
    """People of a name, by the beginnings of its words, or of a pseudonym. Addresses are found only when they are known
    in full: a list is no place to fish for them.

    Who is called so is looked up, and only until too many are found; then it is asked of everybody who comes along and
    fulfills the rest.
    """
    begins, parts = _pseudonym(text), sought_numbers(text)
    named: ColumnElement[bool]
    if "@" in text:
        indexes = address_indexes([_key_or_nothing(text)])
        named = Annotator.account_id.in_(select(Account.id).where(Account.email_key.in_(indexes)))
    else:
        named = and_(true() if parts else false(), *(Annotator.account_id.in_(_with_part(each)) for each in parts))
    by_name, by_pseudonym = select(Annotator.id).where(named), select(Annotator.id).where(begins)
    few = (each.limit(MOST_NAMED + 1).subquery() for each in (by_name, by_pseudonym))
    found = session.scalars(union_all(*(select(each.c.id) for each in few))).all()
    if "@" in text or len(found) <= MOST_NAMED:
        return Annotator.id.in_(found)
    # As values and not as joins, or the database might begin with all who are called so.
    own = NamePart.account_id == Annotator.account_id
    is_named = (
        select(func.count() > 0).where(own, NamePart.part.in_(each)).correlate(Annotator).scalar_subquery()
        for each in parts
    )
    return or_(and_(false() if not parts else true(), *is_named), begins)


def _with_part(numbers: list[int]) -> Select[str]:
    return select(NamePart.account_id).where(NamePart.part.in_(numbers))


def _pseudonym(text: str) -> ColumnElement[bool]:
    begins, longest = text.upper(), 24
    return and_(
        # Comparisons tell nothing of other rows, so that the wall between tenants leaves them the index.
        Annotator.pseudonym.between(begins, begins.ljust(longest, "Z")),
        Annotator.pseudonym.startswith(begins, autoescape=True),
    )


def _key_or_nothing(text: str) -> str:
    try:
        return email_key(text)
    except Invalid:
        return ""
