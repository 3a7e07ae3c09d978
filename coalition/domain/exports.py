"""ODIHR's published incident export, read back: one row of six columns becomes the facts of one incident.

Several motivations or sources are joined by ", "; organisation names contain commas themselves, so a source cell is
split with a list of known names, and joining the parts again always gives the same text.
"""

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from coalition.domain.codebook import codebook, countries, read_data
from coalition.domain.errors import CoalitionError, UnknownCode
from coalition.domain.incidents import EARLIEST_YEAR, Facts, PartialDate, Source, principal_type
from coalition.domain.vocabulary import Basis

COLUMNS = ("Date", "Country", "Bias motivations", "Type of incident", "Source", "Description")
JOINER = ", "


class BadRow(CoalitionError):
    """A row that cannot become an incident; `reason` is a plain English line naming the column."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class ExportRow:
    """One row, cells as text, with the line on which it begins (the heading is line 1)."""

    line: int
    cells: Mapping[str, str]


def digest(facts: Facts) -> str:
    """Return a SHA-256 of what a row says: the same for an older name of a motivation or a newer one of a type.

    Equal rows are different incidents, so an import also counts their occurrences.
    """
    parts = (
        str(facts.date),
        facts.country,
        ",".join(facts.motivations),
        facts.chosen_type,
        JOINER.join(source.name for source in facts.sources),
        facts.descriptions.get("en", ""),
    )
    text = "\x1f".join(" ".join(unicodedata.normalize("NFC", part).split()) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()


def known_names_with_commas() -> tuple[str, ...]:
    """Return the organisation names that contain the joiner, longest first."""
    names: list[str] = read_data("exports.toml")["names_with_commas"]
    return tuple(sorted(names, key=len, reverse=True))


def split_sources(cell: str, known: Sequence[str]) -> tuple[str, ...]:
    """Split a joined cell into names, keeping the known names that contain a comma whole."""
    names: list[str] = []
    rest = cell
    while rest:
        whole = next((name for name in known if rest == name or rest.startswith(name + JOINER)), None)
        name = whole if whole is not None else rest.split(JOINER, 1)[0]
        names.append(name)
        rest = rest[len(name) + len(JOINER) :]
    return tuple(names)


def facts_of(row: ExportRow, known_names: Sequence[str]) -> Facts:
    """Return the facts of a row, basis "public source".

    Raises BadRow with the first thing that is wrong.
    """
    description = row.cells["Description"]
    source_cell = row.cells["Source"].strip()
    return Facts(
        date=_date(row.cells["Date"].strip()),
        country=_country(row.cells["Country"]),
        chosen_type=_type(row.cells["Type of incident"]),
        motivations=_motivations(row.cells["Bias motivations"]),
        sources=tuple(Source("partner_organisation", name) for name in split_sources(source_cell, known_names)),
        descriptions={"en": description} if description.strip() else {},
        basis=Basis.PUBLIC_SOURCE,
    )


def _date(text: str) -> PartialDate:
    try:
        parsed = PartialDate.parse(text)
    except ValueError:
        raise BadRow(f"Date: {text!r} is not YYYY or YYYY-MM") from None
    if parsed.year < EARLIEST_YEAR:
        raise BadRow(f"Date: the year {parsed.year} is before {EARLIEST_YEAR}")
    return parsed


def _country(text: str) -> str:
    if not text.strip():
        raise BadRow("Country: empty")
    try:
        return countries().find(text).code
    except UnknownCode:
        raise BadRow(f"Country: {text!r} is not an OSCE participating State") from None


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _type(text: str) -> str:
    """Return the principal type of a cell that may name two."""
    types = []
    for part in _parts(text):
        try:
            types.append(codebook()["incident_types"].find(part).code)
        except UnknownCode:
            raise BadRow(f"Type of incident: {part!r} is unknown") from None
    principal = principal_type(types)
    if principal is None:
        raise BadRow("Type of incident: empty")
    return principal.value


def _motivations(text: str) -> tuple[str, ...]:
    motivations = codebook()["bias_motivations"]
    found = []
    for part in _parts(text):
        try:
            found.append(motivations.find(part).code)
        except UnknownCode:
            raise BadRow(f"Bias motivations: {part!r} is unknown{_who_decides(part)}") from None
    if not found:
        raise BadRow("Bias motivations: empty")
    return motivations.sorted(found)


def _who_decides(part: str) -> str:
    decided: Mapping[str, str] = read_data("exports.toml")["ambiguous_motivations"]
    return f" ({decided[part]})" if part in decided else ""
