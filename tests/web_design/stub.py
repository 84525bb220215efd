"""Templates without the application: Jinja with the context that it gives, and made-up content in two languages."""

import datetime as dt
from pathlib import Path
from types import SimpleNamespace as Thing
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined

from i18n import formats, use_locale
from tests.web_design.gallery_words import INTERFACE, WORDS
from web import plots
from web.assets import asset

HERE = Path(__file__).parent
TEMPLATES = HERE.parents[1] / "web" / "templates"
NOW = dt.datetime(2026, 11, 23, 7, 30, tzinfo=dt.UTC)
LANGUAGES = [("en", "English"), ("es", "Español"), ("sw", "Kiswahili"), ("ar", "العربية")]


def environment(locale: str) -> Environment:
    loader = ChoiceLoader([FileSystemLoader(TEMPLATES), FileSystemLoader(HERE / "gallery")])
    env = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, extensions=["jinja2.ext.i18n"])
    words = INTERFACE.get(locale, {})
    env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: words.get(text, text), lambda one, many, n: one if n == 1 else many, newstyle=True
    )
    return env


def person(*, annotator: bool, arabic: bool) -> Thing:
    org = "أصوات الساحل" if arabic else "Baraza Language Works"
    role = ("معلّق" if arabic else "Annotator") if annotator else ("مدير مورّد" if arabic else "Vendor manager")
    places = [Thing(id="m2", org_name="Sahel Voices", role_label=role)]
    name, initials = ("يوسف منصور", "ي م") if arabic else ("Njeri Kamau", "NK")
    return Thing(
        name=name, email="njeri@baraza.test", initials=initials, org_name=org, role_label=role, places=places,
        is_annotator=annotator,
    )  # fmt: skip


def navigation(locale: str, *, annotator: bool) -> list[Any]:
    words = WORDS[locale]["nav"]
    icons = ["work", "chart", "wallet", "chat", "user"]
    if annotator:
        counts = [0, 0, 0, 2, 0]
        entries = zip(words[:5], icons, counts, strict=True)
        return [(None, [(word, "#", icon, count, icon == "work") for word, icon, count in entries])]
    first = [(words[5], "#", "", 0, True), (words[6], "#", "", 2, False)]
    return [(None, first), (words[7], [(words[8], "#", "", 0, False), (words[9], "#", "", 37, False)])]


def context(locale: str, *, annotator: bool = False, signed_in: bool = True) -> dict[str, Any]:
    me = person(annotator=annotator, arabic=locale == "ar") if signed_in else None
    return {
        "fmt": formats, "locale": locale, "direction": "rtl" if locale == "ar" else "ltr", "languages": LANGUAGES,
        "me": me, "nav": navigation(locale, annotator=annotator), "csrf_token": lambda: "a-token", "asset": asset,
        "passkey_origin": "https://work.example",
        "flashes": [("good", WORDS[locale]["saved"])], "request_id": "7KD-20",
        "url_for": lambda endpoint, **values: "/" + "/".join([endpoint, *map(str, values.values())]),
    }  # fmt: skip


def render(name: str, locale: str, *, annotator: bool = False, signed_in: bool = True, **extra: Any) -> str:
    with use_locale(locale):
        told = context(locale, annotator=annotator, signed_in=signed_in) | extra
        return environment(locale).get_template(name).render(told)


def gallery(locale: str, *, annotator: bool = False) -> str:
    with use_locale(locale):
        return render("gallery.html", locale, annotator=annotator, w=WORDS[locale], p=pictures(locale))


