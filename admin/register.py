"""Joining the application: the frame around all pages, and what the operator and the auditor see."""

from flask import Flask, url_for

from admin import shell
from admin.api import api
from admin.cli import cli
from admin.demo.accounts import for_sign_in
from admin.pages import home, jobs, log, organizations, own_data, pages
from i18n import _
from kernel.jobs import Progress
from web.render import use_navigation
from web.views.door import use_demo_accounts, use_homes
from web.views.progress import describe_job

# Imported for the routes they declare.
_ROUTES = (home, jobs, log, organizations, own_data)


def register(app: Flask) -> None:
    """Add everything that running the installation needs."""
    use_navigation(app, shell.navigation)
    use_homes(app, shell.HOMES)
    use_demo_accounts(app, for_sign_in)
    describe_job("admin.verify_audit", _("The audit log is being verified"), _verdict)
    app.register_blueprint(pages)
    app.register_blueprint(api)
    app.cli.add_command(cli)


def _verdict(progress: Progress) -> str:
    return url_for("admin.audit", verification=progress.id)
