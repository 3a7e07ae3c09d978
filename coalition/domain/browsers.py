"""What a browser says it is, told in two words for the list of one's own sessions. It is a hint, never a proof."""

from typing import NamedTuple


class Browser(NamedTuple):
    """A browser's family and the system it runs on, as people know them; empty where it does not say."""

    family: str
    system: str


_FAMILIES = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
"""In the order in which they are asked: most browsers also name those that they are like."""
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def told_by(user_agent: str) -> Browser:
    """Return the browser that a User-Agent header tells of."""
    family = next((name for mark, name in _FAMILIES if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return Browser(family, system)
