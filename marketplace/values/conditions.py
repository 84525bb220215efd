"""What a lane asks of a person, said in a sentence: met, or not yet."""

from collections.abc import Mapping
from datetime import datetime

from i18n import Message, _, current_locale, figure
from kernel.policy import PASSKEY, Demand, Reason
from workforce.rules.agreements import shown_locale
from workforce.values import AgreementView
from workforce.values.people import DOMAINS, SKILLS

CONDITIONS = (
    Reason.USER_SUSPENDED, Reason.PROJECT_PAUSED, Reason.LANGUAGE_MISSING, Reason.SKILL_MISSING, Reason.DOMAIN_MISSING,
    Reason.NDA_MISSING, Reason.NDA_OUTDATED, Reason.CLEARANCE_LOW, Reason.IDENTITY_UNVERIFIED,
    Reason.COUNTRY_NOT_ALLOWED, Reason.NETWORK_NOT_ALLOWED, Reason.MFA_MISSING, Reason.MFA_STALE, Reason.NOT_QUALIFIED,
    Reason.PAUSED,
)  # fmt: skip

WITHOUT_TEST = _("This work has no test. Your vendor lets people in by hand; ask there if you want to do it.")


def condition_told(
    demand: Demand, *, locale: str, paused_until: datetime | None = None,
    agreements: Mapping[str, AgreementView] | None = None, has_test: bool = True,
) -> Message | str:  # fmt: skip
    """A condition of a lane of this locale as its person reads it; `agreements` are those in force, by their code."""
    needed, met, language = str(demand.needed), demand.met, figure("language", locale)
    match demand.reason:
        case Reason.USER_SUSPENDED:
            yes, no = _("Your standing with the vendor: active"), _("Your standing with the vendor is not active")
        case Reason.PROJECT_PAUSED:
            yes, no = _("The work is open"), _("The work is not open at the moment")
        case Reason.LANGUAGE_MISSING:
            yes = _("Your language is verified: %(language)s", language=language)
            no = _("A verified language is needed: %(language)s", language=language)
        case Reason.SKILL_MISSING:
            yes = _("Your profile says that you can do this: %(skill)s", skill=SKILLS.get(needed, needed))
            no = _("Your profile does not say that you can do this: %(skill)s", skill=SKILLS.get(needed, needed))
        case Reason.DOMAIN_MISSING:
            yes = _("Your profile says that you know about this: %(domain)s", domain=DOMAINS.get(needed, needed))
            no = _("Your profile does not say that you know about this: %(domain)s", domain=DOMAINS.get(needed, needed))
        case Reason.NDA_MISSING | Reason.NDA_OUTDATED if demand.needed is None:
            yes = no = _("An agreement is needed, and the client has not named it yet")
        case Reason.NDA_MISSING | Reason.NDA_OUTDATED:
            name = agreement_named(needed, agreements or {})
            yes, no = _("Agreement signed: %(name)s", name=name), _("To be signed: %(name)s", name=name)
        case Reason.CLEARANCE_LOW:
            yes, no = _("Clearance for this data"), _("A clearance for this data is needed")
        case Reason.IDENTITY_UNVERIFIED:
            yes, no = _("Identity verified"), _("Your identity has to be verified")
        case Reason.COUNTRY_NOT_ALLOWED if not demand.needed:
            yes = no = _("The client has not named the countries yet in which this data may be seen")
        case Reason.COUNTRY_NOT_ALLOWED:
            countries = figure("territories", tuple(demand.needed))
            yes = _("You live and are where this data may be seen: %(countries)s", countries=countries)
            no = _("This data may be seen only by who lives and is in: %(countries)s", countries=countries)
        case Reason.NETWORK_NOT_ALLOWED:
            yes, no = _("You use a network of the client's"), _("This data may be seen only from the client's networks")
        case Reason.MFA_MISSING if demand.source == PASSKEY:
            yes = no = _("A passkey is needed for this data")
        case Reason.MFA_MISSING:
            yes = no = _("A second factor is needed for this data")
        case Reason.MFA_STALE if demand.source == PASSKEY:
            yes = _("You have shown your passkey")
            no = _("Your passkey has to be shown once more: it counts for %(minutes)s minutes", minutes=needed)
        case Reason.MFA_STALE:
            yes = _("You have shown your second factor")
            no = _("Your second factor has to be shown once more: it counts for %(minutes)s minutes", minutes=needed)
        case Reason.NOT_QUALIFIED if not has_test:
            yes, no = _("Your vendor has let you in"), _("Your vendor has not let you in yet")
        case Reason.NOT_QUALIFIED:
            yes, no = _("Test passed"), _("Test not passed yet")
        case Reason.PAUSED if met or paused_until is None:
            yes = no = _("Not paused")
        case Reason.PAUSED:
            yes = no = _("Paused for you until %(when)s", when=paused_until)
        case _other:
            return demand.reason.value
    return yes if met else no


def agreement_named(needed: str, agreements: Mapping[str, AgreementView]) -> Message | str:
    """What an agreement "code version" is called: by its title, in the version that is to be signed."""
    code, _blank, version = needed.partition(" ")
    found = agreements.get(code)
    if found is None:
        return needed
    title = found.titles[shown_locale(found.titles, current_locale())]
    return _("%(title)s, version %(version)s", title=title, version=str(max(found.version, int(version or 0))))


def to_sign(demand: Demand, agreements: Mapping[str, AgreementView]) -> AgreementView | None:
    """The text whose signature meets an agreement that is asked for; None where it is not published yet."""
    code, _blank, version = str(demand.needed or "").partition(" ")
    found = agreements.get(code)
    return found if found is not None and found.version >= int(version or 0) else None
