"""The language of a page: it is the first part of its address, and switching it keeps the page."""

from dataclasses import dataclass

from flask import Flask, abort, current_app, g, request, url_for

from coalition import i18n
from coalition.services import settings
from coalition.services.settings import Settings
from coalition.services.work import NOBODY
from coalition.services.work import reading as _reading


@dataclass(frozen=True)
class LanguageLink:
    """One language of the menu."""

    code: str
    native_name: str
    direction: str
    url: str
    current: bool


def site_settings() -> Settings:
    """Return the coalition's settings, read once per request."""
    if "settings" not in g:
        with _reading(current_app.extensions["coalition"], NOBODY) as work:
            g.settings = settings.read(work)
    kept: Settings = g.settings
    return kept


def preferred_language() -> str:
    """Return the best of the site's languages for this browser."""
    languages = site_settings().languages
    return request.accept_languages.best_match(languages) or languages[0]


def url(endpoint: str, **params: object) -> str:
    """Return the address of a page in the language of now."""
    if endpoint != "static":
        params.setdefault("language", i18n.current_language())
    return url_for(endpoint, **params)  # type: ignore[arg-type] # Flask types its own options only


def language_links() -> list[LanguageLink]:
    """Return the menu: this page in every language, or the start page where this one cannot be opened by a link."""
    path, kept = request.view_args or {}, _kept_query()
    endpoint = request.endpoint if g.get("language") and _opens(request.path) else None
    links = []
    for code in site_settings().languages:
        known = i18n.locale(code)
        values = {**kept, **path, "language": code}
        address = _address(endpoint, values) if endpoint else url_for("pages.home", language=code)
        links.append(LanguageLink(code, known.native_name, known.direction, address, code == i18n.current_language()))
    return links


def _kept_query() -> dict[str, str]:
    """Return what the address says after its path, without the words that would steer the making of an address."""
    if request.method != "GET":
        return {}
    return {name: text for name, text in request.args.items() if name != "endpoint" and not name.startswith("_")}


def _opens(path: str) -> bool:
    """Tell whether a path is a page that a link can lead to: what a button made may have no such page."""
    return current_app.url_map.bind("localhost").test(path, "GET")


def _address(endpoint: str, values: dict[str, str]) -> str:
    return url_for(endpoint, **values)  # type: ignore[arg-type] # Flask types its own options only


def _take_language(_endpoint: str | None, values: dict[str, str] | None) -> None:
    # Views do not take the language: it is in force before they run.
    g.language = values.pop("language", None) if values else None


def _enter() -> None:
    if request.endpoint == "static":
        return
    languages = site_settings().languages
    if g.get("language") and g.language not in languages:
        g.language_token = i18n.use_language(preferred_language())
        abort(404)
    first = request.path.split("/")[1]
    g.language_token = i18n.use_language(first if first in languages else preferred_language())


def _leave(_error: BaseException | None) -> None:
    token = g.pop("language_token", None)
    if token is not None:
        i18n.restore_language(token)


def register(app: Flask) -> None:
    """Put each request's language in force."""
    app.url_value_preprocessor(_take_language)
    app.before_request(_enter)
    app.teardown_request(_leave)
