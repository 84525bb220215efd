"""Words of people's pages: names of standings, states and levels, and the languages that forms offer."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from flask import current_app, url_for

from i18n import Message, _, current_locale
from i18n.matching import Level
from i18n.tags import display_name, language_of, own_name, territory_name
from web import plots
from workforce.rules.documents import KINDS as DOCUMENT_KINDS
from workforce.rules.profiles import countries, time_zones
from workforce.values import (
    DOMAINS,
    EVIDENCE_KINDS,
    HISTORIES,
    SKILLS,
    STEPS,
    ClaimStatus,
    ClaimView,
    DocumentState,
    Outcome,
    Owner,
    ReceiptKind,
    ReceiptState,
    ReceiptView,
    Standing,
    StepView,
)
from workforce.values.languages import LEVELS as OF_PROFICIENCY
from workforce.values.languages import MODES as OF_KNOWING
from workforce.values.receipts import ANSWERED_BY_CORRECTION

# Words and the kind of badge.
STANDINGS: dict[Standing, tuple[Message, str]] = {
    Standing.APPLIED: (_("Applied"), "wait"),
    Standing.ACTIVE: (_("Active"), "good"),
    Standing.PAUSED: (_("Paused"), "wait"),
    Standing.SUSPENDED: (_("Suspended"), "bad"),
    Standing.DECLINED: (_("Not accepted"), "bad"),
    Standing.LEFT: (_("Left"), "plain"),
}
# What a person is told about their own standing.
STANDINGS_TOLD: dict[Standing, Message] = {
    Standing.APPLIED: _("Your application was sent. You will see here what the vendor decides."),
    Standing.ACTIVE: _("You are admitted. Work that fits your languages and tests is open to you."),
    Standing.PAUSED: _("Your work is paused. The receipt says why, and what the way back is."),
    Standing.SUSPENDED: _("Your work has been ended. The receipt says why, and you can appeal."),
    Standing.DECLINED: _("Your application was not accepted. The receipt says why, and you can appeal."),
    Standing.LEFT: _("You have left. What you have earned stays yours."),
}
CLAIMS: dict[ClaimStatus, tuple[Message, str]] = {
    ClaimStatus.CLAIMED: (_("Not proven yet"), "plain"),
    ClaimStatus.VERIFIED: (_("Verified"), "good"),
    ClaimStatus.REJECTED: (_("Not confirmed"), "bad"),
    ClaimStatus.EXPIRED: (_("Expired"), "wait"),
}
RECEIPT_KINDS: dict[ReceiptKind, Message] = {
    ReceiptKind.NOT_ADMITTED: _("Application not accepted"),
    ReceiptKind.LANGUAGE_REJECTED: _("Language not confirmed"),
    ReceiptKind.TEST_FAILED: _("Test not passed"),
    ReceiptKind.LANE_PAUSED: _("Work paused"),
    ReceiptKind.LANE_WARNED: _("A word of warning"),
    ReceiptKind.PAUSED: _("All work paused"),
    ReceiptKind.WORK_REJECTED: _("Answer not accepted"),
    ReceiptKind.REMOVED: _("Work ended"),
    ReceiptKind.CLEARANCE_LOWERED: _("Clearance lowered"),
    ReceiptKind.DOCUMENT_REFUSED: _("Document not accepted"),
    ReceiptKind.DISPUTE_REJECTED: _("Objection not accepted"),
    ReceiptKind.RESTORED: _("Put right"),
}
RECEIPT_STATES: dict[ReceiptState, tuple[Message, str]] = {
    ReceiptState.IN_FORCE: (_("Holds"), "bad"),
    ReceiptState.APPEALED: (_("Appealed"), "wait"),
    ReceiptState.OVERTURNED: (_("Undone"), "good"),
    ReceiptState.ENDED: (_("Over"), "plain"),
}
OUTCOMES: dict[Outcome, Message] = {
    Outcome.UPHELD: _("The decision stands"),
    Outcome.OVERTURNED: _("The decision is undone"),
}
LEVELS, MODES = OF_PROFICIENCY, OF_KNOWING
_JUDGED_BY_NATIVES = ("write", "speak")
STRENGTHS: dict[str, tuple[Message, str]] = {
    "strong": (_("strong"), "good"),
    "fair": (_("fair"), "plain"),
    "weak": (_("weak"), "plain"),
    "against": (_("against it"), "bad"),
    "gone": (_("too old to count"), "wait"),
}
EVIDENCE: dict[str, Message] = {
    **EVIDENCE_KINDS,
    "history": _("what the person says about where they have it from"),
}
HISTORY_WORDS = HISTORIES
CLASSIFICATIONS: dict[str, Message] = {
    "public": _("Public"),
    "internal": _("Internal"),
    "confidential": _("Confidential"),
    "restricted-pii": _("Restricted: personal data"),
    "restricted-phi": _("Restricted: health data"),
}

# What each level of clearance opens, beside what is open to everybody.
CLEARANCES: tuple[Message, ...] = (_("None"), *list(CLASSIFICATIONS.values())[2:])

# Offered by name; every other tag can be typed.
_OFFERED = """
af-ZA am-ET ar-AE ar-DZ ar-EG ar-IQ ar-JO ar-LB ar-MA ar-SA ar-SD ar-SY ar-TN as-IN az-AZ be-BY bg-BG bn-BD bn-IN bs-BA
ca-ES ceb-PH cs-CZ cy-GB da-DK de-AT de-CH de-DE el-GR en-AU en-CA en-GB en-IE en-IN en-KE en-NG en-PH en-US en-ZA es-AR
es-CL es-CO es-ES es-MX es-PE es-US es-VE et-EE eu-ES fa-AF fa-IR fi-FI fil-PH fr-BE fr-CA fr-CH fr-CI fr-FR fr-SN ga-IE
gl-ES gu-IN ha-NG he-IL hi-IN hr-HR ht-HT hu-HU hy-AM id-ID ig-NG is-IS it-IT ja-JP jv-ID ka-GE kk-KZ km-KH kn-IN ko-KR
ku-TR ky-KG lg-UG ln-CD lo-LA lt-LT lv-LV mg-MG mk-MK ml-IN mn-MN mr-IN ms-MY mt-MT my-MM nb-NO ne-NP nl-BE nl-NL nn-NO
ny-MW om-ET or-IN pa-IN pa-Arab-PK pl-PL ps-AF pt-AO pt-BR pt-PT ro-RO ru-RU rw-RW sd-PK si-LK sk-SK sl-SI sn-ZW so-SO
sq-AL sr-Cyrl-RS sr-Latn-RS su-ID sv-SE sw-KE sw-TZ ta-IN ta-LK te-IN tg-TJ th-TH ti-ER tr-TR uk-UA ur-IN ur-PK uz-UZ
vi-VN wo-SN xh-ZA yo-NG yue-Hant-HK zh-CN zh-Hant-HK zh-Hant-TW zu-ZA
"""


@lru_cache(maxsize=16)
def _languages(locale: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(((display_name(tag, locale), tag) for tag in _OFFERED.split()), key=lambda pair: pair[0]))


def languages() -> tuple[tuple[str, str], ...]:
    """(name, tag) of the languages offered, in the reader's language and order."""
    return _languages(current_locale())


