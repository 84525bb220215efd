"""What a lane asks of a person, said in a sentence: met, or not yet."""

from collections.abc import Mapping
from datetime import datetime

from i18n import Message, _, figure
from kernel.policy import Demand, Reason
from workforce.values.people import DOMAINS, SKILLS

CONDITIONS = (
    Reason.USER_SUSPENDED, Reason.PROJECT_PAUSED, Reason.LANGUAGE_MISSING, Reason.SKILL_MISSING, Reason.DOMAIN_MISSING,
    Reason.NDA_MISSING, Reason.NDA_OUTDATED, Reason.CLEARANCE_LOW, Reason.IDENTITY_UNVERIFIED, Reason.NOT_QUALIFIED,
    Reason.PAUSED,
)  # fmt: skip

WITHOUT_TEST = _("This work has no test. Your vendor lets people in by hand; ask there if you want to do it.")


def condition_told(
    demand: Demand, *, locale: str, paused_until: datetime | None = None,
    agreements: Mapping[str, Message] | None = None, has_test: bool = True,
) -> Message | str:  # fmt: skip
    """A condition of a lane of this locale as its person reads it; `agreements` names each by "code version"."""
    needed, met, language = str(demand.needed), demand.met, figure("language", locale)
    titles: Mapping[str, Message | str] = agreements or {}
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
        case Reason.NDA_MISSING | Reason.NDA_OUTDATED:
            yes = _("Agreement signed: %(name)s", name=titles.get(needed, needed))
            no = _("To be signed: %(name)s", name=titles.get(needed, needed))
        case Reason.CLEARANCE_LOW:
            yes, no = _("Clearance for this data"), _("A clearance for this data is needed")
        case Reason.IDENTITY_UNVERIFIED:
            yes, no = _("Identity verified"), _("Your identity has to be verified")
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
