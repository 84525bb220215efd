"""One's own data: a copy of all of it, and its erasure. What retention takes next, for the operator and the auditor."""

from flask import Response, send_file

from admin.jobs import ask_copy
from admin.operations.own_data import open_copy
from admin.pages import pages
from admin.policy import Action
from admin.queries.retention import report
from i18n import Message, _
from kernel import db
from kernel.guard import require
from kernel.tenancy import Scope
from web import current
from web.render import flash, page, see
from workforce.operations import own_data as operations
from workforce.queries.own_data import data_requests_of
from workforce.values.own_data import WAIT, DataKind

STATES: dict[str, tuple[Message, str]] = {
    "waiting": (_("Under way"), "wait"),
    "ready": (_("Ready to be taken"), "good"),
    "taken": (_("Taken"), "plain"),
    "over": (_("Over"), "plain"),
    "done": (_("Done"), "good"),
    "cancelled": (_("Taken back"), "plain"),
}
HELD_UP: dict[str, Message] = {
    "owed": _("You are still owed money, or a payment is on its way. You are erased once it has arrived."),
    "last": _("You alone can run your organization. Give that role to somebody else first."),
}


def own() -> Scope:
    """An account is no organization's; the operations ask whose it is."""
    return Scope.system("own data")


@pages.get("/account/data")
def own_data() -> Response:
    """What I asked of my data."""
    account_id = current.actor().account_id or ""
    with db.reading(own()) as session:
        rows = data_requests_of(session, account_id)
    return page("admin/own_data.html", rows=rows, states=STATES, held_up=HELD_UP, days=WAIT.days)


@pages.post("/account/data/copy")
def ask_own_copy() -> Response:
    """Ask for a copy of everything."""
    with db.transaction(own()) as session:
        ask_copy(session, current.actor(), current.actor().account_id or "")
    flash("wait", _("Your data is being gathered. Load this page again in a few minutes."))
    return see("admin.own_data")


@pages.post("/account/data/erasure")
def ask_erasure() -> Response:
    """Ask to be erased."""
    with db.transaction(own()) as session:
        operations.ask_data(session, current.actor(), current.actor().account_id or "", DataKind.ERASURE)
    flash("wait", _("You are erased when the waiting time is over. Until then you can take it back."))
    return see("admin.own_data")


@pages.post("/account/data/<data_request_id>/cancel")
def cancel_erasure(data_request_id: str) -> Response:
    """Stay after all."""
    with db.transaction(own()) as session:
        operations.cancel_erasure(session, current.actor(), data_request_id)
    flash("good", _("You stay as you are."))
    return see("admin.own_data")


@pages.post("/account/data/<data_request_id>/file")
def take_copy(data_request_id: str) -> Response:
    """The file, once."""
    with db.transaction(own()) as session:
        file = open_copy(session, current.actor(), data_request_id)
    return send_file(
        file, mimetype="application/zip", as_attachment=True, download_name="my-data.zip", etag=False,
        max_age=0,
    )  # fmt: skip


@pages.get("/admin/retention")
def retention() -> Response:
    """What is removed next, and when."""
    with db.reading(own()) as session:
        require(session, current.actor(), Action.RETENTION_READ)
        rows = report(session)
    return page("admin/retention.html", rows=rows)
