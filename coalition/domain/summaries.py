"""A year's summary: the frozen facts behind the public page and the PDF report.

It holds counts, published descriptions and names of member organisations, nothing else, so whatever renders it cannot
leak more. The same value is stored when a summary is published: the public page never counts live records.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from coalition.domain import review_numbers
from coalition.domain.codebook import codebook
from coalition.domain.consents import Included, Part, WayOut, may_leave
from coalition.domain.disclosure import Audience, disclose
from coalition.domain.incidents import Facts
from coalition.domain.review_numbers import Handled, ReviewNumbers, by_member, numbers
from coalition.domain.same_incident import Candidate, all_credited, standing, standing_for
from coalition.domain.statistics import (
    Counted,
    Table,
    TypeCounts,
    by_country,
    by_month,
    several_motivations,
    table,
)
from coalition.domain.submissions import counted
from coalition.domain.vocabulary import RejectionReason


@dataclass(frozen=True)
class Member:
    """A member organisation as the public sees it."""

    names: Mapping[str, str]
    """By language code; "" holds the name for every other language."""
    about: Mapping[str, str]
    """One or two sentences by language code; may be empty."""
    website: str

    def name_in(self, language: str) -> str:
        """Return the name in a language, else the main name."""
        return self.names.get(language) or self.names[""]

    def about_in(self, language: str) -> str:
        """Return the sentences in a language, else in any, else nothing."""
        return self.about.get(language) or next(iter(self.about.values()), "")


@dataclass(frozen=True)
class Description:
    """One published description."""

    date: str
    """YYYY-MM or YYYY."""
    country: str
    type: str
    motivations: tuple[str, ...]
    texts: Mapping[str, str]
    """By language code; at least one."""
    sources: tuple[str, ...]
    verification: str = ""
    """How well it was verified when the year was published, as a VerificationLevel; empty where nobody checked."""

    def text_for(self, language: str) -> tuple[str, str]:
        """Return (language, text): the reader's language if there is one, else English, else what there is."""
        for code in (language, "en", *self.texts):
            if self.texts.get(code):
                return code, self.texts[code]
        return language, ""


class Undecided(StrEnum):
    """Why a record that was received has no decision."""

    WAITING = "waiting"
    """It waits for the coalition."""
    ASKED = "asked"
    """It was given back with a question, and the member's answer is waited for."""
    EITHER = "either"
    """One or the other: it was frozen before both were told apart."""


@dataclass(frozen=True)
class Review:
    """How many records the coalition received for the year and what became of them."""

    received: int
    """Accepted, rejected, returned or still waiting; drafts are not counted."""
    accepted: int
    rejected: tuple[tuple[str, int], ...]
    """By reason, in the code book's order; reasons that did not occur are left out."""
    undecided: int
    """Those with an open question among them."""
    not_counted: int
    """Accepted, but without the consent to be counted."""
    duplicates: int = 0
    """Counted together with another record of the same incident."""
    questions: int | None = None
    """How many of the undecided have an open question; None for what was frozen before this was counted."""

    @property
    def open_parts(self) -> tuple[tuple[Undecided, int], ...]:
        """Return what is undecided, by why it is, as far as that is known."""
        if self.questions is None:
            return ((Undecided.EITHER, self.undecided),)
        return ((Undecided.WAITING, self.undecided - self.questions), (Undecided.ASKED, self.questions))


