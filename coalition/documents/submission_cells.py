"""What the cells of a submission say, field by field, in the language of its profile.

A profile names fields; here each of them has one writer, so that a profile with other columns needs no code.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from coalition.domain.codebook import codebook, countries
from coalition.domain.profiles import Profile
from coalition.domain.submissions import Outgoing
from coalition.i18n import in_language
from coalition.i18n.labels import label

_UNSAID = frozenset({"", "unknown"})
_ENGLISH = "en"


@dataclass
class Cells:
    """Writes the cells of one submission."""

    taken: Profile

    def __post_init__(self) -> None:
        """Begin without any wording: each is looked up once, however many incidents there are."""
        self._labels: dict[tuple[str, str], str] = {}
        self._writers = tuple(WRITERS[name] for name in self.taken.fields)

    def of(self, out: Outgoing) -> tuple[str, ...]:
        """Return the cells of an incident, in the order of the profile's fields."""
        return tuple(write(self, out) for write in self._writers)

    def label(self, list_name: str, code: str) -> str:
        """Return how a code is called: in the receiving body's wording, else in the profile's language."""
        key = (list_name, code)
        if key not in self._labels:
            with in_language(self.taken.language):
                self._labels[key] = self.taken.label_of(list_name, code) or label(list_name, code)
        return self._labels[key]

    def country(self, code: str) -> str:
        """Return the name of a State: in English the one that ODIHR uses."""
        return countries()[code].label if self.taken.language == _ENGLISH else self.label("countries", code)

    def motivations(self, codes: Iterable[str]) -> str:
        """Join motivations in the order of ODIHR's export, which is not the order of its list."""
        book = codebook()["bias_motivations"]
        ordered = sorted(set(codes), key=lambda code: book[code].export_order)
        # Two motivations can be one to the receiving body: it is told once.
        names = dict.fromkeys(self.label("bias_motivations", code) for code in ordered)
        return self.taken.motivations_joiner.join(names)


def _date(_cells: Cells, out: Outgoing) -> str:
    return out.facts.date.to_month if out.facts.date else ""


def _country(cells: Cells, out: Outgoing) -> str:
    return cells.country(out.facts.country)


def _motivations(cells: Cells, out: Outgoing) -> str:
    return cells.motivations(out.facts.motivations)


def _type(cells: Cells, out: Outgoing) -> str:
    return cells.label("incident_types", out.facts.type or "")


def _credited(cells: Cells, out: Outgoing) -> str:
    return cells.taken.sources_joiner.join(out.credited)


def _description(cells: Cells, out: Outgoing) -> str:
    return out.facts.descriptions.get(cells.taken.language, "")


def _location_type(cells: Cells, out: Outgoing) -> str:
    return cells.label("location_types", out.facts.location_type)


def _lines(cells: Cells, list_name: str, codes: Iterable[str]) -> str:
    """Return what several codes are called, each once, in the order of their list."""
    known = (code for code in codebook()[list_name].sorted(codes) if code not in _UNSAID)
    return "\n".join(cells.label(list_name, code) for code in known)


def _offences(cells: Cells, out: Outgoing) -> str:
    return _lines(cells, "offences", out.facts.offences)


def _weapon(cells: Cells, out: Outgoing) -> str:
    return _lines(cells, "weapons", [out.facts.weapon])


def _harm(cells: Cells, out: Outgoing) -> str:
    return _lines(cells, "harms", [line.harm for line in out.facts.victims])


def _capacities(cells: Cells, out: Outgoing) -> str:
    return _lines(cells, "perpetrator_capacities", [line.capacity for line in out.facts.perpetrators])


def _bias_recorded(cells: Cells, out: Outgoing) -> str:
    return _lines(cells, "bias_recorded", [out.facts.bias_recorded])


def _proceedings(cells: Cells, out: Outgoing) -> str:
    """Return the steps in the order in which they were taken, without day, file number and note."""
    return "\n".join(cells.label("police_steps", item.step) for item in out.facts.proceedings if item.step)


def _indicators(cells: Cells, out: Outgoing) -> str:
    return "\n".join(cells.label("bias_indicators", indicator.code) for indicator in out.facts.indicators)


def _people(cells: Cells, number: int | None, said: Sequence[tuple[str, str]], otherwise: str) -> str:
    """Describe one line of victims or perpetrators by what is known of it."""
    known = ", ".join(cells.label(list_name, code) for list_name, code in said if code not in _UNSAID) or otherwise
    return f"{number} \N{MULTIPLICATION SIGN} {known}" if number else known


def _victims(cells: Cells, out: Outgoing) -> str:
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
        for line in out.facts.victims
    )


def _perpetrators(cells: Cells, out: Outgoing) -> str:
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
        for line in out.facts.perpetrators
    )


def _sources(cells: Cells, out: Outgoing) -> str:
    """Return who stands behind the incident, and what kind of source it was.

    The kind only: what a recorder typed as the name of a source may be the name of a person.
    """
    kinds = codebook()["source_kinds"].sorted(
        source.kind for source in out.facts.sources if source.kind != "partner_organisation"
    )
    known = "; ".join(cells.label("source_kinds", kind) for kind in kinds)
    return f"{_credited(cells, out)}\n{known}" if known else _credited(cells, out)


def _case_status(cells: Cells, out: Outgoing) -> str:
    facts = out.facts
    status = cells.label("case_statuses", facts.case_status)
    reason = cells.label("reasons_not_reported", facts.reason_not_reported)
    return f"{status}: {reason}" if status and reason else status or reason


WRITERS: Mapping[str, Callable[[Cells, Outgoing], str]] = {
    "date": _date,
    "country": _country,
    "location_type": _location_type,
    "description": _description,
    "motivations": _motivations,
    "indicators": _indicators,
    "type": _type,
    "victims": _victims,
    "perpetrators": _perpetrators,
    "offences": _offences,
    "weapon": _weapon,
    "harm": _harm,
    "perpetrator_capacities": _capacities,
    "bias_recorded": _bias_recorded,
    "proceedings": _proceedings,
    "credited": _credited,
    "sources": _sources,
    "case_status": _case_status,
}
"""What each field shows, beside "number", which is the number of the line."""
COUNTED_BY = ("country", "motivations", "type")
"""All that leaves of an incident that is only counted."""
