"""The reader's language: catalogues, the current locale, and the formats of dates and numbers.

Plain Babel behind one context variable, because documents are rendered in jobs, outside any request. A locale exists
when translations/ holds its catalogue; English is the language of the message ids and needs none. A wheel carries
compiled catalogues, a checkout is read from the .po files themselves, so an uncompiled catalogue cannot silently show
English.
"""

import gettext as stdlib_gettext
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

import babel
from babel import dates, lists, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from coalition import paths
from coalition.domain.names import Name

T = TypeVar("T")
SOURCE_LANGUAGE = "en"
_DOMAIN = "messages"


class UnusableLanguage(Exception):
    """A configured language has no catalogue: the process must not start and show half a translation."""


@dataclass(frozen=True)
class Locale:
    """A language that pages can be read in."""

    code: str
    direction: str
    """"ltr" or "rtl"."""
    native_name: str


@cache
def locale(code: str) -> Locale:
    """Return the locale of a language code."""
    known = babel.Locale.parse(code)
    name = known.get_display_name(code) or code
    return Locale(code, known.text_direction, name[:1].upper() + name[1:])


def language_name(code: str) -> str:
    """Return a language's name for itself."""
    return locale(code).native_name


def available_languages() -> tuple[str, ...]:
    """Return the codes of all languages with a catalogue, English first."""
    folders = {path.parent.parent.name for path in paths.TRANSLATIONS.glob("*/LC_MESSAGES/messages.*o")}
    return (SOURCE_LANGUAGE, *sorted({*folders, *_FURTHER} - {SOURCE_LANGUAGE}))


_FURTHER: dict[str, Path] = {}
"""Folders of catalogues outside translations/, by language code."""


@contextmanager
def further_catalogue(code: str, folder: Path) -> Iterator[None]:
    """Offer one more language for the length of a block, from a folder that holds its catalogue.

    For a language that is being made, and for the pseudo-language in which the tests read every page.
    """
    _FURTHER[code] = folder
    try:
        yield
    finally:
        del _FURTHER[code]
        _translations.cache_clear()


def check_languages(codes: tuple[str, ...]) -> None:
    """Raise UnusableLanguage unless every configured language has a catalogue."""
    missing = [code for code in codes if code not in available_languages()]
    if missing:
        raise UnusableLanguage(f"no catalogue in {paths.TRANSLATIONS} for: {', '.join(missing)}")


@cache
def _translations(code: str) -> stdlib_gettext.NullTranslations:
    folder = _FURTHER.get(code, paths.TRANSLATIONS / code / "LC_MESSAGES")
    source, compiled = folder / f"{_DOMAIN}.po", folder / f"{_DOMAIN}.mo"
    if source.exists():
        return _read_source(source)
    if compiled.exists():
        with compiled.open("rb") as file:
            return stdlib_gettext.GNUTranslations(file)
    return stdlib_gettext.NullTranslations()


def _read_source(path: Path) -> stdlib_gettext.GNUTranslations:
    with path.open("rb") as file:
        catalogue = read_po(file)
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    buffer.seek(0)
    return stdlib_gettext.GNUTranslations(buffer)


_current: ContextVar[str] = ContextVar("language", default=SOURCE_LANGUAGE)


def current_language() -> str:
    """Return the code of the language in which text is made now."""
    return _current.get()


@contextmanager
def in_language(code: str) -> Iterator[None]:
    """Make text in a language for the length of a block."""
    token = _current.set(code)
    try:
        yield
    finally:
        _current.reset(token)


def use_language(code: str) -> Token[str]:
    """Make text in a language from now on; the token takes it back."""
    return _current.set(code)


def restore_language(token: Token[str]) -> None:
    """Take back what `use_language` did."""
    _current.reset(token)


def gettext(message: str, /, **values: object) -> str:
    """Translate a message; values fill its named placeholders."""
    text = _translations(_current.get()).gettext(message)
    return text % values if values else text


def ngettext(singular: str, plural: str, number: int, /, **values: object) -> str:
    """Translate a message with a number, which fills the placeholder `num`."""
    text = _translations(_current.get()).ngettext(singular, plural, number)
    return text % {"num": number, **values}


def pgettext(context: str, message: str, /, **values: object) -> str:
    """Translate a message that needs a context to be understood."""
    text = _translations(_current.get()).pgettext(context, message)
    return text % values if values else text


