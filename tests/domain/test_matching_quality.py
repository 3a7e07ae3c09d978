"""How well what ODIHR published is matched with what was sent, measured on variants of its own real rows.

For each State and year some organisations are taken for a coalition: their rows are what it sent. What is published of
them is made of the same rows: left out, dated otherwise, labelled otherwise, shortened, reworded, without description,
merged with others'. All other rows of the export are published as well, a thousand of them moved into the same year and
State. The numbers are printed: make test ARGS="tests/domain/test_matching_quality.py -s -n 0"
"""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

import pytest

from coalition.domain.exports import known_names_with_commas, split_sources
from coalition.domain.matching import Match, Matching, Outcome, Sent, match
from coalition.domain.published import Cells, Line, Names, names_of

EXPORT = Path(__file__).resolve().parents[3] / "shared" / "data" / "odihr-incidents.csv"
DATE, COUNTRY, MOTIVATIONS, TYPE, SOURCE, DESCRIPTION = range(6)
COALITIONS = (("Poland", 2020), ("Poland", 2018), ("North Macedonia", 2019), ("Greece", 2017), ("Georgia", 2018),
              ("Croatia", 2020), ("Serbia", 2020), ("Hungary", 2017))  # fmt: skip
TYPES = ("Violent attacks against people", "Threats", "Attacks against property")
MORE = ("Racist and xenophobic hate crime", "Anti-LGBTI hate crime", "Anti-Roma hate crime", "Gender-based hate crime")
STRANGERS = ("UNHCR", "OSCE Mission to Skopje", "OIDAC", "Watching Together")
HARD = 1_000
"""Rows of other years and States that are moved beside those of the coalition."""
SYNONYMS = {
    "physically assaulted": "attacked", "assaulted": "attacked", "vandalized": "damaged",
    "subjected to": "targeted with",
    "insults": "slurs", "man": "male person", "woman": "female person", "group of": "several", "threatened": "menaced",
    "church": "place of worship", "graffiti": "writings", "injuries": "wounds", "beaten": "struck repeatedly",
    "resulting in": "which led to", "perpetrators": "attackers", "due to": "because of", "boy": "male minor",
    "teenage": "young", "including": "among them", "the incident": "the case", "incidents": "cases",
}  # fmt: skip
PRECISION, RECALL, RIGHT = 0.97, 0.97, 0.95


def cells(row: Cells, **changes: str) -> Cells:
    places = {"date": DATE, "motivations": MOTIVATIONS, "type": TYPE, "source": SOURCE, "description": DESCRIPTION}
    changed = list(row)
    for name, value in changes.items():
        changed[places[name]] = value
    return tuple(changed)


def with_month(row: Cells, by: int) -> Cells:
    year, _, month = row[DATE].partition("-")
    number = int(year) * 12 + int(month or 6) - 1 + by
    return cells(row, date=f"{number // 12}-{number % 12 + 1:02}")


# --- what ODIHR may make of a row --------------------------------------------------------------------------


def dated_to_the_year(row: Cells, _random: Random) -> Cells:
    return cells(row, date=row[DATE][:4])


def moved(row: Cells, random: Random) -> Cells:
    return with_month(row, random.choice((-1, 1)))


def of_another_type(row: Cells, random: Random) -> Cells:
    return cells(row, type=random.choice([name for name in TYPES if name != row[TYPE]]))


def with_another_motivation(row: Cells, random: Random) -> Cells:
    added = random.choice([name for name in MORE if name not in row[MOTIVATIONS]])
    return cells(row, motivations=random.choice((added, f"{row[MOTIVATIONS]}, {added}")))


