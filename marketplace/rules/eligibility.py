"""Who may work in a lane: every condition with what is needed, what is there, and where that comes from."""

from dataclasses import dataclass, replace
from datetime import datetime

from i18n import Message, _
from i18n.figures import figure
from i18n.matching import Fit, Level, fit
from i18n.matching import Reason as Refused
from kernel.networks import is_within
from kernel.policy import PASSKEY, Demand, Reason
from kernel.presence import Presence
from marketplace.rules.languages import policy_of
from workforce.values import (
    CLASS_DEMANDS,
    CLASSES,
    NOTHING_SET,
    Ask,
    ClassDemands,
    PersonFacts,
    Protection,
    most_sensitive,
    rank_of,
)


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
    protection: Protection = NOTHING_SET

    def of_class(self, classification: str | None) -> "LaneNeeds":
        """The same for a unit of its own class, if that is more sensitive than the lane's."""
        return replace(self, classification=most_sensitive(self.classification, classification))


@dataclass(frozen=True)
class Admission:
    """What calibration says of a person in a lane: whether they are qualified, and whether a gate holds them."""

    qualified: bool = False
    paused_until: datetime | None = None
    receipt_id: str | None = None


def demands(
    lane: LaneNeeds, person: PersonFacts, admission: Admission, presence: Presence, now: datetime
) -> tuple[Demand, ...]:
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
    found += demands_of_class(lane.classification, lane.protection, person, presence, now)
    found.append(Demand(Reason.NOT_QUALIFIED, admission.qualified, True, admission.qualified, "test"))
    paused = admission.paused_until is not None and admission.paused_until > now
    found.append(Demand(Reason.PAUSED, not paused, None, admission.paused_until, "gate"))
    return tuple(found)


def reach_of(lane: LaneNeeds, person: PersonFacts, presence: Presence, now: datetime) -> int:
    """The rank of the most sensitive units of the lane that the person may be handed, who may work in the lane."""
    reach = rank_of(lane.classification)
    for name in CLASSES[reach + 1 :]:
        if CLASS_DEMANDS[name].clearance > person.clearance:
            break
        if not all(demand.met for demand in demands_of_class(name, lane.protection, person, presence, now)):
            break
        reach = rank_of(name)
    return reach


def open_classes(clearance: int, *, has_identity: bool) -> frozenset[str]:
    """The classes of data whose clearance and identity somebody has."""
    return frozenset(
        name
        for name, asked in CLASS_DEMANDS.items()
        if asked.clearance <= clearance and (has_identity or not asked.asks_identity)
    )


def demands_of_class(
    classification: str, protection: Protection, person: PersonFacts | None, presence: Presence, now: datetime,
    *, is_vendor: bool = True,
) -> list[Demand]:  # fmt: skip
    """What data of a class asks of whoever reads it, at this moment.

    Agreements, clearance and identity are asked of a vendor's people; somebody without a profile has signed nothing
    and has no clearance. Where they are, and their second factor, are asked of everybody.
    """
    asked = CLASS_DEMANDS.get(classification)
    if asked is None:
        return [Demand(Reason.CLEARANCE_LOW, met=False, source="clearance")]
    found = _of_people(classification, asked, protection, person) if is_vendor else []
    return found + _of_the_moment(asked, protection, person, presence, now, is_vendor=is_vendor)


def _of_people(
    classification: str, asked: ClassDemands, protection: Protection, person: PersonFacts | None
) -> list[Demand]:
    found = [] if person is None else _agreements(classification, person)
    if person is not None and asked.asks_project_agreement:
        found += _named(protection.agreements, person)
    if person is not None and asked.asks_annex:
        found += _named(protection.annex, person)
    found = _once(found)
    present = person.clearance if person else 0
    found.append(Demand(Reason.CLEARANCE_LOW, present >= asked.clearance, asked.clearance, present, "clearance"))
    if asked.asks_identity:
        is_verified = person is not None and person.identity_verified
        found.append(Demand(Reason.IDENTITY_UNVERIFIED, is_verified, True, is_verified, "identity"))
    return found


def language_told(lane: LaneNeeds, person: PersonFacts) -> Message | None:
    """Why the person's languages do not open a lane, by the claim that comes nearest; None where they do."""
    for mode in lane.modes:
        proven = _fits(lane, person, mode, proven=True)
        if any(proven):
            continue
        stated = _fits(lane, person, mode, proven=False)
        near = next((found for found in stated if found), None)
        if near is not None:
            return _not_proven(mode, near.offered)
        same = next((found for found in stated if found.reason is not Refused.OTHER_LANGUAGE), None)
        return same.message if same is not None else None
    return None


