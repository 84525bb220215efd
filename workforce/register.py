"""What workforce puts into the application: the directory of accounts, its pages, its API, its commands."""

from flask import Flask, url_for
from sqlalchemy.orm import Session

from i18n import Message, _, ngettext
from kernel.jobs import Progress
from web.identity import use_directory
from web.views.progress import describe_job
from workforce.api import api
from workforce.cli import cli
from workforce.directory import AccountDirectory
from workforce.pages import pages
from workforce.queries.documents import is_document_kept
from workforce.trail import show_loss


def register(app: Flask) -> None:
    """Register all of it."""
    use_directory(AccountDirectory())
    show_loss("document", _lost_document)
    app.register_blueprint(pages)
    app.register_blueprint(api)
    app.cli.add_command(cli)
    describe_job("workforce.act_on_people", _("The people are being changed"), _people, _changed)
    describe_job("workforce.make_file", _("The file is being made"), _file)


def _lost_document(session: Session, document_id: str) -> Message | None:
    if is_document_kept(session, document_id):
        return None
    return _("The document itself is not kept any more, so nobody can look at it again.")


def _people(progress: Progress) -> str:
    return url_for("workforce.people")


def _file(progress: Progress) -> str:
    return url_for("workforce.made_file", made_file_id=progress.result["file"])


def _changed(progress: Progress) -> Message:
    changed = int(progress.result.get("changed", 0))
    if progress.result.get("is_stopped"):
        return _("It ended after %(n)s people: whoever asked for it may not do it any more.", n=changed)
    return ngettext("%(num)s person was changed.", "%(num)s people were changed.", changed)
