"""Agreements: which texts may be published together, and which one a reader is shown."""

import hashlib
from collections.abc import Mapping

from i18n import Message, _
from i18n.negotiation import negotiate
from i18n.tags import InvalidTag, standardize
from kernel.errors import Invalid
from workforce.rules.names import clean_name, clean_text
from workforce.values import CLASSIFICATIONS

LONGEST_TEXT = 60_000


def clean_texts(titles: Mapping[str, str], texts: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Titles and texts under standardized locales; raises Invalid unless every text has its title."""
    try:
        by_title = {standardize(locale): clean_name(title, "titles") for locale, title in titles.items()}
        by_text = {standardize(locale): clean_text(text, "texts", LONGEST_TEXT) for locale, text in texts.items()}
    except InvalidTag as error:
        raise _invalid("texts", _("“%(tag)s” is not a language we know.", tag=str(error.tag)[:40])) from error
    if not by_text:
        raise _invalid("texts", _("Write the text in at least one language."))
    if by_title.keys() != by_text.keys():
        raise _invalid("titles", _("Every language needs both a title and a text."))
    return by_title, by_text


def ensure_classification(name: str) -> str:
    """The name of a known classification; raises Invalid."""
    if name not in CLASSIFICATIONS:
        raise _invalid("required_from", _("Choose from which classification on it is asked for."))
    return name


def shown_locale(offered: Mapping[str, str], wanted: str | None) -> str:
    """The locale of the text that a reader is shown: their own if there is one, else English, else the first."""
    first = "en" if "en" in offered else next(iter(offered))
    return negotiate([wanted], tuple(offered), first)


def fingerprint(text: str) -> str:
    """What a signature keeps of the text that was signed."""
    return hashlib.sha256(text.encode()).hexdigest()


def _invalid(field: str, message: Message) -> Invalid:
    return Invalid("agreement.invalid", message, fields={field: message})
