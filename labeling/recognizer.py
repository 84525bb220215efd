"""Where an installation puts a recogniser of people's names; without one, names are not looked for."""

from kernel.ports import Port
from labeling.rules.personal import Recognizer, no_names

_RECOGNIZER: Port[Recognizer] = Port("recogniser of names", no_names)


def use_recognizer(recognizer: Recognizer) -> None:
    """Look for names with this from now on: text and locale in, the places of names out."""
    _RECOGNIZER.put(recognizer)


def recognizer() -> Recognizer:
    """What finds names in a text."""
    return _RECOGNIZER.get()