def own_language(tag: str) -> str:
    """What the language calls itself, beside its tag, for whoever looks for it in a list."""
    return f"{own_name(tag)} · {tag}"


@lru_cache(maxsize=16)
def _by_name(locale: str) -> dict[str, str]:
    bare = {language_of(tag) for tag in _OFFERED.split()}
    tags = sorted({*_OFFERED.split(), *bare})
    own = {own_name(tag).casefold(): tag for tag in tags}
    return own | {display_name(tag, locale).casefold(): tag for tag in tags}


def language_typed(text: str) -> str:
    """The tag of a language that was typed by its name, in the reader's language or in its own; else what was typed."""
    return _by_name(current_locale()).get(" ".join(text.split()).casefold(), text)


@lru_cache(maxsize=16)
def _countries(locale: str) -> tuple[tuple[str, str], ...]:
    named = ((code, territory_name(code, locale)) for code in countries())
    return tuple(sorted(named, key=lambda pair: pair[1]))


_BETWEEN = re.compile(r"\s*[,;،、\n]\s*")


def countries_typed(text: str) -> list[str]:
    """The codes of countries typed by their names in the reader's language, or as codes; the rest as it was typed.

    Commas and new lines stand between them, or between codes spaces alone. Some names have a comma of their own.
    """
    named = {_BETWEEN.sub(", ", name).casefold(): code for code, name in _countries(current_locale())}
    pieces = [" ".join(piece.split()) for piece in _BETWEEN.split(text) if piece.strip()]
    found: list[str] = []
    while pieces:
        both, one = ", ".join(pieces[:2]).casefold(), pieces[0].casefold()
        if len(pieces) > 1 and both in named:
            found.append(named[both])
            pieces = pieces[2:]
        else:
            found += [named[one]] if one in named else _codes_in(pieces[0])
            pieces = pieces[1:]
    return found