@dataclass(frozen=True)
class YearSummary:
    """Everything that is said about one data year."""

    year: int
    coalition: Mapping[str, str]
    """The coalition's name by language code; "" holds it for every other language."""
    country: str
    """The coalition's own country, ISO 3166-1 alpha-2."""
    codebook_version: str
    table: Table
    countries: tuple[tuple[str, Table], ...]
    """One entry per country, in the order of their codes."""
    months: tuple[int, ...]
    """Twelve numbers of incidents, January first."""
    month_unknown: int
    several_motivations: int
    """How many incidents have more than one motivation."""
    trend: tuple[tuple[int, TypeCounts], ...]
    """Up to five data years ending with this one, each incident once."""
    review: Review
    members: tuple[Member, ...]
    handling: tuple[tuple[str, ReviewNumbers], ...]
    """How the records were handled, by the member's main name; "" holds it for all members together.

    Empty for what was published before this was counted.
    """
    descriptions: tuple[Description, ...]
    """Empty where they are read one page at a time: what is stored holds the figures only."""

    @property
    def incidents(self) -> int:
        """The number of incidents counted."""
        return self.table.incidents

    def coalition_in(self, language: str) -> str:
        """Return the coalition's name in a language, else the main name."""
        return self.coalition.get(language) or self.coalition[""]

    def credited_in(self, language: str, names: Iterable[str]) -> tuple[str, ...]:
        """Return credited organisations, members among them by their names in a language."""
        members = {member.names[""]: member.name_in(language) for member in self.members}
        return tuple(members.get(name, name) for name in names)


TREND_YEARS = 5


def is_countable(candidate: Candidate) -> bool:
    """Tell whether an accepted incident may be counted in public: dated, typed, with consent for statistics.

    Of several records of one incident the first is asked that may be counted.
    """
    record = standing_for(candidate, WayOut.STATISTICS)
    return record is not None and record.facts.date is not None and record.facts.type is not None


def counts_in(candidate: Candidate, year: int) -> bool:
    """Tell whether an accepted incident is counted in a data year: that of the record that stands for it."""
    record = standing_for(candidate, WayOut.STATISTICS)
    return is_countable(candidate) and record is not None and _year(record.facts) == year


def _year(facts: Facts) -> int:
    return facts.date.year if facts.date else 0


def _told(group: Candidate) -> Candidate | None:
    """Return the record whose description is public: the first that has one and may be described.

    It belongs to the data year in which the incident is counted: whatever is described is also counted there.
    """
    stands = standing_for(group, WayOut.STATISTICS)
    if stands is None:
        return None
    return next(
        (
            record
            for record in group.records
            if may_leave(record.facts, WayOut.DESCRIPTION)
            and _year(record.facts) == _year(stands.facts)
            and _texts(record.facts)
        ),
        None,
    )


def _texts(facts: Facts) -> dict[str, str]:
    seen = disclose(facts, Audience.PUBLIC)
    return {code: text for code, text in seen.descriptions.items() if text.strip()}


def described(candidates: Iterable[Candidate]) -> tuple[tuple[Description, str], ...]:
    """Return the descriptions that may be public, in an order that depends only on themselves.

    Each comes with the id of its incident, which is for the record of what left and never shown.
    """
    found = []
    for candidate in candidates:
        record = _told(candidate)
        facts = disclose(record.facts, Audience.PUBLIC) if record else None
        if record is None or facts is None or facts.date is None:
            continue
        texts = _texts(record.facts)
        motivations = codebook()["bias_motivations"].sorted(facts.motivations)
        sources = all_credited(candidate, WayOut.DESCRIPTION)
        # The case is what was verified: the record that stands for all of it goes before the one whose text is read.
        level = candidate.verification or record.verification
        item = Description(facts.date.to_month, facts.country, facts.chosen_type, motivations, texts, sources, level)
        found.append((item, record.incident))
    return tuple(sorted(found, key=_description_key))


def descriptions(candidates: Iterable[Candidate]) -> tuple[Description, ...]:
    """Return the descriptions that may be public, without their incidents."""
    return tuple(item for item, _ in described(candidates))


def included(candidates: Iterable[Candidate]) -> tuple[Included, ...]:
    """Return which incidents a year's summary counts, and which of them it also describes, by id.

    Of several records of one incident, the one that is counted and the one that is described may be two.
    """
    countable = [candidate for candidate in candidates if is_countable(candidate)]
    found: list[Included] = []
    for record, group in standing(countable, WayOut.STATISTICS):
        told = _told(group)
        found.append(Included(record.incident, Part.DESCRIBED if told is record else Part.COUNTED))
        if told is not None and told is not record:
            found.append(Included(told.incident, Part.TOLD))
    return tuple(found)


