"""Templates: gettext for Jinja, which translates for the current reader and escapes what is filled in."""

from collections.abc import Callable
from typing import Any

from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from i18n.catalogs import translations
from i18n.messages import Message, fill, render
from i18n.reader import current_locale


def install(environment: Environment) -> None:
    """Give an environment `_`, `gettext`, `ngettext` and `{% trans %}`, newstyle and with trimmed blocks."""
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    # Set, not extended: the extension has already put False there.
    vars(environment)["newstyle_gettext"] = True
    environment.globals.update(gettext=_gettext, ngettext=_ngettext)


@pass_context
def _gettext(context: Context, msgid: str | Message, /, **params: Any) -> str:
    if isinstance(msgid, Message):
        return render(msgid)
    return _filled(context, translations(current_locale()).gettext(msgid) if msgid else "", params)


@pass_context
def _ngettext(context: Context, singular: str, plural: str, n: int, /, **params: Any) -> str:
    text = translations(current_locale()).ngettext(singular, plural, n)
    return _filled(context, text, {"num": n} | params)


def _filled(context: Context, text: str, params: dict[str, Any]) -> str:
    # The translators' text is trusted markup, as the template's own is; the values are not.
    if not context.eval_ctx.autoescape:
        return fill(text, params, current_locale())
    finish: Callable[[Any], str] = escape
    return Markup(fill(text, params, current_locale(), finish=finish))
