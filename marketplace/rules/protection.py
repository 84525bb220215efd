"""What a client may ask of readers in a project: agreements by code and version, countries and networks, made clean."""

import re
from collections.abc import Iterable, Mapping

from i18n import Message, _
from kernel.errors import Invalid
from kernel.networks import is_network
from workforce.rules.profiles import countries as all_countries
from workforce.values import CLASS_DEMANDS, Ask, Protection

MOST_ENTRIES = 50
MOST_VERSION = 10_000
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def clean_protection(
    agreements: Mapping[str, int], annex: Mapping[str, int], countries: Iterable[str], networks: Iterable[str]
) -> Protection:
    """The four as they are kept; raises Invalid with the first fault of each field."""
    faults: dict[str, Message] = {}
    named = {field: _documents(field, given, faults) for field, given in (("agreements", agreements), ("annex", annex))}
    real = all_countries()
    codes = sorted({country.strip().upper() for country in countries if country.strip()})
    if bad := next((code for code in codes if code not in real), None):
        faults["countries"] = _("“%(code)s” is no country's two letters.", code=bad[:40])
    nets = list(dict.fromkeys(network.strip() for network in networks if network.strip()))
    if wrong := next((network for network in nets if not is_network(network)), None):
        faults["networks"] = _("“%(network)s” is no network, like 203.0.113.0/24.", network=wrong[:60])
    for field, many in (("countries", codes), ("networks", nets)):
        if len(many) > 5 * MOST_ENTRIES:
            faults[field] = _("These are more than %(most)s.", most=5 * MOST_ENTRIES)
    if faults:
        raise Invalid("protection.invalid", _("Some of this cannot be asked for."), faults)
    return Protection(named["agreements"], named["annex"], frozenset(codes), tuple(nets))


def _documents(field: str, given: Mapping[str, int], faults: dict[str, Message]) -> tuple[tuple[str, int], ...]:
    if len(given) > MOST_ENTRIES:
        faults[field] = _("These are more than %(most)s.", most=MOST_ENTRIES)
    for code, version in given.items():
        if not _CODE.fullmatch(code) or not 1 <= version <= MOST_VERSION:
            faults[field] = _("“%(code)s” is no agreement with a version.", code=f"{code[:40]} {version or ''}".strip())
    return tuple(sorted(given.items()))


def read_documents(text: str) -> dict[str, int]:
    """From lines of a form, `code version` each; a version that is no number becomes 0, which is refused then."""
    found: dict[str, int] = {}
    for line in text.splitlines():
        code, _space, version = line.strip().rpartition(" ")
        if line.strip():
            found[code.strip() or line.strip()] = int(version) if version.isascii() and version.isdigit() else 0
    return found


def missing_for(protection: Protection) -> dict[str, tuple[Message, ...]]:
    """What each class asks a project to have set, and it has not: until then such data is shut to everybody."""
    found: dict[str, tuple[Message, ...]] = {}
    for name, asked in CLASS_DEMANDS.items():
        lacks = (
            (asked.asks_project_agreement and not protection.agreements, _("agreements")),
            (asked.asks_annex and not protection.annex, _("an annex for health data")),
            (asked.countries is Ask.ALWAYS and not protection.countries, _("countries")),
            (asked.networks is Ask.ALWAYS and not protection.networks, _("networks")),
        )
        told = tuple(message for is_missing, message in lacks if is_missing)
        if told:
            found[name] = told
    return found


def is_shut(classification: str, protection: Protection) -> bool:
    """Whether nobody can see data of the class, as it asks for what is not set, or is not known."""
    return classification not in CLASS_DEMANDS or classification in missing_for(protection)
