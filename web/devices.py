"""Devices in words: what a browser says of itself, as far as it helps a person to know their own."""

_BROWSERS = (  # the first that is named; nearly all of them name others, too
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("YaBrowser", "Yandex"),
    ("UCBrowser", "UC Browser"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"),
    ("Chrome", "Chrome"), ("Safari", "Safari"), ("curl", "curl"), ("python", "Python"),
)  # fmt: skip
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def device_of(agent: str) -> tuple[str, str]:
    """The browser and the system, by the names they go by everywhere; empty where nothing is known."""
    return _named(agent, _BROWSERS), _named(agent, _SYSTEMS)


def _named(agent: str, names: tuple[tuple[str, str], ...]) -> str:
    return next((name for mark, name in names if mark in agent), "")