def _named(wanted: tuple[tuple[str, int], ...], person: PersonFacts) -> list[Demand]:
    """Agreements that the client names for the project, each in at least this version; to name none shuts."""
    if not wanted:
        return [Demand(Reason.NDA_MISSING, met=False, source="protection")]
    return [
        Demand(
            Reason.NDA_OUTDATED if code in person.signed else Reason.NDA_MISSING,
            person.signed.get(code, 0) >= version, f"{code} {version}", person.signed.get(code), "agreement",
        )
        for code, version in wanted
    ]  # fmt: skip


def _once(asked: list[Demand]) -> list[Demand]:
    """Each agreement once, in the highest version that its class or its project asks for."""
    found: dict[str, Demand] = {}
    for demand in asked:
        code, _blank, version = str(demand.needed or "").partition(" ")
        known = found.get(code)
        if known is None or int(version or 0) > int(str(known.needed).partition(" ")[2] or 0):
            found[code] = demand
    return list(found.values())


def _of_the_moment(
    asked: ClassDemands, protection: Protection, person: PersonFacts | None, presence: Presence, now: datetime,
    *, is_vendor: bool,
) -> list[Demand]:  # fmt: skip
    found = []
    is_inside = is_within(presence.address, protection.networks)
    if asked.countries is Ask.ALWAYS or (asked.countries is Ask.WHERE_SET and protection.countries):
        allowed = protection.countries
        lives_there = not is_vendor or (person is not None and person.country in allowed)
        # A network that the client has named itself is in a country that the client knows.
        is_there = bool(allowed) and (is_inside or presence.country in allowed)
        met = lives_there and is_there
        found.append(Demand(Reason.COUNTRY_NOT_ALLOWED, met, sorted(allowed), presence.country, "country"))
    if asked.networks is Ask.ALWAYS or (asked.networks is Ask.WHERE_SET and protection.networks):
        found.append(Demand(Reason.NETWORK_NOT_ALLOWED, is_inside, None, None, "network"))
    if asked.factor_within is not None:
        found.append(_factor(asked, presence, now))
    return found


def _factor(asked: ClassDemands, presence: Presence, now: datetime) -> Demand:
    at, within = presence.passkey_at if asked.asks_passkey else presence.second_factor_at, asked.factor_within
    source = PASSKEY if asked.asks_passkey else "second factor"
    minutes = int(within.total_seconds() // 60) if within else None
    if at is None:
        return Demand(Reason.MFA_MISSING, False, minutes, None, source)
    is_fresh = within is not None and now - within <= at <= now
    return Demand(Reason.MFA_STALE, is_fresh, minutes, None, source)


def _not_proven(mode: str, offered: str) -> Message:
    language = figure("language", offered)
    match mode:
        case "read":
            return _("That you read %(language)s as well as this work needs is not proven yet.", language=language)
        case "write":
            return _("That you write %(language)s as well as this work needs is not proven yet.", language=language)
        case "listen":
            return _("That you hear %(language)s as well as this work needs is not proven yet.", language=language)
        case _:
            return _("That you speak %(language)s as well as this work needs is not proven yet.", language=language)


def _language(lane: LaneNeeds, person: PersonFacts) -> Demand:
    proven = [[found.offered for found in _fits(lane, person, mode, proven=True) if found] for mode in lane.modes]
    present = list(dict.fromkeys(tag for tags in proven for tag in tags))
    needed = f"{lane.locale} {lane.proficiency}"
    return Demand(Reason.LANGUAGE_MISSING, all(proven), needed, present or None, "language")


def _fits(lane: LaneNeeds, person: PersonFacts, mode: str, *, proven: bool) -> list[Fit]:
    """How the person's claims in a mode stand to the lane, by the levels that are proven, or by those stated."""
    policy = policy_of(mode, lane.proficiency, lane.distance_most, lane.also)
    levels = [
        (claim.locale, claim.proven if proven else claim.proficiency) for claim in person.claims if claim.mode == mode
    ]
    return [fit(lane.locale, locale, Level.parse(level), policy) for locale, level in levels if level is not None]


def _agreements(classification: str, person: PersonFacts) -> list[Demand]:
    asked = [need for need in person.demanded if rank_of(need.required_from) <= rank_of(classification)]
    return [
        Demand(
            Reason.NDA_OUTDATED if need.code in person.signed else Reason.NDA_MISSING,
            person.signed.get(need.code, 0) >= need.version,
            f"{need.code} {need.version}", person.signed.get(need.code), "agreement",
        )
        for need in asked
    ]  # fmt: skip
