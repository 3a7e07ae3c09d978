"""What can be written into the file of a profile: every mistake is found, with its line and its reason.

The files are TOML. Whoever mends one by hand has to hear everything that is wrong with it at once, so the rules below
collect; a broken file is never read in part. How a profile is used, `coalition.domain.profiles` says.
"""

import re
import string
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from coalition.domain.codebook import codebook
from coalition.domain.consents import WAY_FOR
from coalition.domain.disclosure import FIELD_CLASSES, VISIBLE, audience_for
from coalition.domain.errors import CoalitionError
from coalition.domain.vocabulary import IncidentType, Purpose

FACTS_OF: Mapping[str, tuple[str, ...]] = {
    "number": (),
    "date": ("date.month",),
    "country": ("country",),
    "location_type": ("location_type",),
    "description": ("descriptions",),
    "motivations": ("motivations",),
    "indicators": ("indicators.code",),
    "type": ("chosen_type",),
    "offences": ("offences",),
    "weapon": ("weapon",),
    "victims": ("victims.kind", "victims.number", "victims.gender", "victims.age_band", "victims.link"),
    "harm": ("victims.harm",),
    "perpetrators": ("perpetrators.number", "perpetrators.gender", "perpetrators.age_band", "perpetrators.relation"),
    "perpetrator_capacities": ("perpetrators.capacity",),
    "credited": (),
    "sources": ("sources.kind",),
    "case_status": ("case_status", "reason_not_reported"),
    "bias_recorded": ("bias_recorded",),
    "proceedings": ("proceedings.step",),
}
"""Every field that a column can show, with the facts that it shows.

"number" is the number of the line, "credited" names organisations. There is none for what does not leave (region, town,
day, grounds): a profile that asks for it is refused, and a test holds this table to `coalition.domain.disclosure`.
"""

LABELLED = (
    "bias_motivations",
    "incident_types",
    "offences",
    "bias_indicators",
    "location_types",
    "source_kinds",
    "case_statuses",
    "bias_recorded",
    "police_steps",
    "reasons_not_reported",
    "victim_kinds",
    "genders",
    "age_bands",
    "links_to_group",
    "harms",
    "weapons",
    "perpetrator_relations",
    "perpetrator_capacities",
)
"""The lists of the code book of which a profile may word the entries."""

LETTER_NAMES = frozenset({"year", "coalition", "version", "incidents", "descriptive", "statistical", "address"})
"""What can be filled into the beginning of the cover letter and into the e-mail; {address} is the coalition's own."""
_SUBJECT_NAMES = frozenset({"year", "coalition"})
_CORRECTION_NAMES = frozenset({"year", "coalition", "built", "number", "line", "fingerprint", "contact"})


@dataclass(frozen=True)
class TextRule:
    """What one of the texts may hold."""

    names: frozenset[str]
    """What can be filled in, each written in braces."""
    one_line: bool = False
    required: bool = True


TEXTS: Mapping[str, TextRule] = {
    "subject": TextRule(_SUBJECT_NAMES, one_line=True),
    "letter": TextRule(LETTER_NAMES, required=False),
    "message": TextRule(LETTER_NAMES, required=False),
    "correction_subject": TextRule(_SUBJECT_NAMES, one_line=True),
    "correction_remove": TextRule(_CORRECTION_NAMES),
    "correction_subtract": TextRule(_CORRECTION_NAMES),
}
"""Every text to the receiving body, by its key."""


class DatePrecision(StrEnum):
    """How precisely a date is told. The day never leaves."""

    MONTH = "month"
    YEAR = "year"


