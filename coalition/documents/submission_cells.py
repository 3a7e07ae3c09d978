"""What the cells of a submission say, field by field, in the language of its profile.

A profile names fields; here each of them says which facts it is told from and how, so that a profile with other columns
needs no code.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from coalition.documents.submission_words import called
from coalition.domain.codebook import codebook, countries
from coalition.domain.incidents import PartialDate, Perpetrators, Proceeding, Victims
from coalition.domain.profiles import Profile
from coalition.domain.submissions import Outgoing

_UNSAID = frozenset({"", "unknown"})
_ENGLISH = "en"
_REMEMBERED = 2_000
"""So many different answers to a question are worded once: most incidents share theirs with others."""


@dataclass
class Cells:
    """Writes the cells of one submission."""

    taken: Profile

    def __post_init__(self) -> None:
        """Begin without any wording: each is looked up once, however many incidents there are."""
        self._labels: dict[tuple[str, str], str] = {}
        self._told = [self._writer(FIELDS[name]) for name in self.taken.fields]
        self._counted = [self._writer(FIELDS[name]) for name in counted_by(self.taken.fields)]

    def _writer(self, field: "Field") -> tuple[Callable[[Outgoing], Any], Callable[[Any], str]]:
        say = partial(field.say, self)
        return field.of, lru_cache(_REMEMBERED)(say) if field.shared else say

    def of(self, out: Outgoing) -> list[str]:
        """Return the cells of an incident, in the order of the profile's fields."""
        return [say(of(out)) for of, say in self._told]

    def counted(self, out: Outgoing) -> list[str]:
        """Return the cells of an incident that is only counted, in the order of `counted_by`."""
        return [say(of(out)) for of, say in self._counted]

    def label(self, list_name: str, code: str) -> str:
        """Return how a code is called: in the receiving body's wording, else in the profile's language."""
        key = (list_name, code)
        if key not in self._labels:
            self._labels[key] = called(self.taken, list_name, code)
        return self._labels[key]


@dataclass(frozen=True)
class Field:
    """How one field is told."""

    of: Callable[[Outgoing], Any]
    """Which facts it is told from."""
    say: Callable[[Cells, Any], str]
    """How they are said."""
    shared: bool = True
    """Whether several incidents can say the same: the wording is remembered. A description is nobody else's."""


def _date(_cells: Cells, date: PartialDate | None) -> str:
    return date.to_month if date else ""


def _country(cells: Cells, code: str) -> str:
    """Return the name of a State: in English the one that ODIHR uses."""
    return countries()[code].label if cells.taken.language == _ENGLISH else cells.label("countries", code)


def _motivations(cells: Cells, codes: Iterable[str]) -> str:
    """Join motivations in the order of ODIHR's export, which is not the order of its list."""
    book = codebook()["bias_motivations"]
    ordered = sorted(set(codes), key=lambda code: book[code].export_order)
    # Two motivations can be one to the receiving body: it is told once.
    names = dict.fromkeys(cells.label("bias_motivations", code) for code in ordered)
    return cells.taken.motivations_joiner.join(names)


def _type(cells: Cells, code: str | None) -> str:
    return cells.label("incident_types", code or "")


def _credited(cells: Cells, names: Iterable[str]) -> str:
    return cells.taken.sources_joiner.join(names)


def _description(cells: Cells, descriptions: Mapping[str, str]) -> str:
    return descriptions.get(cells.taken.language, "")


def _location_type(cells: Cells, code: str) -> str:
    return cells.label("location_types", code)


def _lines(cells: Cells, list_name: str, codes: Iterable[str]) -> str:
    """Return what several codes are called, each once, in the order of their list."""
    known = (code for code in codebook()[list_name].sorted(codes) if code not in _UNSAID)
    return "\n".join(cells.label(list_name, code) for code in known)


def _offences(cells: Cells, codes: Iterable[str]) -> str:
    return _lines(cells, "offences", codes)


def _weapon(cells: Cells, code: str) -> str:
    return _lines(cells, "weapons", [code])


def _harm(cells: Cells, victims: Iterable[Victims]) -> str:
    return _lines(cells, "harms", [line.harm for line in victims])


def _capacities(cells: Cells, perpetrators: Iterable[Perpetrators]) -> str:
    return _lines(cells, "perpetrator_capacities", [line.capacity for line in perpetrators])