def _codes_in(piece: str) -> list[str]:
    parts = piece.split()
    return parts if all(len(part) == 2 for part in parts) else [piece]


def country_options() -> list[tuple[str, str]]:
    """(code, name) for a select."""
    return list(_countries(current_locale()))


def country_name(code: str) -> str:
    """The country in the reader's language."""
    return territory_name(code, current_locale())


def classification_options() -> list[tuple[str, str]]:
    """(code, words) for a select, from open to most protected."""
    return [(code, str(told)) for code, told in CLASSIFICATIONS.items()]


# Reasons that the system itself gives.
_REASONS: dict[str, Message] = {
    "admitted": _("after the application"),
    "applied again": _("applied once more"),
    "appeal": _("after an appeal"),
    "appeal late": _("as nobody answered an appeal by its day"),
    "appeal answered": _("as an appeal was answered, and the decision stands"),
    "pause over": _("as the pause is over"),
}


_CORRECTED = _("What this decision rested on was corrected, and the decision is undone.")


DOCUMENT_STATES: dict[DocumentState, tuple[Message, str]] = {
    DocumentState.WAITING: (_("Waits for the vendor"), "wait"),
    DocumentState.ACCEPTED: (_("Accepted"), "good"),
    DocumentState.REFUSED: (_("Not accepted"), "bad"),
    DocumentState.WITHDRAWN: (_("Withdrawn"), "plain"),
}
OWNERS: dict[Owner, Message] = {
    Owner.PERSON: _("It is the person's turn"),
    Owner.VENDOR: _("It is the vendor's turn"),
    Owner.NOBODY: _("Done"),
}
# Where a person does their part of a step; some of these pages are of packages above.
_STEP_PAGES = {
    "email": "workforce.address",
    "profile": "workforce.me",
    "languages": "workforce.languages",
    "agreements": "workforce.me",
    "identity": "workforce.documents",
    "payout": "payouts.method",
    "test": "work.home",
}


def step_conditions(steps: Iterable[StepView], *, is_own: bool) -> list[tuple[bool, str, str, str, str]]:
    """Steps for the macro `conds`: what is done, what is missing, whose turn it is and why, and the way there."""
    found = []
    for one in steps:
        endpoint = _STEP_PAGES.get(one.code, "")
        leads = is_own and one.owner is Owner.PERSON and endpoint in current_app.view_functions
        why = "" if one.is_done else f"{OWNERS[one.owner]}. {one.reason}" if not is_own else str(one.reason)
        url = url_for(endpoint) if leads else ""
        found.append((one.is_done, str(STEPS[one.code]), why, url, str(_("Do it now"))))
    return found


def answer_told(answer: str) -> str:
    """The answer to an appeal as it was written, or in the reader's language where a correction has answered it."""
    return str(_CORRECTED) if answer == ANSWERED_BY_CORRECTION else answer


def state_told(receipt: ReceiptView) -> tuple[Message, str]:
    """Words and badge of a receipt's state; one to the person's advantage is good whatever its state."""
    if receipt.kind is ReceiptKind.RESTORED:
        return _("In your favour"), "good"
    appeal = receipt.appeal
    if appeal is None or appeal.held_at is None or appeal.outcome is not None:
        return RECEIPT_STATES[receipt.state]
    if receipt.kind is ReceiptKind.WORK_REJECTED:
        return _("Paid; the appeal waits"), "wait"
    return _("Lifted until it is answered"), "wait"


def hold_told(receipt: ReceiptView) -> Message | None:
    """What became of a decision whose appeal was not answered by its day; None where it was."""
    appeal = receipt.appeal
    if appeal is None or appeal.held_at is None:
        return None
    if receipt.kind is ReceiptKind.WORK_REJECTED:
        return _("Nobody answered by that day, so it is paid since %(date)s, whatever the answer.", date=appeal.held_at)
    if appeal.outcome is None:
        return _("Nobody answered by that day: since %(date)s it is lifted until it is answered.", date=appeal.held_at)
    if receipt.state is ReceiptState.IN_FORCE:
        return _("It was lifted on %(date)s, as nobody had answered by the day. It holds again since this answer.",
                 date=appeal.held_at)  # fmt: skip
    return _("It was lifted on %(date)s, as nobody had answered by the day.", date=appeal.held_at)


def reason_told(reason: str) -> str:
    """A reason as it was written, or in the reader's language where the system gave it."""
    return str(_REASONS.get(reason, reason))


def document_kind(kind: str) -> str:
    """The kind of document in the reader's language."""
    return str(DOCUMENT_KINDS[kind])


