"""What the columns of a member's own spreadsheet probably hold: proposals, which a person confirms or changes.

A heading is compared with how members call things (`data/headers.toml`) and with the names that the caller knows in
other languages. Forms of KoboToolbox and ODK put the names of groups before a question, and one column of 0 and 1 per
option behind a choice of several.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from coalition.domain.cells import SEPARATORS, folded, is_yes_no, orders_seen, pieces
from coalition.domain.codebook import read_data
from coalition.domain.mappings import Column, Kind, RowMapping, Target, headings_of, known_code, targets

Names = Mapping[str, Mapping[str, str]]
"""By list of codes, and by "facts" for the facts themselves: what somebody may call a code, folded."""
_ENOUGH: Final = 2
"""Words of a name that is believed in the middle of a heading."""


@dataclass(frozen=True)
class ColumnProfile:
    """What is known of a column before anybody has said what it holds."""

    header: str
    nth: int
    samples: tuple[str, ...]
    """Up to three different cells."""
    values: tuple[str, ...] | None
    """Every different cell that is not empty; None where there are too many to choose from."""
    filled: int
    """How many cells are not empty."""
    different: int
    """How many of them differ, as far as was counted."""

    @property
    def names_rows(self) -> bool:
        """Whether no two rows have the same cell."""
        return self.filled == self.different > 0


def proposed(columns: Sequence[ColumnProfile], rows: int, names: Names) -> RowMapping:
    """Return a mapping that somebody can begin with: every fact of one value is proposed once at most."""
    taken: set[str] = set()
    asked = {_path(column.header)[:-1] for column in columns}
    made = []
    for column in columns:
        target = _target_of(column, columns, names)
        name = target.name if target and (target.name not in taken or _adds_up(target)) else ""
        taken.add(name)
        made.append(_column(column, name, names, asked))
    return RowMapping(tuple(made), _key(columns, rows))


def _adds_up(target: Target) -> bool:
    return target.kind is Kind.CODES or target.name in {"indicators.code", "needs.need"}


def refined(column: Column, profile: ColumnProfile, names: Names) -> Column:
    """Return a column with whatever can be proposed for the fact that was chosen for it.

    What somebody has said of it already stays.
    """
    target = targets().get(column.target)
    if target is None:
        return Column(column.header, column.nth)
    values = profile.values or ()
    if target.kind in {Kind.DATE, Kind.DAY} and column.day_first is None:
        return replace(column, day_first=_order(profile))
    if not target.is_coded:
        return column
    if column.flag is None and not column.values and target.takes_several:
        if is_yes_no(values) and _adds_up(target):
            column = replace(column, flag=_path(column.header)[-1])
        elif not column.separator:
            column = replace(column, separator=_separator(target, values, names))
    found = {word: proposed_code(target, text, names) for word, text in words_of(column, profile).items()}
    return replace(column, values={word: code for word, code in found.items() if code} | dict(column.values))


def words_of(column: Column, profile: ColumnProfile) -> dict[str, str]:
    """Return the different words of a coded column as they are written, by the folded word."""
    if column.flag is not None:
        return {folded(column.flag): column.flag}
    found: dict[str, str] = {}
    for cell in profile.values or ():
        for piece in pieces(cell, column.separator):
            found.setdefault(folded(piece), piece)
    return found


def proposed_code(target: Target, text: str, names: Names) -> str:
    """Return the code that a word probably means; empty for a word that a person has to place."""
    word = folded(text)
    bare = folded(text.replace("_", " ").replace("-", " "))
    known = names.get(target.list_name, {})
    code = known_code(target.list_name, text)
    if code is not None:
        return code
    usual = _usual_words().get(target.list_name, {})
    return known.get(word) or known.get(bare) or usual.get(word) or usual.get(bare) or ""


@cache
def _usual_words() -> dict[str, dict[str, str]]:
    lists: dict[str, dict[str, list[str]]] = read_data("headers.toml")["words"]
    return {name: {word: code for code, words in codes.items() for word in words} for name, codes in lists.items()}


def must_choose_order(column: Column, profile: ColumnProfile) -> bool:
    """Tell whether dates of a column can be read in two ways and nothing in the column shows which."""
    target = targets().get(column.target)
    if target is None or target.kind not in {Kind.DATE, Kind.DAY} or not (profile.values or profile.samples):
        return False
    day_first, month_first, either = orders_seen(profile.values or profile.samples)
    return either and day_first == month_first


def _order(profile: ColumnProfile) -> bool | None:
    day_first, month_first, _either = orders_seen(profile.values or profile.samples)
    return None if day_first == month_first else day_first


# --- which fact --------------------------------------------------------------------------------------------


def _path(header: str) -> tuple[str, ...]:
    """Return the groups of a form and the question: what Kobo and ODK put between slashes or full stops."""
    bare = header.strip()
    separator = "/" if "/" in bare and " /" not in bare else None
    return tuple(part for part in bare.split(separator) if part) if separator else (bare,)


def _plain(name: str) -> str:
    """Return a heading as words: without underscores, numbers before it, remarks in brackets and marks behind it."""
    words = re.sub(r"[_\-.:*?()\[\]]+", " ", re.sub(r"\(.*?\)", " ", name) if not name.startswith("(") else name)
    return re.sub(r"^(?:q?\d+\s+)+", "", folded(words))


@cache
def _known_headers() -> tuple[dict[str, str], frozenset[str], tuple[str, ...]]:
    data = read_data("headers.toml")
    facts = {_plain(name): fact for fact, those in data["facts"].items() for name in those}
    left_out = frozenset(folded(name) for name in data["left_out"]["names"])
    return facts, left_out, tuple(data["keys"]["names"])


def _target_of(column: ColumnProfile, columns: Sequence[ColumnProfile], names: Names) -> Target | None:
    facts, left_out, _keys = _known_headers()
    path = _path(column.header)
    if not column.filled or folded(column.header) in left_out or folded(path[-1]) in left_out:
        return None
    known = {**facts, **{_plain(name): fact for name, fact in names.get("facts", {}).items()}}
    if len(path) > 1 and is_yes_no(column.values or ()):
        return _option(path, known, columns)
    # ODK puts a hyphen where Kobo puts a stroke; a hyphen can also belong to the name.
    ways = (path[-1], " ".join(path[-2:]), path[-1].rpartition("-")[2])
    name = next((known[way] for way in map(_plain, ways) if way in known), None) or _inside(_plain(path[-1]), known)
    target = targets().get(name) if name else None
    return target if target and _fits(target, column, names) else None


def _option(path: Sequence[str], known: Mapping[str, str], columns: Sequence[ColumnProfile]) -> Target | None:
    """Return the list that an option of a choice of several belongs to, unless a column has all options together."""
    together = {folded(column.header) for column in columns if column.filled}
    if folded("/".join(path[:-1])) in together:
        return None
    name = known.get(_plain(path[-2])) or _inside(_plain(path[-2]), known)
    target = targets().get(name) if name else None
    return target if target and _adds_up(target) else None


def _inside(heading: str, known: Mapping[str, str]) -> str | None:
    """Return the fact whose name of several words stands in a heading, the longest first."""
    found = [name for name in known if len(name.split()) >= _ENOUGH and f" {name} " in f" {heading} "]
    return known[max(found, key=len)] if found else None


def _fits(target: Target, column: ColumnProfile, names: Names) -> bool:
    """Tell whether the cells do not speak against a proposal: a list is none if no word of it is known."""
    if not target.is_coded:
        return True
    if column.values is None:
        return False
    if not target.takes_several:
        return len(column.values) <= len(names.get(target.list_name, ())) or any(
            proposed_code(target, value, names) for value in column.values
        )
    return True


def _column(column: ColumnProfile, name: str, names: Names, asked: Collection[tuple[str, ...]]) -> Column:
    made = Column(column.header, column.nth, name)
    if name and targets()[name].kind is Kind.CODES and _path(column.header) in asked:
        # The options stand in columns of their own too: this one has their codes, with a space between them.
        made = replace(made, separator="space")
    return refined(made, column, names)


def _separator(target: Target, values: Collection[str], names: Names) -> str:
    """Return the separator that splits cells into most words that are known; none where whole cells are known best."""

    def known(separator: str) -> float:
        words = {piece for value in values for piece in pieces(value, separator)}
        return sum(bool(proposed_code(target, word, names)) for word in words) / len(words) if words else 0.0

    best = max(("", *SEPARATORS), key=known)
    if known(best) > known(""):
        return best
    plain = (name for name in ("semicolon", "line", "bar") if any(SEPARATORS[name] in value for value in values))
    return next(plain, "")


def _key(columns: Sequence[ColumnProfile], rows: int) -> tuple[str, int] | None:
    """Return the column that names a row for good, where a form's software made one."""
    _facts, _left_out, keys = _known_headers()
    places = headings_of([column.header for column in columns])
    for wanted in keys:
        for place, column in zip(places, columns, strict=True):
            if place[0] == wanted and column.names_rows and column.filled == rows:
                return place
    return None
