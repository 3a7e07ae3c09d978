"""Numbers that an address says after its path: what cannot be one counts as not said."""

from flask import request

LAST_YEAR = 9999
"""The last year that a date can have."""
_LAST_PAGE = 999_999


def year_asked() -> int | None:
    """Return the year that is asked for, None for all."""
    return _number("year", LAST_YEAR)


def page_asked() -> int:
    """Return the page that is asked for, else the first."""
    return _number("page", _LAST_PAGE) or 1


def _number(name: str, most: int) -> int | None:
    number = request.args.get(name, type=int)
    return number if number is not None and 1 <= number <= most else None