def document_options() -> list[tuple[str, str]]:
    """(code, words) for a select."""
    return [(kind, str(name)) for kind, name in DOCUMENT_KINDS.items()]


def zone_options() -> list[str]:
    """Names of time zones for a select."""
    return ["UTC", *sorted(time_zones() - {"UTC"})]


def level_options() -> list[tuple[str, str]]:
    """(code, words) for a select, the best first."""
    return [(level.code, str(LEVELS[level.code])) for level in sorted(Level, reverse=True)]


def mode_choices() -> list[tuple[str, str, str]]:
    """(code, words, definition) for checkboxes."""
    return [(mode, str(words), "") for mode, words in MODES.items()]


def level_plot(claim: ClaimView) -> str:
    """The level on its interval, from A1 to native."""
    if claim.estimate is None or not claim.is_measured:
        return ""
    level, low, high = (Level.parse(each) for each in (claim.estimate.level, claim.estimate.low, claim.estimate.high))
    label = _("From A1 to native: between %(low)s and %(high)s", low=short_level(low.code), high=short_level(high.code))
    return plots.whisker(level, low, high, scale=(Level.A1, Level.NATIVE), label=str(label), width=140)


def claim_told(claim: ClaimView, *, is_own: bool) -> Message:
    """A level that nothing but the person's own word stands for, told as their statement."""
    level = short_level(claim.proficiency)
    if claim.status is ClaimStatus.REJECTED:
        return _("Stated: %(level)s.", level=level)
    if claim.was_measured:
        if is_own:
            return _("You say: %(level)s. What showed it does not count any more.", level=level)
        return _("They say: %(level)s. What showed it does not count any more.", level=level)
    if is_own:
        return _("You say: %(level)s. Nothing has shown it yet.", level=level)
    return _("They say: %(level)s. Nothing has shown it yet.", level=level)


def what_would_show(claim: ClaimView, *, is_own: bool) -> Message | None:
    """What evidence there could be in this mode; None for what was turned down."""
    if claim.status is ClaimStatus.REJECTED:
        return None
    if claim.mode in _JUDGED_BY_NATIVES:
        if is_own:
            return _("What would show it: a check by natives, a test for work in this language, answers that are"
                     " checked in such work, or a document that your vendor looks at.")  # fmt: skip
        return _("What would show it: a check by natives, a test for work in this language, answers that are checked in"
                 " such work, or a document that you look at.")  # fmt: skip
    if is_own:
        return _("What would show it: a test for work in this language, answers that are checked in such work, or a"
                 " document that your vendor looks at.")  # fmt: skip
    return _("What would show it: a test for work in this language, answers that are checked in such work, or a"
             " document that you look at.")  # fmt: skip


def native_checks_address(claim: ClaimView) -> str:
    """Where a person has natives check what they state; nothing where natives check no such thing."""
    endpoint = "calibration.language_checks"
    may_ask = claim.mode in _JUDGED_BY_NATIVES and claim.status is not ClaimStatus.REJECTED
    return url_for(endpoint) if may_ask and endpoint in current_app.view_functions else ""


def short_level(code: str) -> str:
    """The level without its explanation."""
    return str(_("native")) if code == "native" else code


def by_language(claims: Iterable[ClaimView]) -> list[tuple[str, list[ClaimView]]]:
    """Claims under their languages, in their order."""
    found: dict[str, list[ClaimView]] = {}
    for claim in claims:
        found.setdefault(claim.locale, []).append(claim)
    return list(found.items())


def history_options() -> list[tuple[str, str]]:
    """(code, words) for a select."""
    return [(code, str(words)) for code, words in HISTORIES.items()]


def skill_choices() -> list[tuple[str, str, str]]:
    """(code, words, definition) for checkboxes."""
    return [(code, str(words), "") for code, words in SKILLS.items()]


def domain_choices() -> list[tuple[str, str, str]]:
    """(code, words, definition) for checkboxes."""
    return [(code, str(words), "") for code, words in DOMAINS.items()]


def coded(codes: tuple[str, ...], names: dict[str, Message]) -> list[str]:
    """Names of codes; a code that has none is shown as it is."""
    return [str(names.get(code, code)) for code in codes]


# What a decision by hand may rest on.
GROUNDS: dict[str, Message] = {
    "behaviour_review": _("A signal that was looked at"),
    "document": _("A document"),
    "language_claim": _("A stated language"),
    "receipt": _("An earlier decision"),
}


def last_moment(until: datetime) -> datetime:
    """The end of the last day that a time covers, where the time is the midnight behind it."""
    return until - timedelta(seconds=1)
