"""The web's own pages: signing in and out, the account, languages, jobs under way, health, the API's description."""

from flask import Flask

from web.pages import Pages

pages = Pages("web", "web")


def register(app: Flask) -> None:
    """Register the web's own routes."""
    from web.views import account, door, health, progress  # noqa: F401

    app.register_blueprint(pages)
