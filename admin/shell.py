"""The frame around all pages: what stands in each role's navigation, and where each role's home is."""

from collections.abc import Sequence

from flask import request, url_for

from i18n import Message, _
from kernel.policy import Role, decide, matrix
from web import current
from web.render import NavEntry, NavGroup
from web.sessions import request_time

HOMES: dict[str, str] = {
    Role.ANNOTATOR: "work.home",
    Role.REVIEWER: "review.home",
    Role.VENDOR_MANAGER: "board.home",
    Role.FINANCE: "payouts.payout_runs",
    Role.CLIENT_ADMIN: "marketplace.projects",
    Role.CLIENT_PM: "marketplace.projects",
    Role.CLIENT_QA: "marketplace.projects",
    Role.OPERATOR: "admin.home",
    Role.AUDITOR: "admin.home",
}

_Place = tuple[Message, str, str]  # words, endpoint, icon
_Group = tuple[Message | None, list[_Place]]

_ANNOTATOR: list[_Place] = [
    (_("Work"), "work.home", "work"),
    (_("Quality"), "calibration.quality", "chart"),
    (_("Pay"), "payouts.pay", "wallet"),
    (_("Decisions"), "workforce.receipts", "scale"),
    (_("Me"), "workforce.me", "user"),
]

_PEOPLE: list[_Place] = [
    (_("People"), "workforce.people", "user"),
    (_("Pools"), "workforce.pools", ""),
    (_("Agreements"), "workforce.agreements", ""),
    (_("Appeals"), "workforce.appeals", ""),
    (_("Objections"), "calibration.disputes", ""),
    (_("Signals"), "calibration.behaviour", ""),
    (_("Checks by natives"), "calibration.language_checks_overview", ""),
    (_("Team"), "workforce.team", ""),
]

_CLIENT: list[_Group] = [
    (None, [(_("Projects"), "marketplace.projects", ""), (_("Requests"), "marketplace.requests", "")]),
    (_("Quality"), [(_("Review"), "review.home", "")]),
    (_("Money"), [(_("Invoices"), "payouts.invoice_list", "")]),
    (_("Proof"), [(_("Who saw my data"), "marketplace.reads", ""), (_("Who has access"), "marketplace.access", "")]),
]


def _with_objections(groups: list[_Group]) -> list[_Group]:
    """The same places for people who decide about objections to right answers."""
    first, (title, places), *rest = groups
    return [first, (title, [*places, (_("Objections"), "calibration.disputes", "")]), *rest]


_STAFF: dict[str, list[_Group]] = {
    Role.VENDOR_MANAGER: [
        (None, [(_("Board"), "board.home", ""), (_("Projects"), "marketplace.projects", ""),
                (_("Requests"), "marketplace.requests", "")]),
        (_("People"), _PEOPLE),
        (_("Money"), [(_("Rates"), "payouts.rates", ""), (_("Payout runs"), "payouts.payout_runs", ""),
                      (_("Invoices"), "payouts.invoice_list", "")]),
        (_("Proof"), [(_("Who has access"), "marketplace.access", ""), (_("Audit log"), "admin.audit", "")]),
    ],
    Role.REVIEWER: [(None, [(_("Review"), "review.home", ""), (_("Appeals"), "workforce.appeals", "")])],
    Role.FINANCE: [
        (None, [(_("Payout runs"), "payouts.payout_runs", ""), (_("Invoices"), "payouts.invoice_list", ""),
                (_("Rates"), "payouts.rates", "")]),
        (_("People"), [(_("People"), "workforce.people", "")]),
    ],
    Role.CLIENT_ADMIN: [
        *_with_objections(_CLIENT),
        (_("Organization"), [(_("Team"), "workforce.team", ""), (_("Audit log"), "admin.audit", "")]),
    ],
    Role.CLIENT_PM: _with_objections(_CLIENT),
    Role.CLIENT_QA: _with_objections(_CLIENT),
    Role.OPERATOR: [
        (None, [(_("Installation"), "admin.home", ""), (_("Organizations"), "admin.organizations", ""),
                (_("Jobs"), "admin.jobs", ""), (_("Audit log"), "admin.audit", ""),
                (_("Retention"), "admin.retention", "")]),
        (_("People"), [(_("People"), "workforce.people", ""), (_("Appeals"), "workforce.appeals", ""),
                        (_("Lost second factors"), "workforce.factor_resets", "")]),
    ],
    Role.AUDITOR: [
        (None, [(_("Installation"), "admin.home", ""), (_("Audit log"), "admin.audit", ""),
                (_("Organizations"), "admin.organizations", ""), (_("Jobs"), "admin.jobs", ""),
                (_("Retention"), "admin.retention", "")]),
        (_("People"), [(_("People"), "workforce.people", ""), (_("Appeals"), "workforce.appeals", "")]),
    ],
}  # fmt: skip


def navigation() -> Sequence[NavGroup]:
    """The places of the signed-in person's role that are open to them: what leads to a refusal does not stand there."""
    place = current.place()
    if place is None:
        return []
    groups = _open([(None, _ANNOTATOR)] if place.role == Role.ANNOTATOR else _STAFF.get(place.role, []))
    here = _nearest({url_for(endpoint) for _title, places in groups for _words, endpoint, _icon in places})
    return [(str(title) if title else None, [_entry(*found, here) for found in places]) for title, places in groups]


def _open(groups: Sequence[_Group]) -> list[_Group]:
    """What the person may open; a group of which nothing is left goes with it."""
    kept = [(title, [found for found in places if _may_open(found[1])]) for title, places in groups]
    return [(title, places) for title, places in kept if places]


def _may_open(endpoint: str) -> bool:
    action = matrix().endpoints[endpoint]["action"]
    return decide(current.actor(), action, None, request_time()).is_within_reach


def _entry(words: Message, endpoint: str, icon: str, here: str) -> NavEntry:
    return (str(words), url_for(endpoint), icon, 0, url_for(endpoint) == here)


def _nearest(addresses: set[str]) -> str:
    """The place that the present page belongs to: of those that lead to it, the longest."""
    path = request.path
    return max((one for one in addresses if path == one or path.startswith(one + "/")), key=len, default="")
