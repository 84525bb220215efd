"""What people work on and by: label schemas as values, guideline texts in a reader's language, and items."""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Sequence
from threading import Lock

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from kernel.guard import not_found
from kernel.hot import Hot, table_of
from labeling.models import Guideline, Item
from labeling.models import Ontology as OntologyRow
from labeling.rules.guidelines import best_locale, gaps
from labeling.tasktypes.registry import read_ontology
from labeling.values import Classification, ItemView, Ontology

MOST_REMEMBERED = 64
_CHUNK = 500

_Key = tuple[str, str]


class _Remembered:
    """The label schemas this process read last. A key holds the fingerprint, so that what is kept cannot go stale."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[_Key, Ontology] = OrderedDict()
        self._lock = Lock()

    def get(self, key: _Key) -> Ontology | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: _Key, ontology: Ontology) -> None:
        with self._lock:
            self._kept[key] = ontology
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


_remembered = _Remembered(MOST_REMEMBERED)
_SCHEMAS = table_of(OntologyRow)
_FINGERPRINT = Hot(select(_SCHEMAS.c.fingerprint).where(_SCHEMAS.c.id == bindparam("p_id")))


def ontology_of(session: Session, ontology_id: str) -> Ontology:
    """The label schema of this id, shared within the process: not to be changed. Raises NotFound.

    Whether the caller may see it is asked of the database in every transaction, by primary key and without the body, so
    that a withdrawn grant holds at once; the body is read and checked once in a process.
    """
    known: dict[str, Ontology] = session.info.setdefault("ontologies", {})
    if ontology_id not in known:
        known[ontology_id] = _visible(session, ontology_id)
    return known[ontology_id]


def _visible(session: Session, ontology_id: str) -> Ontology:
    fingerprint = _FINGERPRINT.run(session, p_id=ontology_id).scalar()
    if fingerprint is None:
        raise not_found()
    ontology = _remembered.get((ontology_id, fingerprint))
    if ontology is None:
        ontology = read_ontology(session.scalar(select(OntologyRow.body).where(OntologyRow.id == ontology_id)))
        _remembered.put((ontology_id, fingerprint), ontology)
    return ontology


def guideline_text(session: Session, guideline_id: str | None, locales: Sequence[str]) -> tuple[str, str] | None:
    """The locale and the text that suit a reader best; None when there are no guidelines for them to see.

    `locales` is the reader's own, best first, followed by the lane's. After them comes English, then whatever there
    is: a text in another language, named as such, says more than none.
    """
    texts = None if guideline_id is None else _texts_of(session, guideline_id)
    if not texts:
        return None
    locale = best_locale(texts, locales)
    return locale, texts[locale]


def guideline_gaps(session: Session, guideline_id: str | None, locales: Iterable[str]) -> tuple[str, ...]:
    """Those of a project's locales whose people would get no text that they can read with little effort."""
    texts = None if guideline_id is None else _texts_of(session, guideline_id)
    return gaps(texts or {}, locales)


def items_of(session: Session, ids: Collection[str]) -> dict[str, ItemView]:
    """The items that the reader may see, by id; ids of others are left out."""
    wanted = list(dict.fromkeys(ids))
    found: dict[str, ItemView] = {}
    for start in range(0, len(wanted), _CHUNK):
        statement = select(Item.id, Item.content, Item.locale, Item.classification)
        for item_id, content, locale, classification in session.execute(
            statement.where(Item.id.in_(wanted[start : start + _CHUNK]))
        ):
            found[item_id] = ItemView(content, locale, Classification(classification))
    return found


def _texts_of(session: Session, guideline_id: str) -> dict[str, str] | None:
    return session.scalar(select(Guideline.texts).where(Guideline.id == guideline_id))
