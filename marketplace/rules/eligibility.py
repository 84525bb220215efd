"""Who may work in a lane: every condition with what is needed, what is there, and where that comes from."""

from dataclasses import dataclass
from datetime import datetime

from i18n import Message, _
from i18n.figures import figure
from i18n.matching import Fit, Level, fit
from i18n.matching import Reason as Refused
from kernel.policy import Demand, Reason
from marketplace.rules.languages import policy_of
from workforce.values import ClaimStatus, PersonFacts

# Clearance that a classification asks for; a class that is not named here is open to nobody.
CLEARANCE = {"public": 0, "internal": 0, "confidential": 1, "restricted-pii": 2, "restricted-phi": 3}
_NEEDS_IDENTITY = {"confidential", "restricted-pii", "restricted-phi"}


@dataclass(frozen=True)
class LaneNeeds:
    """What a lane asks of a person."""

    state: str
    project_state: str
    locale: str
    proficiency: str
    distance_most: int
    classification: str
    skill: str | None
    domain: str | None
    modes: tuple[str, ...] = ("read",)
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Admission:
    """What calibration says of a person in a lane: whether they are qualified, and whether a gate holds them."""

    qualified: bool = False
    paused_until: datetime | None = None
    receipt_id: str | None = None


def demands(lane: LaneNeeds, person: PersonFacts, admission: Admission, now: datetime) -> tuple[Demand, ...]:
    """Every condition of the lane, met or not, in the order in which a person would meet them."""
    found = [
        Demand(Reason.USER_SUSPENDED, person.is_active, "active", person.status.value, "standing"),
        Demand(
            Reason.PROJECT_PAUSED, lane.state == "open" and lane.project_state in ("draft", "live"),
            "open", lane.state, "lane",
        ),
        _language(lane, person),
    ]  # fmt: skip
    if lane.skill is not None:
        found.append(Demand(Reason.SKILL_MISSING, lane.skill in person.skills, lane.skill, None, "profile"))
    if lane.domain is not None:
        found.append(Demand(Reason.DOMAIN_MISSING, lane.domain in person.domains, lane.domain, None, "profile"))
    found += demands_of_class(lane.classification, person)
    found.append(Demand(Reason.NOT_QUALIFIED, admission.qualified, True, admission.qualified, "test"))
    paused = admission.paused_until is not None and admission.paused_until > now
    found.append(Demand(Reason.PAUSED, not paused, None, admission.paused_until, "gate"))
    return tuple(found)


def open_classes(clearance: int, *, has_identity: bool) -> frozenset[str]:
    """The classes of data whose clearance and identity somebody has."""
    reached = {name for name, needed in CLEARANCE.items() if needed <= clearance}
    return frozenset(reached if has_identity else reached - _NEEDS_IDENTITY)


def demands_of_class(classification: str, person: PersonFacts | None) -> list[Demand]:
    """What data of a class asks of whoever reads it: agreements, clearance, identity.

    Somebody without a profile has signed nothing that could be asked of them, and has no clearance.
    """
    found = [] if person is None else _agreements(classification, person)
    needed, present = CLEARANCE.get(classification), person.clearance if person else 0
    found.append(Demand(Reason.CLEARANCE_LOW, needed is not None and present >= needed, needed, present, "clearance"))
    if classification in _NEEDS_IDENTITY:
        is_verified = person is not None and person.identity_verified
        found.append(Demand(Reason.IDENTITY_UNVERIFIED, is_verified, True, is_verified, "identity"))
    return found


def language_told(lane: LaneNeeds, person: PersonFacts) -> Message | None:
    """Why the person's languages do not open a lane, by the claim that comes nearest; None where they do."""
    for mode in lane.modes:
        fits = _fits(lane, person, mode)
        if any(found and status == ClaimStatus.VERIFIED for found, status in fits):
            continue
        near = next((found for found, _status in fits if found), None)
        if near is not None:
            return _(
                "Your statement to know %(language)s is not proven yet.", language=figure("language", near.offered)
            )
        same = next((found for found, _status in fits if found.reason is not Refused.OTHER_LANGUAGE), None)
        return same.message if same is not None else None
    return None


def _language(lane: LaneNeeds, person: PersonFacts) -> Demand:
    proven = [
        [found.offered for found, status in _fits(lane, person, mode) if found and status == ClaimStatus.VERIFIED]
        for mode in lane.modes
    ]
    present = list(dict.fromkeys(tag for tags in proven for tag in tags))
    needed = f"{lane.locale} {lane.proficiency}"
    return Demand(Reason.LANGUAGE_MISSING, all(proven), needed, present or None, "language")


def _fits(lane: LaneNeeds, person: PersonFacts, mode: str) -> list[tuple[Fit, ClaimStatus]]:
    policy = policy_of(mode, lane.proficiency, lane.distance_most, lane.also)
    return [
        (fit(lane.locale, locale, Level.parse(proficiency), policy), status)
        for locale, proficiency, status in person.claims
    ]


def _agreements(classification: str, person: PersonFacts) -> list[Demand]:
    order = list(CLEARANCE)
    if classification not in order:
        return []
    asked = [
        need for need in person.demanded
        if need.required_from in order and order.index(need.required_from) <= order.index(classification)
    ]  # fmt: skip
    return [
        Demand(
            Reason.NDA_OUTDATED if need.code in person.signed else Reason.NDA_MISSING,
            person.signed.get(need.code, 0) >= need.version,
            f"{need.code} {need.version}", person.signed.get(need.code), "agreement",
        )
        for need in asked
    ]  # fmt: skip
