"""One Jinja configuration for pages and documents alike: loader, strictness, language, formats."""

from collections.abc import Callable
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from coalition import i18n, paths
from coalition.i18n import labels

FILTERS: dict[str, Callable[..., Any]] = {
    "number": i18n.format_number,
    "percent": i18n.format_percent,
    "day": i18n.format_date,
    "moment": i18n.format_datetime,
    "name": i18n.name_of,
    "by_country_name": i18n.by_country_name,
    "partial_date": i18n.format_partial_date,
}


def configure(environment: Environment) -> None:
    """Give an environment our filters, labels and translations, and make it refuse undefined names."""
    environment.undefined = StrictUndefined
    environment.trim_blocks = True
    environment.lstrip_blocks = True
    environment.add_extension("jinja2.ext.i18n")
    environment.add_extension("jinja2.ext.do")
    environment.install_gettext_callables(  # type: ignore[attr-defined] # added by the extension above
        i18n.gettext,
        i18n.plural_message,
        newstyle=True,
        pgettext=i18n.pgettext,
        npgettext=i18n.plural_message_in,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.filters.update(FILTERS)
    environment.globals.update(
        label=labels.label,
        hint=labels.hint,
        help_on=labels.help_on,
        month_name=i18n.month_name,
        territory_name=i18n.territory_name,
        language_name=i18n.language_name,
    )


@cache
def environment() -> Environment:
    """Return the environment for documents, outside any request: one, so that a template is compiled once."""
    made = Environment(
        loader=FileSystemLoader(paths.TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
    )
    configure(made)
    return made


def safe_svg(text: str) -> Markup:
    """Mark an SVG that our own chart code made as ready to print."""
    return Markup(text)  # noqa: S704 - made by coalition.documents.charts, which escapes every text  # nosec B704