class Wrong(StrEnum):
    """What can be wrong in a file."""

    SYNTAX = "syntax"
    """It is no TOML."""
    TOO_LARGE = "too_large"
    UNKNOWN_KEY = "unknown_key"
    MISSING = "missing"
    WRONG_TYPE = "wrong_type"
    """A number where a text belongs, and the like."""
    EMPTY = "empty"
    TOO_LONG = "too_long"
    ONE_LINE = "one_line"
    """A line break, or a character that cannot be seen, where one line belongs."""
    UNSEEN = "unseen"
    """A control character in a text of several lines: no letter can hold it."""
    NOT_A_CODE = "not_a_code"
    """It may hold small letters, digits and hyphens."""
    UNKNOWN_VALUE = "unknown_value"
    UNKNOWN_FIELD = "unknown_field"
    NOT_PUBLIC = "not_public"
    """A field that ODIHR is told, in a profile whose consent is about what is public."""
    NOT_LET_OUT = "not_let_out"
    """A fact that no receiving body is told."""
    TWICE = "twice"
    NO_COLUMN = "no_column"
    TOO_MANY = "too_many"
    NO_HEADING = "no_heading"
    """There is none in the profile's language."""
    OUT_OF_RANGE = "out_of_range"
    NO_SUCH_DAY = "no_such_day"
    YEARS = "years"
    """The last year is before the first."""
    JOINER_INSIDE = "joiner_inside"
    """What stands between two motivations is part of the name of one."""
    PLACEHOLDER = "placeholder"
    """Something in braces that is never filled in."""
    BRACES = "braces"
    """A brace without its other one."""
    NOT_AN_ADDRESS = "not_an_address"
    DESCRIBED = "described"
    """The consent allows numbers only, and some types are described."""
    GONE = "gone"
    """There is no profile with this code any more."""


@dataclass(frozen=True)
class Problem:
    """One mistake."""

    line: int
    """From 1 on; 0 where it is about the whole file."""
    path: str
    """What it is about: keys with dots, columns by their number from 1 on ("columns.3.width")."""
    code: Wrong
    said: str = ""
    """What is written there."""
    wanted: str = ""
    """What may be written there."""

    def __str__(self) -> str:
        """Say it for logs and for the command line, which speak no language."""
        place = f"line {self.line}: " if self.line else ""
        said = f" {self.said!r}" if self.said else ""
        path = f" ({self.path})" if self.path else ""
        return f"{place}{self.code.replace('_', ' ')}{said}{path}"


class BrokenProfile(CoalitionError):
    """A profile cannot be read; `problems` are all that is wrong with it, in the order of its lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems, at least one."""
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        first = self.problems[0]
        self.line, self.path, self.code = first.line, first.path, first.code
        super().__init__(f"the profile cannot be read: {'; '.join(map(str, self.problems))}")


MOST_BYTES = 50_000
MOST_COLUMNS = 40
WIDTHS = range(3, 151)
"""In characters, of a column of the spreadsheet."""
YEARS = range(1990, 2101)
_LONGEST = {"name": 100, "body": 40, "version": 40, "recipient": 200}
_LONGEST_LINE, _LONGEST_TEXT = 200, 8000
_MANY_LINES = 200
_CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_ADDRESS = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s.,;<>\"]{2,}")
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_AT_LINE = re.compile(r"at line (\d+)")

Path = tuple[str | int, ...]


def is_code(text: str) -> bool:
    """Tell whether a text can be a profile's code: small letters, digits, single hyphens; "new" is an address."""
    return text != "new" and len(text) <= _LONGEST["body"] and bool(_CODE.fullmatch(text))