def npgettext(context: str, singular: str, plural: str, number: int, /, **values: object) -> str:
    """Translate a message with a context and a number."""
    text = _translations(_current.get()).npgettext(context, singular, plural, number)
    return text % {"num": number, **values}


def plural_message(singular: str, plural: str, number: int) -> str:
    """Return the translated form for a number with its placeholders still in it: templates fill them themselves."""
    return _translations(_current.get()).ngettext(singular, plural, number)


def plural_message_in(context: str, singular: str, plural: str, number: int) -> str:
    """Return the same for a message that needs a context."""
    return _translations(_current.get()).npgettext(context, singular, plural, number)


class LazyText:
    """A message that is translated when it is shown: for labels made when a module is read."""

    def __init__(self, message: str) -> None:
        """Keep the message id."""
        self._message = message

    def __str__(self) -> str:
        """Translate into the language of now."""
        return gettext(self._message)

    def __mod__(self, values: object) -> str:
        """Fill the placeholders, as WTForms' validators do."""
        return str(self) % values

    def __html__(self) -> str:
        """Escape like any text."""
        return str(self).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;")


def lazy_gettext(message: str) -> str:
    """Return a text that is translated when it is shown.

    Declared as str because that is how forms and templates use it; it is a LazyText.
    """
    return LazyText(message)  # type: ignore[return-value] # a text in all that its readers do with it


_FORMATS = {"en": "en_GB"}
"""Where a language is written in several ways, the way of the OSCE's documents."""


def _babel_locale() -> babel.Locale:
    return babel.Locale.parse(_FORMATS.get(_current.get(), _current.get()))


def format_number(number: float) -> str:
    """Write a number as the language groups its digits."""
    return numbers.format_decimal(number, locale=_babel_locale())


def format_percent(share: float) -> str:
    """Write a share of 1 as whole per cent."""
    return numbers.format_percent(
        share, format="#,##0\u00a0%" if _current.get() == "bg" else None, locale=_babel_locale()
    )


def format_date(day: date, style: str = "long") -> str:
    """Write a day."""
    return dates.format_date(day, format=style, locale=_babel_locale())


def format_datetime(moment: datetime, zone: str = "UTC") -> str:
    """Write a moment in the coalition's time zone, to the minute."""
    return dates.format_datetime(
        moment, format="d MMM y, HH:mm", tzinfo=dates.get_timezone(zone), locale=_babel_locale()
    )


def format_time(moment: datetime, zone: str = "UTC") -> str:
    """Write the time of day in the coalition's time zone, to the minute."""
    return dates.format_time(moment, format="HH:mm", tzinfo=dates.get_timezone(zone), locale=_babel_locale())


def format_list(parts: Sequence[str]) -> str:
    """Join some phrases to one, as the language does: with "and" before the last."""
    return lists.format_list(parts, locale=_babel_locale())


def month_name(month: int, *, short: bool = False) -> str:
    """Return the stand-alone name of a month, 1 for January."""
    width: Literal["abbreviated", "wide"] = "abbreviated" if short else "wide"
    return str(dates.get_month_names(width, context="stand-alone", locale=_babel_locale())[month])


def format_partial_date(text: str) -> str:
    """Write YYYY, YYYY-MM or YYYY-MM-DD as precisely as it is known."""
    year, *rest = (int(part) for part in text.split("-"))
    if not rest:
        return str(year)
    month, *days = rest
    if days:
        return format_date(date(year, month, days[0]))
    return str(dates.format_skeleton("yMMMM", date(year, month, 1), locale=_babel_locale()))


def format_day_and_month(day: int, month: int) -> str:
    """Write a day that comes back every year."""
    leap = 2024  # 29 February is a day of it
    return str(dates.format_skeleton("MMMMd", date(leap, month, day), locale=_babel_locale()))


def by_country_name(rows: Iterable[tuple[str, T]]) -> list[tuple[str, T]]:
    """Put rows that begin with a country's code into the order of the names that the reader sees."""
    return sorted(rows, key=lambda row: territory_name(row[0]).casefold())


def name_of(name: Name | str) -> str:
    """Return a name in the language of now."""
    return name if isinstance(name, str) else name.in_language(_current.get())


def territory_name(code: str) -> str:
    """Return a country's name, the code itself where the language has none."""
    return str(_babel_locale().territories.get(code, code))


_ = gettext
L_ = lazy_gettext
