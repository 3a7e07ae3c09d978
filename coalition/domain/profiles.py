"""Profiles: what a receiving body takes, as data; one file per body and rule, in `data/profiles/`.

A profile says which columns a submission has, in which order and under which headings; which consent an incident needs;
how precisely date and place are told; how several motivations or sources are written in one cell; what goes to the
statistical part; by when and where it is sent. What ODIHR's present template looks like is not published: its columns
are a safe superset of the nine points of its sample format, and whoever knows better changes a copy.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from coalition.domain.codebook import codebook
from coalition.domain.consents import WAY_FOR, WayOut
from coalition.domain.disclosure import Audience, audience_for
from coalition.domain.errors import NotFound
from coalition.domain.profile_checks import DatePrecision, checked, kept_of
from coalition.domain.vocabulary import IncidentType, Purpose

ODIHR = "odihr"
"""The body that every coalition submits to."""
USUAL_WIDTH = 24
"""Of a column of the spreadsheet, in characters, where the profile says none."""


@dataclass(frozen=True)
class Column:
    """One column of the sheet of incidents, or of the file in the form of ODIHR's export."""

    field: str
    """What it shows; `coalition.documents.submission_cells` has one writer per field."""
    header: str
    """In the profile's language."""
    headers: Mapping[str, str]
    """The heading by language code, for a copy of the profile in another language."""
    width: int = 0
    """In characters; 0 where a file has no widths."""


@dataclass(frozen=True)
class Texts:
    """What is written to the receiving body; {year}, {coalition} and what each text names are filled in."""

    subject: str
    correction_subject: str
    correction_remove: str
    """When a descriptive record has to go: {year}, {coalition}, {built}, {number}, {line}, {fingerprint}, {contact}."""
    correction_subtract: str
    """When an incident has to leave the numbers."""
    letter: str = ""
    """How the cover letter begins: what LETTER_NAMES names is filled in. Empty: with what is in the submission."""
    message: str = ""
    """What the e-mail says that takes the submission there: the same is filled in."""


@dataclass(frozen=True)
class Profile:
    """What one receiving body takes."""

    code: str
    """The name of its file; of a copy, the name that the coalition gave it."""
    body: str
    """Whom it is for: several rules of one body follow one another by data year."""
    name: str
    version: str
    language: str
    purpose: Purpose
    """The consent that every incident needs to be in the submission, beside the one to share it with the coalition."""
    columns: tuple[Column, ...]
    """Of the sheet `Incidents`."""
    export: tuple[Column, ...]
    """Of `incidents.csv`."""
    recipient: str
    texts: Texts
    from_year: int | None = None
    """First data year that it is meant for; None means every earlier one."""
    until_year: int | None = None
    statistics_only: frozenset[IncidentType] = frozenset()
    """Types of incident that are never described, only counted."""
    date: DatePrecision = DatePrecision.MONTH
    motivations_joiner: str = ", "
    sources_joiner: str = ", "
    deadline_month: int = 4
    deadline_day: int = 30
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By list of the code book and code: wordings of the receiving body that differ from the code book's."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field that one of its columns shows, each once, without the number of the line."""
        named = dict.fromkeys(column.field for column in (*self.export, *self.columns))
        return tuple(name for name in named if name != "number")

    @property
    def way(self) -> WayOut:
        """Return the way out that its incidents take: what they need consent for."""
        return WAY_FOR[self.purpose]

    @property
    def audience(self) -> Audience:
        """Return as whom the receiving body sees an incident: `audience_for` its consent."""
        return audience_for(self.purpose)

    def holds_for(self, year: int) -> bool:
        """Tell whether it is meant for a data year."""
        return (self.from_year or year) <= year <= (self.until_year or year)

    def label_of(self, list_name: str, code: str) -> str | None:
        """Return the receiving body's own wording of a code; None where it is the code book's."""
        return self.labels.get(list_name, {}).get(code)


def label_in(taken: Profile, list_name: str, code: str) -> str:
    """Return how the receiving body calls a code, in English where it has no wording of its own."""
    return taken.label_of(list_name, code) or codebook()[list_name][code].label


def read_profile(code: str, text: str, languages: Collection[str] | None = None) -> Profile:
    """Read a profile from the text of its file.

    `languages` are those that a profile can be written in; None takes any. Raises BrokenProfile with every mistake.
    """
    return _profile(code, checked(text, languages))


def read_kept(code: str, text: str) -> Profile:
    """Read the text that something was built with: columns and wordings that are not known any more are left out.

    Nothing new may be built with it. Raises BrokenProfile where more than that is wrong.
    """
    return _profile(code, kept_of(text))


def _profile(code: str, data: dict[str, Any]) -> Profile:
    language = data["language"]
    columns = tuple(_column(item, language, USUAL_WIDTH) for item in data.pop("columns"))
    export = tuple(_column(item, language) for item in data.pop("export"))
    texts = Texts(**data.pop("texts"))
    return Profile(
        code=code,
        version=data.pop("version", code),
        columns=columns,
        export=export,
        texts=texts,
        purpose=Purpose(data.pop("purpose")),
        statistics_only=frozenset(IncidentType(one) for one in data.pop("statistics_only", ())),
        date=DatePrecision(data.pop("date", "month")),
        **data,
    )


def _column(item: Mapping[str, Any], language: str, width: int = 0) -> Column:
    headers = item["header"] if isinstance(item["header"], dict) else {language: item["header"]}
    return Column(item["field"], headers[language], headers, item.get("width", width))


@cache
def _shipped_texts() -> Mapping[str, str]:
    folder = resources.files("coalition.domain").joinpath("data", "profiles")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    return {file.name.removesuffix(".toml"): file.read_text(encoding="utf-8") for file in files}


@cache
def shipped() -> Mapping[str, Profile]:
    """Return the profiles of the package's own data, by code."""
    return {code: read_profile(code, text) for code, text in _shipped_texts().items()}


def shipped_text(code: str) -> str:
    """Return the file of a profile of the package's own data.

    Raises NotFound.
    """
    if code not in _shipped_texts():
        raise NotFound("profile", code)
    return _shipped_texts()[code]


def profile(code: str) -> Profile:
    """Return a profile of the package's own data.

    Raises NotFound.
    """
    if code not in shipped():
        raise NotFound("profile", code)
    return shipped()[code]


def profile_for(year: int, body: str = ODIHR) -> Profile:
    """Return the profile of a body that is meant for a data year; the latest one where several are.

    Raises NotFound for a body without any.
    """
    own = [taken for taken in shipped().values() if taken.body == body]
    fitting = [taken for taken in own if taken.holds_for(year)]
    if not own:
        raise NotFound("profile", body)
    return max(fitting or own, key=lambda taken: (taken.from_year or 0, taken.code))