def _description_key(pair: tuple[Description, str]) -> tuple[object, ...]:
    item, _ = pair
    return (item.date, item.country, item.type, item.motivations, sorted(item.texts.items()), item.sources)


def rejected_by_reason(reasons: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Count rejections by reason, in the code book's order."""
    counts = Counter(reasons)
    return tuple((reason.value, counts[reason]) for reason in RejectionReason if counts[reason])


def summarise(  # noqa: PLR0913 - one value per source of facts, each named by the caller
    *,
    year: int,
    coalition: Mapping[str, str],
    country: str,
    candidates: Iterable[Candidate],
    earlier: Iterable[Counted],
    review: Review,
    members: Iterable[Member],
    erased: Iterable[Counted] = (),
    handled: Iterable[Handled] = (),
) -> YearSummary:
    """Summarise a year. `candidates` are its accepted incidents, `earlier` the countable ones of the years before.

    `erased` are countable incidents of the year whose records are gone: counted, and described nowhere. `handled` are
    all records of the year that were handed in, also those that are erased and still count.
    """
    countable = [candidate for candidate in candidates if is_countable(candidate)]
    records = standing(countable, WayOut.STATISTICS)
    incidents = [*(counted(record.facts) for record, _ in records), *erased]
    months, month_unknown = by_month(incidents)
    received = tuple(handled)
    return YearSummary(
        year=year,
        coalition=coalition,
        country=country,
        codebook_version=codebook().version,
        table=table(incidents),
        countries=tuple(by_country(incidents).items()),
        months=months,
        month_unknown=month_unknown,
        several_motivations=several_motivations(incidents),
        trend=_trend(year, incidents, earlier),
        review=review,
        members=tuple(members),
        handling=(("", numbers(received)), *by_member(received)) if received else (),
        descriptions=descriptions(countable),
    )


def _trend(year: int, incidents: list[Counted], earlier: Iterable[Counted]) -> tuple[tuple[int, TypeCounts], ...]:
    by_year: dict[int, list[Counted]] = {}
    for incident in earlier:
        if year - TREND_YEARS < incident.year < year:
            by_year.setdefault(incident.year, []).append(incident)
    by_year[year] = incidents
    return tuple((past, table(by_year[past]).total) for past in sorted(by_year))


def to_json(summary: YearSummary) -> dict[str, Any]:
    """Return the figures as JSON-ready data. The descriptions are kept one by one, so that one can go."""
    return {name: value for name, value in asdict(replace(summary, descriptions=())).items() if name != "descriptions"}


def from_json(data: Mapping[str, Any]) -> YearSummary:
    """Return the figures that `to_json` wrote, without descriptions."""
    return YearSummary(
        year=data["year"],
        coalition=data["coalition"],
        country=data["country"],
        codebook_version=data["codebook_version"],
        table=_table(data["table"]),
        countries=tuple((code, _table(counts)) for code, counts in data["countries"]),
        months=tuple(data["months"]),
        month_unknown=data["month_unknown"],
        several_motivations=data["several_motivations"],
        trend=tuple((year, _type_counts(counts)) for year, counts in data["trend"]),
        review=Review(
            received=data["review"]["received"],
            accepted=data["review"]["accepted"],
            rejected=tuple((reason, number) for reason, number in data["review"]["rejected"]),
            undecided=data["review"]["undecided"],
            not_counted=data["review"]["not_counted"],
            duplicates=data["review"].get("duplicates", 0),
            questions=data["review"].get("questions"),
        ),
        members=tuple(Member(**member) for member in data["members"]),
        handling=tuple((member, review_numbers.from_json(found)) for member, found in data.get("handling", ())),
        descriptions=(),
    )


def _type_counts(data: Mapping[str, Any]) -> TypeCounts:
    return TypeCounts(tuple(data["by_type"]))


def _table(data: Mapping[str, Any]) -> Table:
    rows = tuple((code, _type_counts(counts)) for code, counts in data["rows"])
    return Table(rows, _type_counts(data["total"]))