def account(locale: str) -> str:
    session = {
        "created_at": NOW,
        "seen_at": NOW,
        "ip_net": "41.90.64.0/24",
        "device": "Firefox on Android",
        "country": "KE",
    }
    token = Thing(
        id="t1", name="Export job", scopes=["releases:read"], created_at=NOW, expires_at=NOW, last_used_at=None
    )
    return render(
        "web/account.html", locale, kinds={"totp"},
        account=Thing(
            name="Njeri Kamau", email="njeri@baraza.test", locale=locale, time_zone="Africa/Nairobi", has_factor=True
        ),
        sessions=[Thing(id="s1", current=True, **session), Thing(id="s2", current=False, **session)],
        tokens=[token], new_token="pt_3f9a0c81d2e74b56", scopes=[("releases:read", "Read releases", "")],  # noqa: S106
        time_zones=["Africa/Nairobi", "Europe/Berlin"], errors={"name": "Your name is missing."},
    )  # fmt: skip


def sign_in(locale: str) -> str:
    demo = [("Vendor manager", "njeri@baraza.test", "demo"), ("Annotator", "amina@baraza.test", "demo")]
    errors = {"password": "This password does not match. Capital letters count."}
    form = Thing(email="amina@example.org")
    return render(
        "web/sign_in.html", locale, signed_in=False, form=form, errors=errors, next="/work", demo=demo, is_late=True,
        kept=[("answer", "refund")],
    )  # fmt: skip


def error_page(locale: str) -> str:
    return render(
        "errors/page.html", locale, signed_in=False, code=404, title="There is nothing at this address",
        why="It may have been moved, or it belongs to an organization you are not in.",
        now=[("Go to your first page", "/"), ("Ask whoever sent you the link", "")],
    )  # fmt: skip


def pictures(locale: str) -> dict[str, Any]:
    w = WORDS[locale]
    share = lambda x: formats.percent(x / 100)  # noqa: E731
    low, high = [92, 93, 93, 94, 91, 89, 91, 93], [95, 96, 96, 97, 95, 93, 95, 96]
    mean = [93.5, 94.5, 94.5, 95.5, 93, 91, 93, 94.5]
    points = [plots.Point(x, y, a, b) for x, (y, a, b) in enumerate(zip(mean, low, high, strict=True))]
    target = plots.Target(85, w["limit"])
    names = w["classes"]
    counts = [[86, 3, 2, 9], [4, 90, 2, 0], [1, 3, 62, 21], [0, 1, 9, 66]]
    spark = plots.sparkline(points, label=w["finding"], text=share(94.5), target=90)
    rows = [plots.Interval(n, v, a, b) for n, v, a, b in zip(w["locales"], (93, 87), (90, 81), (95, 91), strict=True)]
    return {
        "whisker": plots.whisker(91.6, 90.2, 92.8, scale=(80, 100), label=w["finding"], target=85),
        "wide": plots.wide_whisker(
            72, 58, 83, ends=(plots.Tick(40, share(40)), plots.Tick(100, share(100))), label=w["finding"], target=target
        ),
        "progress": plots.progress([0.635, 0.085], label=w["finding"]),
        "line": plots.line(
            points, label=w["finding"], y_ticks=plots.ticks(80, 100, share), target=target, last=share(94.5),
            x_ticks=[plots.Tick(0, w["first"]), plots.Tick(7, w["last"])], events=[plots.Event(4, "3.2")],
        ),
        "whiskers": plots.whiskers(
            [*rows, plots.Interval("Kiswahili (Congo - Kinshasa)", None, text=w["few"])],
            label=w["finding"], x_ticks=plots.ticks(75, 100, share, about=5), target=target,
        ),
        "bars": plots.bars(
            [plots.Bar(w["locales"][0], 124, share(124)), plots.Bar(w["locales"][1], 102, share(102), tone=2)],
            label=w["finding"], target=plots.Target(100, w["floor_word"]),
        ),
        "few": plots.line([], label=w["finding"], y_ticks=plots.ticks(80, 100, share), too_few=w["few"]),
        "heat": plots.heat(
            names, counts, label=w["finding"], rows_are=w["true"], columns_are=w["answered"],
            words=[[formats.number(n) for n in row] for row in counts],
        ),
        "spark": spark,
    }  # fmt: skip
