"""What every page is given: the language, the coalition, who is signed in, and where they can go."""

import hashlib
from dataclasses import dataclass
from functools import cache

from flask import Flask, get_flashed_messages, render_template, request, url_for

from coalition import i18n, paths
from coalition.domain.access import Permission
from coalition.i18n import _, labels
from coalition.web.access import current_account, may
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


@cache
def _digest(path: str) -> str:
    return hashlib.sha256((paths.STATIC / path).read_bytes()).hexdigest()[:12]


def asset(path: str) -> str:
    """Return the address of a static file; it changes with the file, so that browsers may keep it for ever."""
    return url_for("static", filename=path, v=_digest(path))


def _link(label: str, endpoint: str, area: str) -> NavigationLink:
    here = request.endpoint or ""
    return NavigationLink(label, url(endpoint), here == endpoint or here.split(".")[0] == area)


def navigation() -> list[NavigationLink]:
    """Return the pages open to whoever is asking, in the order of their work."""
    if current_account() is None:
        return [
            _link(_("Start"), "pages.home", "-"),
            _link(_("Figures"), "pages.years", "-"),
            _link(_("Members"), "pages.members", "-"),
            _link(_("Method"), "pages.method", "-"),
        ]
    offered = (
        (Permission.LIST_INCIDENTS, _("Incidents"), "incidents.list_all", "incidents"),
        (Permission.REVIEW_RETENTION, _("Due for review"), "erasures.due", "-"),
        (Permission.REVIEW_QUEUE, _("Review"), "reviews.queue", "reviews"),
        (Permission.BUILD_SUBMISSION, _("Submission"), "submissions.overview", "submissions"),
        (Permission.BUILD_REPORT, _("Reports"), "reports.overview", "reports"),
        (Permission.PUBLISH_SUMMARY, _("Publication"), "summaries.overview", "summaries"),
        (Permission.MANAGE_ORGANISATIONS, _("Members"), "organisations.list_all", "organisations"),
        (Permission.MANAGE_ACCOUNTS, _("People"), "accounts.list_all", "-"),
        (Permission.LIST_ERASURES, _("Erasures"), "erasures.list_all", "-"),
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
        navigation=navigation(),
        flashes=get_flashed_messages(with_categories=True),
        **context,
    )


def register(app: Flask) -> None:
    """Let every macro make addresses."""
    app.jinja_env.globals.update(asset=asset, url=url)
