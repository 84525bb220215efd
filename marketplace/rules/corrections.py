"""What is written to a client whose delivered labels were corrected."""

from collections.abc import Sequence

from i18n import Message, _, ngettext
from workforce.rules.letters import Text


def labels_corrected(counts: Sequence[tuple[str, int]]) -> Text:
    """How many labels of which projects; nothing of what they say, as letters go through other people's hands."""
    total = sum(count for _name, count in counts)
    lines: list[Message | str] = [f"{name}: {count}" for name, count in counts]
    return Text(
        ngettext("%(num)s delivered label has been corrected", "%(num)s delivered labels have been corrected", total),
        (
            _("After their delivery, labels of these projects turned out to be wrong and were corrected:"),
            *lines,
            _("What was delivered stays as it is. The page of each release lists them; the next release carries them."),
        ),
    )
