"""Changelogs: what a version of a label schema or of guidelines says about itself."""

from i18n import _
from kernel.errors import Invalid
from labeling.rules.reading import Reader

MAX_LENGTH = 4_000


def read_changelog(text: str) -> str:
    """The text without blanks around it, which may be empty; raises Invalid when it is too long to be kept."""
    reader = Reader()
    kept = reader.optional_text(text.strip(), "changelog", MAX_LENGTH)
    if reader.problems:
        fields = {problem.path: problem.message for problem in reader.problems}
        raise Invalid("changelog.invalid", _("This changelog cannot be kept."), fields=fields)
    return kept or ""