def _bias_recorded(cells: Cells, code: str) -> str:
    return _lines(cells, "bias_recorded", [code])


def _proceedings(cells: Cells, steps: Iterable[Proceeding]) -> str:
    """Return the steps in the order in which they were taken, without day, file number and note."""
    return "\n".join(cells.label("police_steps", item.step) for item in steps if item.step)


def _indicators(cells: Cells, codes: Iterable[str]) -> str:
    return "\n".join(cells.label("bias_indicators", code) for code in codes)


def _people(cells: Cells, number: int | None, said: Sequence[tuple[str, str]], otherwise: str) -> str:
    """Describe one line of victims or perpetrators by what is known of it."""
    known = ", ".join(cells.label(list_name, code) for list_name, code in said if code not in _UNSAID) or otherwise
    return f"{number} \N{MULTIPLICATION SIGN} {known}" if number else known


def _victims(cells: Cells, victims: Iterable[Victims]) -> str:
    return "\n".join(
        _people(
            cells,
            line.number,
            [
                ("victim_kinds", "" if line.kind == "person" and line.number else line.kind),
                ("genders", line.gender),
                ("age_bands", line.age_band),
                ("links_to_group", line.link),
            ],
            cells.label("victim_kinds", line.kind),
        )
        for line in victims
    )


def _perpetrators(cells: Cells, perpetrators: Iterable[Perpetrators]) -> str:
    return "\n".join(
        _people(
            cells,
            line.number,
            [
                ("perpetrator_relations", line.relation),
                ("genders", line.gender),
                ("age_bands", line.age_band),
            ],
            cells.label("perpetrator_relations", "unknown"),
        )
        for line in perpetrators
    )


def _sources(cells: Cells, told: tuple[Iterable[str], Iterable[str]]) -> str:
    """Return who stands behind the incident, and what kinds of sources it has.

    The kind only: what a recorder typed as the name of a source may be the name of a person.
    """
    names, codes = told
    kinds = codebook()["source_kinds"].sorted(code for code in codes if code != "partner_organisation")
    known = "; ".join(cells.label("source_kinds", kind) for kind in kinds)
    return f"{_credited(cells, names)}\n{known}" if known else _credited(cells, names)


def _case_status(cells: Cells, told: tuple[str, str]) -> str:
    status, reason = cells.label("case_statuses", told[0]), cells.label("reasons_not_reported", told[1])
    return f"{status}: {reason}" if status and reason else status or reason


FIELDS: Mapping[str, Field] = {
    "date": Field(lambda out: out.facts.date, _date),
    "country": Field(lambda out: out.facts.country, _country),
    "location_type": Field(lambda out: out.facts.location_type, _location_type),
    "description": Field(lambda out: out.facts.descriptions, _description, shared=False),
    "motivations": Field(lambda out: tuple(out.facts.motivations), _motivations),
    "indicators": Field(lambda out: tuple([item.code for item in out.facts.indicators]), _indicators),
    "type": Field(lambda out: out.facts.type, _type),
    "victims": Field(lambda out: out.facts.victims, _victims),
    "perpetrators": Field(lambda out: out.facts.perpetrators, _perpetrators),
    "offences": Field(lambda out: tuple(out.facts.offences), _offences),
    "weapon": Field(lambda out: out.facts.weapon, _weapon),
    "harm": Field(lambda out: out.facts.victims, _harm),
    "perpetrator_capacities": Field(lambda out: out.facts.perpetrators, _capacities),
    "bias_recorded": Field(lambda out: out.facts.bias_recorded, _bias_recorded),
    "proceedings": Field(lambda out: tuple(out.facts.proceedings), _proceedings),
    "credited": Field(lambda out: out.credited, _credited),
    "sources": Field(lambda out: (out.credited, tuple([item.kind for item in out.facts.sources])), _sources),
    "case_status": Field(lambda out: (out.facts.case_status, out.facts.reason_not_reported), _case_status),
}
"""What each field shows, beside "number", which is the number of the line."""
COUNTED_BY = ("country", "motivations", "type")
"""All that leaves of an incident that is only counted."""


def counted_by(fields: Iterable[str]) -> tuple[str, ...]:
    """Return which of some fields leave of an incident that is only counted."""
    return tuple(name for name in fields if name in COUNTED_BY)
