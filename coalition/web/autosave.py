"""What the script of a form is told that saves while somebody types: what was saved or kept, and when."""

from flask import Response

from coalition.i18n import _, format_time
from coalition.services.kept_forms import KeptView
from coalition.web import keeping
from coalition.web.access import current_account, runtime, time_left, told
from coalition.web.locale import site_settings

CONFLICT = 409
ONLY_KEPT = frozenset({"consent"})
"""Sections that no clock saves: taking a consent back has effects at once, and is a person's own press of a button."""


def _time() -> str:
    return format_time(runtime().clock(), site_settings().time_zone)


def _left() -> int:
    return int(time_left().total_seconds())


def tell_saved(version: int, *, beside: bool = False, **more: object) -> Response:
    """Say that the answers are saved, and the version that the next save is about.

    `beside`: somebody else saved other answers of the record meanwhile, and theirs are kept too.
    """
    text = _("Saved at %(time)s", time=_time())
    if beside:
        text = _("Saved at %(time)s, beside other answers that were saved meanwhile", time=_time())
    return told(200, state="saved", text=text, version=version, left=_left(), **more)


def tell_kept() -> Response:
    """Say that what was typed is kept, and that it is not an answer yet."""
    text = _("Kept as you typed it at %(time)s. Press “Save” to record it.", time=_time())
    return told(200, state="kept", text=text, left=_left())


def tell_unreadable() -> Response:
    """Say that what was typed is kept, and that something in it cannot be read yet."""
    text = _("Kept as you typed it at %(time)s. Something cannot be read yet: “Save” shows what.", time=_time())
    return told(200, state="kept", text=text, left=_left())


def tell_conflict() -> Response:
    """Say that somebody else saved; what was typed is kept, and overwrites nothing."""
    text = _("Somebody else saved this meanwhile. What you typed is kept; “Save” shows both.")
    return told(CONFLICT, state="conflict", text=text, left=_left())


def keep_typed(endpoint: str | None = None, **parts: object) -> None:
    """Keep what was sent for whoever sent it, as what would be sent to another endpoint if one is named."""
    account = current_account()
    if account:
        keeping.keep_typed(account, endpoint, **parts)


def kept_form(endpoint: str, **parts: object) -> KeptView | None:
    """Return what is kept of a form for whoever opens its page."""
    account = current_account()
    return keeping.kept_of(account, endpoint, **parts) if account else None
