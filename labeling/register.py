"""Joining the application: labeling brings templates and what they ask; its pages and API are those of work above."""

from flask import Flask

from labeling import rendering
from web.pages import Pages


def register(app: Flask) -> None:
    """Make the templates of labeling known, and answer their questions."""
    app.register_blueprint(Pages("labeling", __name__))
    rendering.install(app.jinja_env)
