"""How people write things into cells of a spreadsheet: dates, numbers, times, yes and no, several values in one.

Whatever cannot be read raises BadCell with a code; nothing is guessed where two readings are possible.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from functools import cache
from typing import Final

from coalition.domain.codebook import codebook, read_data
from coalition.domain.errors import CoalitionError
from coalition.domain.incidents import EARLIEST_YEAR, PartialDate

MOST_PEOPLE: Final = 999_999
_LATEST_YEAR: Final = 2100
_CENTURY: Final = 90
"""A year of two digits from here on is of the last century, as people write them."""
_SPREADSHEET_EPOCH: Final = date(1899, 12, 30)
"""Day 0 of Excel's and LibreOffice's day numbers, their wrong leap year of 1900 allowed for."""
_HOURS, _MINUTES, _MONTHS = 24, 60, 12

_TIME_AFTER: Final = re.compile(
    r"(?<=[\d.г])[\sT,]+\d{1,2}[:.h]\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:Z|[+-]\d\d:?\d\d|ч\.?)?$"
)
_YEAR_WORD: Final = re.compile(r"\s*(?:г\.|г|год\.?|година)$")
_CLOCK: Final = re.compile(r"(?:^|[\sT])(\d{1,2})[:.h](\d{2})(?::\d{2}(?:\.\d+)?)?\s*(?:ч\.?|Z|[+-]\d\d:?\d\d)?$")
_NUMERIC: Final = re.compile(r"(\d{1,4})([./-])(\d{1,2})(?:\2(\d{1,4}))?")
_DAY_MONTH_YEAR: Final = re.compile(r"(\d{1,2})(?:st|nd|rd|th|-[ивр]+)?[\s./-]+([^\W\d_]+)\.?[\s,./-]+(\d{2,4})")
_MONTH_DAY_YEAR: Final = re.compile(r"([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_MONTH_YEAR: Final = re.compile(r"([^\W\d_]+)\.?[\s,./-]+(\d{4})")
_AMBIGUOUS: Final = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{2}|\d{4})")


class BadCell(CoalitionError):
    """A cell that cannot be read as what it should be; `code` says why."""

    def __init__(self, code: str) -> None:
        """Keep the code."""
        super().__init__(code)
        self.code = code


def folded(text: str) -> str:
    """Return a text as names are compared: one space between words, no letter case, one form of each character."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


# --- dates -------------------------------------------------------------------------------------------------


@cache
def _months() -> dict[str, int]:
    names: dict[str, list[str]] = read_data("headers.toml")["months"]
    return {name: int(number) for number, those in names.items() for name in those}


def read_date(text: str, *, day_first: bool | None = None) -> PartialDate | None:
    """Return a date as precisely as a cell gives it; None for an empty one.

    `day_first` says how `5/3/2024` is meant; None leaves it open. With full stops the day always comes first. Raises
    BadCell: "not_a_date", "which_order" where both orders are possible and none is chosen, "too_early".
    """
    bare = _YEAR_WORD.sub("", _TIME_AFTER.sub("", _YEAR_WORD.sub("", " ".join(text.split())))).strip(" ,")
    if not bare:
        return None
    try:
        found = _named(bare.casefold()) or _numeric(bare, day_first) or _counted(bare)
    except ValueError:
        raise BadCell("not_a_date") from None
    if found is None:
        raise BadCell("not_a_date")
    if found.year < EARLIEST_YEAR:
        raise BadCell("too_early")
    return found


def read_day(text: str, *, day_first: bool | None = None) -> date | None:
    """Return a whole day; None for an empty cell.

    Raises what `read_date` raises, and "not_a_day" where the day is missing.
    """
    found = read_date(text, day_first=day_first)
    if found is None:
        return None
    if found.precision != "day":
        raise BadCell("not_a_day")
    return found.earliest()


def orders_seen(cells: Iterable[str]) -> tuple[bool, bool, bool]:
    """Tell what some dates show of their order: (some must be day first, some month first, some could be either)."""
    day_first = month_first = either = False
    for cell in cells:
        found = _AMBIGUOUS.match(" ".join(cell.split()))
        if found:
            first, second = int(found[1]), int(found[3])
            day_first |= first > _MONTHS
            month_first |= second > _MONTHS
            either |= first <= _MONTHS and second <= _MONTHS and first != second
    return day_first, month_first, either


def _year(digits: str) -> int:
    if len(digits) == len("24"):
        return (1900 if int(digits) >= _CENTURY else 2000) + int(digits)
    if len(digits) != len("2024"):
        raise ValueError(digits)
    return int(digits)


