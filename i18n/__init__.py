"""Languages: tags, matching, negotiation, deferred messages, catalogs, and formats in the reader's locale."""

from i18n.figures import Figure, figure
from i18n.messages import Message, _, ngettext, render
from i18n.reader import SHIPPED, current_locale, set_locale, set_zone, use_locale

__all__ = [
    "SHIPPED",
    "Figure",
    "Message",
    "_",
    "current_locale",
    "figure",
    "ngettext",
    "render",
    "set_locale",
    "set_zone",
    "use_locale",
]
