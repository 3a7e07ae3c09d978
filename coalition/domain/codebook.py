"""The code book: versioned lists of stable codes, read from the package's own data.

Labels are English here and serve as message ids: `coalition.i18n.labels` turns (list, code) into the reader's
language. The rules that need to name a code use the enumerations of `coalition.domain.vocabulary`.
"""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from importlib import resources
from typing import Any

from coalition.domain.errors import UnknownCode


@dataclass(frozen=True)
class Entry:
    """One choice of a list."""

    code: str
    """What databases and files hold; never changes its meaning."""
    label: str
    """English wording; for ODIHR's lists the exact wording of its export."""
    hint: str | None = None
    """What belongs here, in one line: shown under the choice and on the paper form."""
    example: str = ""
    """An invented case that belongs here."""
    not_here: str = ""
    """What is easily put here and belongs elsewhere."""
    aliases: tuple[str, ...] = ()
    """Older or other names under which imported files know it."""
    rolls_up_to: str | None = None
    """For offences: a type of incident, "person_decides" or "out_of_scope"."""
    below: int | None = None
    """For age bands: the first age, in years, that no longer belongs to it."""
    export_order: int = 0
    """For bias motivations: the position inside a joined cell of ODIHR's export; it differs from the list's order."""
    since: int | None = None
    """First data year in which the entry is offered; None means always."""
    until: int | None = None
    """Last data year in which the entry is offered; None means still."""

    def offered_in(self, data_year: int) -> bool:
        """Tell whether a recorder may choose this entry for an incident of this year."""
        return (self.since or data_year) <= data_year <= (self.until or data_year)


class HelpSource(StrEnum):
    """Whose words a help text rests on, so that nobody takes the coalition's own for ODIHR's."""

    ODIHR = "odihr"
    """The list, its wording and what belongs where are ODIHR's, as it publishes them."""
    COALITION = "coalition"
    """The list is the coalition's own; ODIHR asks for none, or leaves the answers free."""
    LAW = "law"
    """The list follows from the law (GDPR Art. 6, 7 and 9)."""


@dataclass(frozen=True)
class Help:
    """What a whole question asks for."""

    source: HelpSource
    meaning: str
    """What is meant, in two or three sentences."""
    example: str = ""
    """An invented case and the answer to it."""
    not_here: str = ""
    """What is easily said here and belongs elsewhere."""


@dataclass(frozen=True)
class CodeList:
    """One list of the code book, in the order in which people see it."""

    name: str
    entries: tuple[Entry, ...]
    help: Help | None = None

    def __iter__(self) -> Iterator[Entry]:
        """Go through the entries in order."""
        return iter(self.entries)

    def __contains__(self, code: object) -> bool:
        """Tell whether the list holds this code."""
        return code in self._by_code

    def __getitem__(self, code: str) -> Entry:
        """Return the entry with this code.

        Raises UnknownCode if there is none.
        """
        try:
            return self._by_code[code]
        except KeyError:
            raise UnknownCode(self.name, code) from None

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """All codes, in order."""
        return tuple(self._by_code)

    @cached_property
    def _by_code(self) -> dict[str, Entry]:
        return {entry.code: entry for entry in self.entries}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {code: place for place, code in enumerate(self.codes)}

    def find(self, name: str) -> Entry:
        """Return the entry whose label or alias is this name, letter case and outer spaces aside.

        Raises UnknownCode if there is none.
        """
        wanted = " ".join(name.split()).casefold()
        for entry in self.entries:
            if wanted in {text.casefold() for text in (entry.label, *entry.aliases)}:
                return entry
        raise UnknownCode(self.name, name)

    def sorted(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Put codes into the list's order, each once."""
        wanted = self._places.keys() & codes
        return tuple(sorted(wanted, key=self._places.__getitem__)) if len(wanted) > 1 else tuple(wanted)


@dataclass(frozen=True)
class CodeBook:
    """All lists of one version."""

    version: str
    lists: dict[str, CodeList]

    def __getitem__(self, name: str) -> CodeList:
        """Return the list with this name."""
        return self.lists[name]


def read_data(name: str) -> dict[str, Any]:
    """Return a TOML file of the package's own data."""
    return tomllib.loads(resources.files("coalition.domain").joinpath("data", name).read_text(encoding="utf-8"))


def _help(fields: dict[str, Any] | None) -> Help | None:
    return Help(**{**fields, "source": HelpSource(fields["source"])}) if fields else None


def _entry(code: str, fields: dict[str, Any]) -> Entry:
    frozen: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
    }
    return Entry(code=code, **frozen)


@cache
def codebook() -> CodeBook:
    """Return the code book in force."""
    data = read_data("codebook.toml")
    version, helps = data.pop("version"), data.pop("help", {})
    lists = {
        name: CodeList(name, tuple(_entry(code, fields) for code, fields in entries.items()), _help(helps.get(name)))
        for name, entries in data.items()
    }
    return CodeBook(version, lists)


@cache
def countries() -> CodeList:
    """Return the OSCE participating States; code is ISO 3166-1 alpha-2, label is ODIHR's name."""
    entries = (
        Entry(code, fields["name"], aliases=tuple(fields.get("aliases", ())))
        for code, fields in read_data("countries.toml").items()
    )
    return CodeList("countries", tuple(entries))


@cache
def _region_names() -> dict[str, dict[str, str]]:
    data = read_data("regions.toml")
    del data["translated"]  # says which of the names the catalogues carry; see coalition.i18n.extraction
    return data


@cache
def regions(country: str) -> CodeList:
    """Return the ISO 3166-2 regions of a country; empty where the data have none."""
    names = _region_names().get(country, {})
    return CodeList(f"regions_{country}", tuple(Entry(code, name) for code, name in names.items()))
