"""What every page is given: the language, the coalition, who is signed in, and where they can go."""

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import cast

from flask import Flask, g, get_flashed_messages, render_template, request, url_for

from coalition import i18n, paths
from coalition.domain.access import Permission
from coalition.i18n import _, labels, ngettext
from coalition.services import admissions, notices
from coalition.web.access import current_account, may, reading, time_left
from coalition.web.locale import language_links, site_settings, url


@dataclass(frozen=True)
class NavigationLink:
    """One entry of the navigation."""

    label: str
    url: str
    current: bool
    count: int | None = None


@dataclass(frozen=True)
class CoalitionContext:
    """The coalition as a page names it."""

    name: str
    country: str
    emergency_number: str
    contact: str
    time_zone: str


@dataclass(frozen=True)
class AccountContext:
    """Who is signed in."""

    name: str
    role: str
    role_label: str
    organisation_name: str


@dataclass(frozen=True)
class PresenceContext:
    """What the scripts of a page know of its session."""

    left: int
    """Seconds until it ends if nothing more is done."""
    account: str
    """Names whose page it is; opens nothing."""
    sign_in: str
    """Where to go when it is over, to come back here."""


@cache
def _digest(path: str) -> str:
    return hashlib.sha256((paths.STATIC / path).read_bytes()).hexdigest()[:12]


def asset(path: str) -> str:
    """Return the address of a static file; it changes with the file, so that browsers may keep it for ever."""
    return _asset(request.script_root, path)


@cache
def _asset(_root: str, path: str) -> str:
    # A page names its icons some fifty times. The address follows from where the site is mounted, and the file.
    return url_for("static", filename=path, v=_digest(path))


_OF_INCIDENTS = "incidents history messages evidence paper consents exports importing filters bulk"
"""The pages that belong to a member's incidents, by noun."""
_OF_SUBMISSIONS = "submissions versions profiles packages queries published"
"""Those that belong to the yearly submission."""


def _link(label: str, endpoint: str, area: str) -> NavigationLink:
    here = request.endpoint or ""
    count = _COUNTED[endpoint]() if endpoint in _COUNTED else None
    return NavigationLink(label, url(endpoint), here == endpoint or here.split(".")[0] in area.split(), count)


def _people_waiting() -> int:
    """Count the people whom whoever is signed in can confirm; asked once in a request."""
    if not may(Permission.ADMIT_PEOPLE):
        return 0
    if "people_waiting" not in g:
        with reading() as work:
            g.people_waiting = admissions.count_waiting(work)
    return int(g.people_waiting)


def _things_waiting() -> int:
    """Count the lines of the inbox of whoever is signed in; asked once in a request."""
    if "things_waiting" not in g:
        with reading() as work:
            g.things_waiting = notices.count_waiting(work)
    return int(g.things_waiting)


_COUNTED = {"accounts.own": _people_waiting, "inbox.overview": _things_waiting}
"""The entries of the navigation that say how much waits there."""

_STARTS = frozenset({"incidents.list_all", "reviews.queue", "accounts.list_all"})
"""Where somebody's work begins: there they are told who waits for them."""


def _told() -> list[tuple[str, str]]:
    """Return what the page says on top: who waits for the reader, and what the last action did."""
    count = _people_waiting() if request.endpoint in _STARTS else 0
    waiting = ngettext(
        "%(count)s person waits for you to confirm them, under “My account”.",
        "%(count)s people wait for you to confirm them, under “My account”.",
        count,
        count=count,
    )
    flashed = cast("list[tuple[str, str]]", get_flashed_messages(with_categories=True))
    return [*flashed, ("info", waiting)] if count else flashed


def navigation() -> list[NavigationLink]:
    """Return the pages open to whoever is asking, in the order of their work."""
    if current_account() is None:
        return [
            _link(_("Start"), "pages.home", "-"),
            _link(_("Figures"), "pages.years", "-"),
            _link(_("Members"), "pages.members", "-"),
            _link(_("Method"), "pages.method", "-"),
            _link(_("Calendar"), "calendar.overview", "calendar"),
        ]
    offered = (
        (Permission.READ_INBOX, _("Inbox"), "inbox.overview", "-"),
        (Permission.LIST_INCIDENTS, _("Incidents"), "incidents.list_all", _OF_INCIDENTS),
        (Permission.REVIEW_RETENTION, _("Due for review"), "erasures.due", "-"),
        (Permission.REVIEW_QUEUE, _("Review"), "reviews.queue", "reviews history filters bulk"),
        (Permission.SEE_READINESS, _("Readiness"), "readiness.board", "readiness"),
        (Permission.BUILD_SUBMISSION, _("Submission"), "submissions.overview", _OF_SUBMISSIONS),
        (Permission.BUILD_REPORT, _("Reports"), "reports.overview", "reports"),
        (Permission.KEEP_OFFICIAL_FIGURES, _("Official figures"), "official.overview", "official"),
        (Permission.PUBLISH_SUMMARY, _("Publication"), "summaries.overview", "summaries"),
        (Permission.MANAGE_ORGANISATIONS, _("Members"), "organisations.list_all", "organisations"),
        (Permission.MANAGE_ACCOUNTS, _("People"), "accounts.list_all", "-"),
        (Permission.LIST_ERASURES, _("Erasures"), "erasures.list_all", "-"),
        (Permission.READ_CALENDAR, _("Calendar"), "calendar.overview", "calendar"),
        (Permission.READ_AUDIT, _("Log"), "audit.log", "audit"),
        (Permission.OWN_ACCOUNT, _("My account"), "accounts.own", "-"),
    )
    return [_link(text, endpoint, area) for permission, text, endpoint, area in offered if may(permission)]


def _account() -> AccountContext | None:
    account = current_account()
    if account is None:
        return None
    organisation = i18n.name_of(account.organisation_name or "")
    return AccountContext(account.name, account.role, labels.label("roles", account.role), organisation)


def _presence() -> PresenceContext | None:
    account = current_account()
    left = int(time_left().total_seconds())
    if account is None or left <= 0:
        return None
    here = request.full_path.rstrip("?") if request.method == "GET" else None
    return PresenceContext(left, account.reference, url("sign_in.sign_in", next=here))


def render(template: str, **context: object) -> str:
    """Render a page with what every page is given."""
    own = site_settings()
    language = i18n.current_language()
    return render_template(
        template,
        locale=i18n.locale(language),
        languages=language_links(),
        coalition=CoalitionContext(
            own.name_in(language), own.country, own.emergency_number, own.contact, own.time_zone
        ),
        account=_account(),
        presence=_presence(),
        navigation=navigation(),
        flashes=_told(),
        **context,
    )


def register(app: Flask) -> None:
    """Let every macro make addresses."""
    app.jinja_env.globals.update(asset=asset, url=url)