def checked(text: str, languages: Collection[str] | None = None) -> dict[str, Any]:
    """Return what the file of a profile says, once nothing is wrong with it.

    `languages` are those that a profile can be written in; None takes any. Raises BrokenProfile.
    """
    if len(text.encode()) > MOST_BYTES:
        raise BrokenProfile([Problem(0, "", Wrong.TOO_LARGE, wanted=str(MOST_BYTES // 1000))])
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BrokenProfile([_syntax(text, str(error))]) from None
    # Where something stands is asked only when something is wrong: nearly every file that is read is sound.
    if _Check(data, {}, languages).run():
        raise BrokenProfile(_Check(data, _lines_of(text), languages).run())
    return data


def kept_of(text: str) -> dict[str, Any]:
    """Return what a file says that was sound once, without the columns and wordings that are not known any more.

    For what was built with it: that has to be explained, whatever the rules ask for by now. Raises BrokenProfile where
    more than that is wrong.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return checked(text)
    _leave_out(data, {tuple(problem.path.split(".")) for problem in _Check(data, {}, None).run()})
    return checked(text) if _Check(data, {}, None).run() else data


def _leave_out(data: dict[str, Any], gone: Collection[tuple[str, ...]]) -> None:
    for name in ("columns", "export"):
        places = {int(path[1]) for path in gone if path[0] == name and len(path) > 1}
        if places:
            data[name] = [item for place, item in enumerate(data[name], start=1) if place not in places]
    for path in gone:
        if path[0] == "labels" and len(path) > 1:
            inside: dict[str, Any] = data["labels"] if path[1:2] == path[1:] else data["labels"].get(path[1], {})
            inside.pop(path[-1], None)


def _syntax(text: str, told: str) -> Problem:
    found = _AT_LINE.search(told)
    line = int(found[1]) if found else max(1, text.rstrip("\n").count("\n") + 1)
    return Problem(line, "", Wrong.SYNTAX, text.splitlines()[line - 1].strip()[:80] if text.strip() else "")


# --- on which line something stands ------------------------------------------------------------------------


def _lines_of(text: str) -> dict[Path, int]:
    """Return the line of every key of a file that TOML can read; a value of many lines stands where its key does."""
    found: dict[Path, int] = {}
    table: Path = ()
    counts: dict[Path, int] = {}
    for number, statement in _statements(text):
        keys = _keys(tomllib.loads(statement))
        if statement.lstrip().startswith("["):
            table = keys
            if statement.lstrip().startswith("[["):
                counts[keys] = counts.get(keys, -1) + 1
                table = (*keys, counts[keys])
            found.setdefault(table, number)
        else:
            found.setdefault((*table, *keys), number)
    return found


def _statements(text: str) -> Iterable[tuple[int, str]]:
    """Yield each statement with the number of its first line: the fewest lines that TOML can read by themselves."""
    held: list[str] = []
    start = 0
    # As TOML has it, and not as `splitlines`: other characters that break lines may stand inside of a text.
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if not held and (not line.strip() or line.lstrip().startswith("#")):
            continue
        start = start if held else number
        held.append(line)
        if len(held) <= _MANY_LINES and _stands_alone("\n".join(held)):
            yield start, "\n".join(held)
            held = []


def _stands_alone(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _keys(statement: Any) -> Path:  # noqa: ANN401 - whatever TOML holds
    keys: list[str] = []
    inner = statement
    while isinstance(inner, dict) and len(inner) == 1:
        ((key, inner),) = inner.items()
        keys.append(key)
        inner = inner[0] if isinstance(inner, list) and inner and isinstance(inner[0], dict) else inner
    return tuple(keys)


# --- the rules ---------------------------------------------------------------------------------------------


@dataclass
class _Check:
    """Goes through one file and collects what is wrong with it."""

    data: dict[str, Any]
    lines: Mapping[Path, int]
    languages: Collection[str] | None
    problems: list[Problem] = field(default_factory=list)

    def run(self) -> list[Problem]:
        """Apply every rule, and return what is wrong."""
        known = {**_SCALARS, **_TABLES}
        self._unknown_keys(self.data, known, ())
        for key, (kind, required, rule) in _SCALARS.items():
            self._scalar(key, kind, rule, required=required)
        for name, rule_of_table in _TABLES.items():
            rule_of_table(self, self.data.get(name))
        self._together()
        return self.problems

    def add(self, path: Path, code: Wrong, said: object = "", wanted: object = "") -> None:
        """Keep one mistake, with the nearest line that is known of its place."""
        known = next((self.lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.lines), 0)
        shown = ".".join(str(part + 1) if isinstance(part, int) else part for part in path)
        self.problems.append(Problem(known, shown, code, str(said)[:80], str(wanted)))

    def _unknown_keys(self, found: Mapping[str, Any], known: Collection[str], path: Path) -> None:
        for key in found:
            if key not in known:
                self.add((*path, key), Wrong.UNKNOWN_KEY, key, ", ".join(sorted(known)))

    def _scalar(self, key: str, kind: type, rule: "Rule", *, required: bool) -> None:
        if key not in self.data:
            if required:
                self.add((key,), Wrong.MISSING, key)
        elif self.is_a(kind, self.data[key], (key,)):
            rule(self, self.data[key], (key,))

    def is_a(self, kind: type, value: object, path: Path) -> bool:
        """Tell whether a value is of a kind; where it is not, that is a mistake."""
        fits = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
        if not fits:
            self.add(path, Wrong.WRONG_TYPE, value, kind.__name__)
        return fits

    def line_of_text(self, value: str, path: Path, longest: int = _LONGEST_LINE) -> bool:
        """Tell whether a text is one line that is not empty."""
        before = len(self.problems)
        if not value.strip():
            self.add(path, Wrong.EMPTY)
        if len(value) > longest:
            self.add(path, Wrong.TOO_LONG, wanted=longest)
        if not value.isprintable():
            self.add(path, Wrong.ONE_LINE)
        return len(self.problems) == before

    def one_of(self, value: str, path: Path, allowed: Iterable[str]) -> None:
        """Take a value that is one of some."""
        codes = [str(code) for code in allowed]
        if value not in codes:
            self.add(path, Wrong.UNKNOWN_VALUE, value, ", ".join(codes))

    def between(self, value: int, path: Path, allowed: range) -> None:
        """Take a number inside of a range."""
        if value not in allowed:
            self.add(path, Wrong.OUT_OF_RANGE, value, f"{allowed.start}\N{EN DASH}{allowed.stop - 1}")

    def has(self, key: str, kind: type) -> bool:
        """Tell whether the file has a value of this kind for a key."""
        return isinstance(self.data.get(key), kind)

    def _together(self) -> None:
        """Apply the rules that are about two values at once."""
        self._deadline()
        first, last = self.data.get("from_year"), self.data.get("until_year")
        if isinstance(first, int) and isinstance(last, int) and last < first:
            self.add(("until_year",), Wrong.YEARS, last, first)
        only = self.data.get("statistics_only", [])
        described = [kind.value for kind in IncidentType if not isinstance(only, list) or kind not in only]
        if self.data.get("purpose") == Purpose.STATISTICS and described:
            self.add(("purpose",), Wrong.DESCRIBED, ", ".join(described))
        self._joiner()

    def _deadline(self) -> None:
        month, day = self.data.get("deadline_month", 4), self.data.get("deadline_day", 30)
        # 29 February is no deadline: it is missing in most years.
        if isinstance(month, int) and isinstance(day, int) and month in range(1, 13) and day in range(1, 32):
            try:
                date(2001, month, day)
            except ValueError:
                self.add(("deadline_day",), Wrong.NO_SUCH_DAY, f"{day}.{month}.")

    def _joiner(self) -> None:
        joiner = self.data.get("motivations_joiner", ", ")
        given = self.data.get("labels")
        own = given.get("bias_motivations", {}) if isinstance(given, dict) else {}
        own = own if isinstance(own, dict) else {}
        names = [str(own.get(entry.code, entry.label)) for entry in codebook()["bias_motivations"]]
        if isinstance(joiner, str) and joiner.strip() and any(joiner in name for name in names):
            self.add(("motivations_joiner",), Wrong.JOINER_INSIDE, joiner)

    # --- tables ---

    def columns(self, name: str, found: object, *, widths: bool) -> None:
        """Check a list of columns."""
        if not found:
            self.add((name,), Wrong.NO_COLUMN, name)
        elif self.is_a(list, found, (name,)) and isinstance(found, list):
            if len(found) > MOST_COLUMNS:
                self.add((name,), Wrong.TOO_MANY, len(found), MOST_COLUMNS)
            seen: set[object] = set()
            for place, item in enumerate(found):
                if self.is_a(dict, item, (name, place)):
                    self._column(item, (name, place), seen, widths=widths)

    def _column(self, item: Mapping[str, Any], path: Path, seen: set[object], *, widths: bool) -> None:
        self._unknown_keys(item, ("field", "header", "width") if widths else ("field", "header"), path)
        for key in ("field", "header"):
            if key not in item:
                self.add((*path, key), Wrong.MISSING, key)
        if "field" in item and self.is_a(str, item["field"], (*path, "field")):
            self._field(item["field"], (*path, "field"), seen)
        if "header" in item:
            self._heading(item["header"], (*path, "header"))
        if widths and "width" in item and self.is_a(int, item["width"], (*path, "width")):
            self.between(item["width"], (*path, "width"), WIDTHS)

    def _field(self, name: str, path: Path, seen: set[object]) -> None:
        if name in seen:
            self.add(path, Wrong.TWICE, name)
        seen.add(name)
        if name not in FACTS_OF:
            code = Wrong.NOT_LET_OUT if _is_a_fact(name) else Wrong.UNKNOWN_FIELD
            self.add(path, code, name, ", ".join(FACTS_OF))
        elif self.data.get("purpose") == Purpose.PUBLISH and not let_out(name, Purpose.PUBLISH):
            told = (field for field in FACTS_OF if let_out(field, Purpose.PUBLISH))
            self.add(path, Wrong.NOT_PUBLIC, name, ", ".join(told))

    def _heading(self, given: object, path: Path) -> None:
        if isinstance(given, dict):
            language = self.data.get("language")
            if isinstance(language, str) and language not in given:
                self.add(path, Wrong.NO_HEADING, language)
            for code, text in given.items():
                if self.is_a(str, text, (*path, code)):
                    self.line_of_text(text, (*path, code))
                if not _LANGUAGE.fullmatch(code):
                    self.add((*path, code), Wrong.UNKNOWN_KEY, code, "en, bg")
        elif self.is_a(str, given, path) and isinstance(given, str):
            self.line_of_text(given, path)

    def texts(self, found: object) -> None:
        """Check what is written to the receiving body."""
        if found is None:
            self.add(("texts",), Wrong.MISSING, "texts")
        elif self.is_a(dict, found, ("texts",)) and isinstance(found, dict):
            self._unknown_keys(found, TEXTS, ("texts",))
            for key, rule in TEXTS.items():
                self._text(found, key, rule)

    def _text(self, found: Mapping[str, Any], key: str, rule: TextRule) -> None:
        path = ("texts", key)
        if key not in found:
            if rule.required:
                self.add(path, Wrong.MISSING, key)
        elif self.is_a(str, found[key], path):
            text = found[key]
            if rule.one_line:
                self.line_of_text(text, path)
            elif rule.required and not text.strip():
                self.add(path, Wrong.EMPTY)
            if len(text) > _LONGEST_TEXT:
                self.add(path, Wrong.TOO_LONG, wanted=_LONGEST_TEXT)
            if not rule.one_line and _UNSEEN.search(text):
                self.add(path, Wrong.UNSEEN)
            self._placeholders(text, path, rule.names)

    def _placeholders(self, text: str, path: Path, names: frozenset[str]) -> None:
        """Let nothing be filled in but what is named: no format, and nothing that could be reached through a name."""
        try:
            parts = [part for part in string.Formatter().parse(text) if part[1] is not None]
        except ValueError:
            self.add(path, Wrong.BRACES)
            return
        for _before, name, spec, conversion in parts:
            if name not in names or spec or conversion:
                shown = "{" + str(name) + "}"
                self.add(path, Wrong.PLACEHOLDER, shown, ", ".join("{" + one + "}" for one in sorted(names)))

    def labels(self, found: object) -> None:
        """Check the wordings of the receiving body."""
        if found is None or not self.is_a(dict, found, ("labels",)) or not isinstance(found, dict):
            return
        for name, words in found.items():
            path = ("labels", name)
            if name not in LABELLED:
                self.add(path, Wrong.UNKNOWN_KEY, name, ", ".join(LABELLED))
            elif self.is_a(dict, words, path):
                for code, text in words.items():
                    self._label(name, code, text)

    def _label(self, name: str, code: str, text: object) -> None:
        path = ("labels", name, code)
        if code not in codebook()[name]:
            self.add(path, Wrong.UNKNOWN_KEY, code, ", ".join(codebook()[name].codes))
        if self.is_a(str, text, path) and isinstance(text, str):
            self.line_of_text(text, path)


def _is_a_fact(name: str) -> bool:
    """Tell whether a field is a fact of an incident, or a part of one, under its own name."""
    parts = {path.partition(".")[2] for path in FIELD_CLASSES}
    return name in FIELD_CLASSES or name in parts


def let_out(name: str, purpose: Purpose = Purpose.ODIHR) -> bool:
    """Tell whether the policy lets whoever gets a submission for a purpose know all that a field shows."""
    return all(FIELD_CLASSES[fact] in VISIBLE[audience_for(purpose)] for fact in FACTS_OF[name])


Rule = Callable[[_Check, Any, Path], None]


def _name(check: _Check, value: str, path: Path) -> None:
    check.line_of_text(value, path, _LONGEST[str(path[0])])


def _body(check: _Check, value: str, path: Path) -> None:
    if not is_code(value):
        check.add(path, Wrong.NOT_A_CODE, value)


def _language(check: _Check, value: str, path: Path) -> None:
    if check.languages is not None:
        check.one_of(value, path, sorted(check.languages))
    elif not _LANGUAGE.fullmatch(value):
        check.add(path, Wrong.UNKNOWN_VALUE, value, "en, bg")


def _purpose(check: _Check, value: str, path: Path) -> None:
    check.one_of(value, path, WAY_FOR)


def _precision(check: _Check, value: str, path: Path) -> None:
    check.one_of(value, path, DatePrecision)


def _joiner(check: _Check, value: str, path: Path) -> None:
    if not value.strip():
        check.add(path, Wrong.EMPTY)
    elif not value.isprintable():
        check.add(path, Wrong.ONE_LINE)
    elif len(value) > len(" and so on "):
        check.add(path, Wrong.TOO_LONG, wanted=len(" and so on "))


def _recipient(check: _Check, value: str, path: Path) -> None:
    if value and (len(value) > _LONGEST["recipient"] or not _ADDRESS.fullmatch(value)):
        check.add(path, Wrong.NOT_AN_ADDRESS, value)


def _types(check: _Check, value: list[object], path: Path) -> None:
    for one in value:
        if check.is_a(str, one, path):
            check.one_of(str(one), path, IncidentType)
    if len({str(one) for one in value}) < len(value):
        check.add(path, Wrong.TWICE, ", ".join(map(str, value)))


def _month(check: _Check, value: int, path: Path) -> None:
    check.between(value, path, range(1, 13))


def _day(check: _Check, value: int, path: Path) -> None:
    check.between(value, path, range(1, 32))


def _year(check: _Check, value: int, path: Path) -> None:
    check.between(value, path, YEARS)


_SCALARS: Mapping[str, tuple[type, bool, Rule]] = {
    "body": (str, True, _body),
    "name": (str, True, _name),
    "version": (str, False, _name),
    "language": (str, True, _language),
    "purpose": (str, True, _purpose),
    "recipient": (str, True, _recipient),
    "date": (str, False, _precision),
    "from_year": (int, False, _year),
    "until_year": (int, False, _year),
    "statistics_only": (list, False, _types),
    "motivations_joiner": (str, False, _joiner),
    "sources_joiner": (str, False, _joiner),
    "deadline_month": (int, False, _month),
    "deadline_day": (int, False, _day),
}
"""The keys at the top of a file: of which kind, whether they have to be there, by which rule."""

_TABLES: Mapping[str, Callable[[_Check, object], None]] = {
    "columns": lambda check, found: check.columns("columns", found, widths=True),
    "export": lambda check, found: check.columns("export", found, widths=False),
    "texts": _Check.texts,
    "labels": _Check.labels,
}
