"""Finding the class that a person means who writes its id, or its name in any language, into a cell."""

from i18n import _
from labeling.values import InvalidAnswer, Ontology, ProblemAt


def class_named(text: str, ontology: Ontology, path: str = "label") -> str:
    """The id of the class: exactly its id, else its id or a name in any case of letters; raises `InvalidAnswer`."""
    wanted = text.strip()
    if ontology.has_class(wanted):
        return wanted
    folded = wanted.casefold()
    found = {
        label.id
        for label in ontology.classes
        if folded == label.id.casefold() or folded in {name.strip().casefold() for name in label.names.values()}
    }
    if len(found) == 1:
        return found.pop()
    shown = wanted[:80]
    if found:
        text_of = _("“%(label)s” is the name of several classes; write the id.", label=shown)
        raise InvalidAnswer([ProblemAt(path, "ambiguous_class", text_of)])
    raise InvalidAnswer([ProblemAt(path, "unknown_class", _("There is no class “%(label)s”.", label=shown))])