def shortened(row: Cells, _random: Random) -> Cells:
    sentences = re.split(r"(?<=\.) ", row[DESCRIPTION])
    words = sentences[0].split()
    return cells(row, description=" ".join(words[: max(6, 2 * len(words) // 3)]).rstrip(",.") + ".")


def reworded(row: Cells, _random: Random) -> Cells:
    text = row[DESCRIPTION]
    for old, new in SYNONYMS.items():
        text = re.sub(rf"\b{old}\b", new, text)
    return cells(row, description=text)


def turned_round(row: Cells, random: Random) -> Cells:
    """Reword, and leave a part of the words out."""
    words = reworded(row, random)[DESCRIPTION].split()
    half = len(words) // 2
    kept = words[half:] + words[:half]
    return cells(row, description=" ".join(word for word in kept if random.random() > 0.2))


def without_description(row: Cells, _random: Random) -> Cells:
    return cells(row, description="")


def with_strangers(row: Cells, random: Random) -> Cells:
    names = [*sources_of(row), random.choice(STRANGERS)]
    random.shuffle(names)
    return cells(row, source=", ".join(names))


def labelled_anew(row: Cells, random: Random) -> Cells:
    """Write what is the same otherwise: another version of a label, another order."""
    motivations = row[MOTIVATIONS].split(", ")
    sources = list(sources_of(row))
    random.shuffle(motivations)
    random.shuffle(sources)
    kind = "Threats/Harassment" if row[TYPE] == "Threats" else row[TYPE]
    return cells(row, motivations=", ".join(motivations), source=", ".join(sources), type=kind)


Change = Callable[[Cells, Random], Cells]
CHANGES: Sequence[tuple[Change, int]] = (
    (labelled_anew, 34), (moved, 7), (dated_to_the_year, 7), (of_another_type, 6), (with_another_motivation, 6),
    (shortened, 9), (reworded, 8), (turned_round, 5), (with_strangers, 6),
)  # fmt: skip
"""Each with how often it is made, in a hundred; what is left is not published."""


@dataclass
class Published:
    """A list, and for each row of the coalition the line of it; a row that was left out has none."""

    sent: list[Sent]
    names: Names
    lines: list[Line] = field(default_factory=list)
    line_of: dict[str, int] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    """How each row was changed."""


@cache
def export() -> tuple[Cells, ...]:
    if not EXPORT.is_file():
        pytest.skip(f"ODIHR's EXPORT IS NOT HERE: nothing is matched with {EXPORT}")
    with EXPORT.open(encoding="utf-8", newline="") as file:
        return tuple(tuple(row) for row in list(csv.reader(file))[1:])


@cache
def whole_names() -> tuple[str, ...]:
    return known_names_with_commas()


def sources_of(row: Cells) -> tuple[str, ...]:
    return split_sources(row[SOURCE], whole_names())


def coalition_of(country: str, year: int) -> tuple[set[str], list[Cells]]:
    """Return three quarters of the organisations of a State, and what these sent: without the names of others."""
    here = [row for row in export() if row[COUNTRY] == country]
    often = Counter(name for row in here for name in sources_of(row))
    members = {name for place, (name, _) in enumerate(often.most_common()) if place % 4 != 3}
    sent = []
    for row in here:
        own = [name for name in sources_of(row) if name in members]
        if own and row[DATE].startswith(str(year)):
            sent.append(cells(row, source=", ".join(own)))
    return members, sent


def publish(country: str, year: int) -> Published:
    random = Random(f"{country} {year}")
    members, rows = coalition_of(country, year)
    names = names_of([[name] for name in sorted(members)], ["The coalition"])
    sent = [Sent(f"R{number:04}", row) for number, row in enumerate(rows)]
    random.shuffle(sent)
    found = Published(sent, names)
    ours: list[tuple[str, Cells]] = []
    for row in sent:
        change = chosen(random)
        found.made[row.reference] = change.__name__ if change else "left_out"
        if change:
            ours.append((row.reference, change(row.cells, random)))
    ours = merged(found, ours, random)
    placed = [("", row) for row in others(country, year, members, random)] + ours
    random.shuffle(placed)
    for number, (reference, row) in enumerate(placed, start=2):
        found.lines.append(Line(number, row))
        for one in reference.split():
            found.line_of[one] = number
    return found


def chosen(random: Random) -> Change | None:
    at = random.randrange(100)
    for change, often in CHANGES:
        if at < often:
            return change
        at -= often
    return None


def merged(found: Published, ours: list[tuple[str, Cells]], random: Random) -> list[tuple[str, Cells]]:
    """Make one line of two rows of different members, for up to four pairs."""
    pairs = 0
    by_month: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for place, (_, row) in enumerate(ours):
        by_month[row[DATE], row[MOTIVATIONS], row[TYPE]].append(place)
    gone: set[int] = set()
    for places in by_month.values():
        one, other = places[0], next((p for p in places if apart(ours[p][1], ours[places[0]][1])), None)
        if other is None or pairs == 4 or random.random() < 0.3:
            continue
        pairs += 1
        (first, row), (second, told) = ours[one], ours[other]
        names = dict.fromkeys([*sources_of(row), *sources_of(told)])
        text = f"{row[DESCRIPTION]} {told[DESCRIPTION]}"
        ours[one] = (f"{first} {second}", cells(row, source=", ".join(names), description=text))
        gone.add(other)
        found.made |= {first: "two_of_ours", second: "two_of_ours"}
    return [item for place, item in enumerate(ours) if place not in gone]


def apart(one: Cells, other: Cells) -> bool:
    return not set(sources_of(one)) & set(sources_of(other))


def others(country: str, year: int, members: set[str], random: Random) -> list[Cells]:
    """Return everybody else's rows, and a thousand that are moved beside ours."""
    theirs = [row for row in export() if not members & set(sources_of(row))]
    moved_here = []
    for row in random.choices([row for row in theirs if row[DATE][:4] != str(year)], k=HARD):
        placed = list(row)
        placed[DATE], placed[COUNTRY] = f"{year}-{random.randint(1, 12):02}", country
        moved_here.append(tuple(placed))
    return theirs + moved_here


@dataclass
class Tally:
    """What was right and wrong."""

    given: int = 0
    right: int = 0
    there: int = 0
    outcomes: int = 0
    rows: int = 0

    def __str__(self) -> str:
        return (
            f"rows {self.rows:4}  precision {self.precision:.4f}  recall {self.recall:.4f}  "
            f"outcome right {self.outcomes / self.rows:.4f}"
        )

    @property
    def precision(self) -> float:
        return self.right / self.given if self.given else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.there if self.there else 1.0


MEANT = {"left_out": Outcome.NOT_INCLUDED, "labelled_anew": Outcome.INCLUDED, "with_strangers": Outcome.MERGED,
         "two_of_ours": Outcome.MERGED}  # fmt: skip


def count(published: Published, found: Matching, tallies: Mapping[str, Tally]) -> None:
    """Count what is right; rows that are equal to each other together, for nobody can tell whose line is whose."""
    cells_of = {line.number: line.cells for line in published.lines}
    alike: dict[Cells, list[Match]] = defaultdict(list)
    for item in found.matches:
        alike[item.sent.cells].append(item)
    for items in alike.values():
        kinds = {published.made[item.sent.reference] for item in items}
        meant = Counter(line for item in items if (line := published.line_of.get(item.sent.reference)))
        there = Counter(cells_of[line] for line in meant.elements())
        given = Counter(item.line.cells for item in items if item.line)
        for tally in (tallies[min(kinds) if len(kinds) == 1 else "equal_rows"], tallies["all"]):
            tally.rows += len(items)
            tally.given += given.total()
            tally.there += there.total()
            tally.right += (given & there).total()
            tally.outcomes += (outcomes(published, items) & Counter(item.outcome for item in items)).total()


def outcomes(published: Published, items: Sequence[Match]) -> Counter[Outcome]:
    """Return what should have come of some rows."""
    cells_of = {line.number: line.cells for line in published.lines}
    found: Counter[Outcome] = Counter()
    for item in items:
        kind, line = published.made[item.sent.reference], published.line_of.get(item.sent.reference, 0)
        same = cells_of.get(line) == item.sent.cells
        found[MEANT.get(kind, Outcome.INCLUDED if same else Outcome.CHANGED)] += 1
    return found


def test_what_was_published_is_found_and_nothing_else_is_taken_for_it() -> None:
    tallies: dict[str, Tally] = defaultdict(Tally)
    lines = 0
    for country, year in COALITIONS:
        published = publish(country, year)
        lines += len(published.lines)
        found = match(published.sent, published.lines, published.names, year)
        count(published, found, tallies)
    print(f"\n{lines} lines published in {len(COALITIONS)} lists")  # noqa: T201 - the numbers are the point
    for kind, tally in sorted(tallies.items()):
        print(f"{kind:26} {tally}")  # noqa: T201 - as above
    whole = tallies["all"]
    assert whole.precision >= PRECISION
    assert whole.recall >= RECALL
    assert whole.outcomes / whole.rows >= RIGHT
