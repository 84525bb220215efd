"""What can be looked for among people: a filter is taken as it stands or refused by field, and never made wider."""

from dataclasses import replace

from i18n import Message, _
from i18n.tags import InvalidTag, standardize
from kernel.errors import Invalid
from kernel.money import is_currency
from workforce.rules.profiles import countries
from workforce.values.people import PeopleFilter


def clean_search(wanted: PeopleFilter) -> PeopleFilter:
    """The filter with language and country as they are stored; raises Invalid that names every field that is wrong."""
    faults: dict[str, Message] = {}
    locale, country = wanted.locale.strip(), wanted.country.strip().upper()
    try:
        locale = standardize(locale) if locale else ""
    except InvalidTag:
        faults["locale"] = _("“%(tag)s” is not a language we know. Write it like sw-KE or zh-Hant-TW.", tag=locale[:40])
    if country and country not in countries():
        faults["country"] = _("Choose a country from the list.")
    if wanted.currency and not is_currency(wanted.currency):
        faults["currency"] = _("This is no currency code; write it like EUR.")
    if faults:
        raise Invalid("query.invalid", _("Some of it cannot be taken."), faults)
    return replace(wanted, locale=locale, country=country)
