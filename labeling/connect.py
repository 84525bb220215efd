"""What scans for personal data, put in place in every process."""

from kernel.config import Settings, UnsafeConfiguration
from labeling.recognizer import use_recognizer
from labeling.rules.names import NameList
from labeling.rules.personal import no_names


def connect(settings: Settings) -> None:
    """Look for the names of the installation's list; without one, names are not looked for."""
    if settings.name_list is None:
        use_recognizer(no_names)
        return
    try:
        with settings.name_list.open(encoding="utf-8-sig") as lines:
            use_recognizer(NameList.read(lines))
    except (OSError, ValueError) as problem:
        told = "it cannot be read as text in UTF-8" if isinstance(problem, (OSError, UnicodeError)) else str(problem)
        raise UnsafeConfiguration([f"NAME_LIST is no list of names: {told}."]) from None
