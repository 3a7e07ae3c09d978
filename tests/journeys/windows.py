"""Windows of the browser: a new one costs seconds of computing, so one is emptied after its journey and used again.

It stays at the same site meanwhile. A page that keeps others out (Cross-Origin-Opener-Policy) gets a process of its own
when one comes to it from elsewhere, and that process is what costs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Error, Page

_LEAVING = 10_000
"""Milliseconds that going to a plain page may take."""
_EMPTY = "() => { localStorage.clear(); sessionStorage.clear(); }"


@dataclass
class _Window:
    page: Page
    scripts: bool
    heard: Callable[[Error], None]
    read: Callable[[ConsoleMessage], None]
    lasting: bool = True


_KEPT: dict[bool, list[Page]] = {True: [], False: []}
"""Empty windows, by whether their pages run scripts."""
_LENT: list[_Window] = []
"""The windows of this journey."""


def opened(
    browser: Browser, viewport: dict[str, int], complaints: list[str], *, scripts: bool, lasting: bool = True
) -> Page:
    """Open a window that shares nothing with any other, in Bulgarian; what its pages complain of goes into the list.

    One that is not lasting is thrown away after its journey: what a journey puts into the window itself, such as
    another clock, cannot be taken out again.
    """
    kept = _KEPT[scripts] if lasting else []
    page = kept.pop() if kept else _new(browser, scripts=scripts)
    page.set_viewport_size({"width": viewport["width"], "height": viewport["height"]})

    def heard(error: Error) -> None:
        complaints.append(str(error))

    def read(line: ConsoleMessage) -> None:
        if line.type == "error":
            complaints.append(line.text)

    page.on("pageerror", heard)
    page.on("console", read)
    _LENT.append(_Window(page, scripts, heard, read, lasting))
    return page


def _new(browser: Browser, *, scripts: bool) -> Page:
    return browser.new_context(accept_downloads=True, locale="bg-BG", java_script_enabled=scripts).new_page()


def close_all() -> None:
    """Empty every window of this journey, and close those that cannot be used again."""
    for window in _LENT:
        if window.lasting and _emptied(window):
            _KEPT[window.scripts].append(window.page)
        else:
            window.page.context.close()
    _LENT.clear()


def _emptied(window: _Window) -> bool:
    """Leave the window at a page without content, with nothing kept; False where its site is gone."""
    page, context = window.page, window.page.context
    page.remove_listener("pageerror", window.heard)
    page.remove_listener("console", window.read)
    context.clear_cookies()
    for other in context.pages:
        if other is not page:
            other.close()
    site = urlsplit(page.url)
    try:
        page.goto(f"{site.scheme}://{site.netloc}/healthz", timeout=_LEAVING)
        page.evaluate(_EMPTY)
    except Error:
        return False
    return True