def _named(text: str) -> PartialDate | None:
    months = _months()
    if found := _DAY_MONTH_YEAR.fullmatch(text):
        return PartialDate(_year(found[3]), months[found[2]], int(found[1])) if found[2] in months else None
    if found := _MONTH_DAY_YEAR.fullmatch(text):
        return PartialDate(_year(found[3]), months[found[1]], int(found[2])) if found[1] in months else None
    if found := _MONTH_YEAR.fullmatch(text):
        return PartialDate(_year(found[2]), months[found[1]]) if found[1] in months else None
    return None


def _numeric(text: str, day_first: bool | None) -> PartialDate | None:  # noqa: FBT001 - three answers, not a switch
    found = _NUMERIC.fullmatch(text)
    if not found:
        return None
    first, mark, second, third = found.groups()
    if len(first) == len("2024"):
        return PartialDate(int(first), int(second), int(third) if third else None)
    if third is None:
        raise ValueError(text)
    return _three(int(first), mark, int(second), _year(third), day_first=day_first)


def _three(first: int, mark: str, second: int, year: int, *, day_first: bool | None) -> PartialDate:
    if mark == "." or first > _MONTHS or first == second:
        return PartialDate(year, second, first)
    if second > _MONTHS:
        return PartialDate(year, first, second)
    if day_first is None:
        raise BadCell("which_order")
    return PartialDate(year, second, first) if day_first else PartialDate(year, first, second)


def _counted(text: str) -> PartialDate | None:
    """Read a year alone, a month with its year, or a spreadsheet's number of a day."""
    if month := re.fullmatch(r"(\d{1,2})[./-](\d{4})", text, re.ASCII):
        return PartialDate(int(month[2]), int(month[1]))
    if not re.fullmatch(r"\d{4,5}(\.\d+)?", text, re.ASCII):
        return None
    number = int(text.partition(".")[0])
    if number <= _LATEST_YEAR:
        return PartialDate(number)
    day = _SPREADSHEET_EPOCH + timedelta(days=number)
    return PartialDate(day.year, day.month, day.day) if EARLIEST_YEAR <= day.year <= _LATEST_YEAR else None


# --- the rest ----------------------------------------------------------------------------------------------


def read_time(text: str) -> str:
    """Return a time of day as HH:MM where a cell holds one, also behind a date; else its words as they are."""
    bare = " ".join(text.split())
    found = _CLOCK.search(bare)
    if not found or int(found[1]) >= _HOURS or int(found[2]) >= _MINUTES:
        return bare
    return f"{int(found[1]):02}:{found[2]}"


def read_number(text: str) -> int | None:
    """Return a number of people; None for an empty cell, and for none.

    Raises BadCell "not_a_number".
    """
    bare = "".join(text.split())
    if not bare:
        return None
    if not re.fullmatch(r"\d{1,6}([.,]0+)?", bare, re.ASCII):
        raise BadCell("not_a_number")
    return int(re.split("[.,]", bare)[0]) or None


def read_url(text: str) -> str:
    """Return a link.

    Raises BadCell "not_a_link".
    """
    bare = text.strip()
    if bare and not re.fullmatch(r"https?://[^\s<>\"]+", bare):
        raise BadCell("not_a_link")
    return bare


@cache
def _answers() -> dict[str, bool]:
    words = read_data("headers.toml")["answers"]
    return {**dict.fromkeys(words["yes"], True), **dict.fromkeys(words["no"], False)}


def read_yes_no(text: str) -> bool:
    """Tell whether a cell says yes; an empty one says no.

    Raises BadCell "not_yes_or_no".
    """
    try:
        return _answers()[folded(text)]
    except KeyError:
        raise BadCell("not_yes_or_no") from None


def is_yes_no(values: Collection[str]) -> bool:
    """Tell whether the values of a column say only yes and no."""
    return bool(values) and all(folded(value) in _answers() for value in values)


def age_band_of(text: str) -> str:
    """Return the age band of an age in years, "" where the cell holds none."""
    if not re.fullmatch(r"\d{1,3}(\.0)?", text.strip(), re.ASCII):
        return ""
    age = int(text.strip().partition(".")[0])
    bands = codebook()["age_bands"]
    by_age = (entry.code for entry in bands if entry.below is not None and age < entry.below)
    return next(by_age, "older" if "older" in bands else "")


SEPARATORS: Final = {
    "semicolon": ";",
    "comma": ",",
    "line": "\n",
    "space": " ",
    "slash": "/",
    "bar": "|",
}
"""What can stand between several values in one cell, by a code."""


def pieces(text: str, separator: str) -> tuple[str, ...]:
    """Return the values of a cell, each once and without spaces around it; `separator` is a code, "" for one value."""
    mark = SEPARATORS.get(separator)
    parts = [text] if mark is None else text.split(None if mark == " " else mark)
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
