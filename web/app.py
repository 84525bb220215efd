"""The Flask application without any business in it: what the composition root builds upon."""

from datetime import timedelta
from pathlib import Path

from flask import Flask, Response, send_file
from werkzeug.exceptions import NotFound
from werkzeug.middleware.proxy_fix import ProxyFix

from i18n import current_locale
from i18n.tags import display_name
from i18n.templates import install as install_translations
from kernel.config import Settings
from web import guards, problems, sessions
from web.assets import Assets
from web.render import frame_values


def create_base_app(settings: Settings) -> Flask:
    """An app with sessions, guards, problems and templates; packages register their routes on it."""
    app = Flask("web", root_path=str(Path(__file__).parent), static_folder=None)
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME=sessions.of_this_host("form", settings),
        SESSION_COOKIE_SECURE=settings.is_production,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        MAX_CONTENT_LENGTH=settings.max_upload_mb * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=2000,
        TRUSTED_HOSTS=settings.hosts,
        PROPAGATE_FAULTS=settings.environment == "test",
    )
    app.url_map.strict_slashes = True
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = False
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0)  # type: ignore[method-assign]
    install_translations(app.jinja_env)
    app.jinja_env.globals["passkey_origin"] = settings.passkey_origin
    app.jinja_env.globals["language"] = lambda tag: display_name(tag, current_locale())
    _serve_assets(app)
    app.context_processor(frame_values)
    sessions.install(app, settings)
    guards.install(app, settings)
    problems.install(app)
    return app


def _serve_assets(app: Flask) -> None:
    assets = Assets()
    app.extensions["assets"] = assets
    app.jinja_env.globals["asset"] = assets

    def static(filename: str) -> Response:
        file = assets.find(filename)
        if file is None:
            raise NotFound
        response = send_file(file, etag=True, last_modified=None, max_age=31536000, conditional=True)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response

    app.add_url_rule("/static/<path:filename>", "static", static, methods=["GET"])
