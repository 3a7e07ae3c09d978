"""How well duplicates are found among ODIHR's real incidents: each told again, shortened, dated differently, reworded.

For every variant, its original has to be among the first ten candidates of all 2,730 rows. The numbers are printed:
make test ARGS="tests/domain/test_duplicate_quality.py -s -n 0"
"""

import csv
import hashlib
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random

import pytest

from coalition.domain.codebook import codebook
from coalition.domain.duplicates import ENOUGH, Case, Features, Span, features, score, span_of
from coalition.domain.incidents import PartialDate

EXPORT = Path(__file__).resolve().parents[3] / "shared" / "data" / "odihr-incidents.csv"
RETELLINGS = Path(__file__).with_name("retellings.toml")
FIRST = 10
EACH = 150
"""Variants of each kind; of the retellings all."""

Row = Mapping[str, str]


@dataclass(frozen=True)
class Known:
    """One row of the export as the search compares it."""

    row: Row
    digest: str
    case: Case


@dataclass(frozen=True)
class Variant:
    """How another member might have recorded a row."""

    kind: str
    original: Known
    case: Case


def digest_of(row: Row) -> str:
    return hashlib.sha256("\x1f".join(row.values()).encode()).hexdigest()[:10]


def case_of(row: Row, text: Features) -> Case:
    labels = {item.label: item.code for item in codebook()["bias_motivations"]}
    return Case(
        when=span_of(PartialDate.parse(row["Date"])),
        country=row["Country"],
        type=row["Type of incident"],
        motivations=frozenset(labels[label] for label in row["Bias motivations"].split(", ")),
        text=text,
    )


@cache
def known() -> tuple[Known, ...]:
    if not EXPORT.is_file():
        pytest.skip(f"ODIHR's EXPORT IS NOT HERE: duplicates are looked for in nothing, {EXPORT} is missing")
    with EXPORT.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return tuple(Known(row, digest_of(row), case_of(row, features([row["Description"]]))) for row in rows)


@cache
def single() -> tuple[Known, ...]:
    """Return the rows that no other row repeats: of equal ones nobody could say which is meant."""
    times = Counter(item.digest for item in known())
    return tuple(item for item in known() if times[item.digest] == 1)


def told(item: Known, text: str, kind: str, when: Span | None = None) -> Variant:
    case = replace(item.case, text=features([text]), when=when or item.case.when)
    return Variant(kind, item, case)


# --- variants ----------------------------------------------------------------------------------------------


def retold() -> Iterable[Variant]:
    texts = tomllib.loads(RETELLINGS.read_text(encoding="utf-8"))
    by_digest = {item.digest: item for item in single()}
    return [told(by_digest[digest], text, "translated") for digest, text in texts.items()]


def shortened(item: Known, random: Random) -> Variant:
    """Keep the first sentence, or of a single one two thirds of its words."""
    text = item.row["Description"]
    sentences = re.split(r"(?<=[.!?])\s+", text.strip())
    words = text.split()
    kept = sorted(random.sample(range(len(words)), max(min(4, len(words)), len(words) * 2 // 3)))
    return told(item, sentences[0] if len(sentences) > 1 else " ".join(words[n] for n in kept), "shortened")


def shifted(item: Known, random: Random) -> Variant:
    """Date it to the month before or after; to the month where only the year is known."""
    date = PartialDate.parse(item.row["Date"])
    if date.month is None:
        moved = PartialDate(date.year, random.randint(1, 12))
    else:
        months = date.year * 12 + date.month - 1 + random.choice((-1, 1))
        moved = PartialDate(months // 12, months % 12 + 1)
    return told(item, item.row["Description"], "date shifted", span_of(moved))


OTHER_WORDS = {
    "physically assaulted": "beaten up",
    "was subjected to": "suffered",
    "were subjected to": "suffered",
    "insults": "verbal abuse",
    "vandalized": "defaced",
    "graffiti": "inscriptions",
    "a group": "several attackers",
    "homophobic": "anti-gay",
    "threatened": "menaced",
    "attacked": "hit",
    "due to their ethnicity": "because of who they are",
    "due to his ethnicity": "because of who he is",
    "police officers": "policemen",
    "set on fire": "burned down",
    "damaged": "broken",
    "teenage boy": "adolescent",
    "A man": "A male person",
    "A woman": "A lady",
    "injuries": "wounds",
    "an investigation was opened": "the case is being investigated",
}


def reworded(item: Known, _random: Random) -> Variant:
    """Say it in other words, the second half first."""
    text = item.row["Description"]
    for written, instead in OTHER_WORDS.items():
        text = re.sub(re.escape(written), instead, text, flags=re.IGNORECASE)
    words = text.rstrip(".").split()
    half = len(words) // 2
    return told(item, " ".join(words[half:] + words[:half]), "reworded")


def dated_to_the_day(item: Known, random: Random) -> Variant:
    """Know the day, as a member does; the export only knows the month."""
    when = item.case.when
    assert when is not None
    day = random.randint(when.first, when.last)
    return told(item, reworded(item, random).original.row["Description"], "day known", Span(day, day))


MAKERS: tuple[Callable[[Known, Random], Variant], ...] = (shortened, shifted, reworded, dated_to_the_day)


@cache
def variants() -> tuple[Variant, ...]:
    random = Random(7)
    made = [maker(item, random) for maker in MAKERS for item in random.sample(single(), EACH)]
    return (*retold(), *made)


# --- what is found -----------------------------------------------------------------------------------------


def found_for(case: Case) -> list[tuple[float, Known]]:
    """Return the candidates of a record among all rows, best first."""
    scored = ((score(case, item.case).score, item) for item in known())
    return sorted(((value, item) for value, item in scored if value >= ENOUGH), key=lambda pair: -pair[0])


@dataclass
class Tally:
    asked: int = 0
    found: int = 0
    first: int = 0
    shown: int = 0

    @property
    def recall(self) -> float:
        return self.found / self.asked


@cache
def measured() -> dict[str, Tally]:
    tallies: dict[str, Tally] = {}
    for variant in variants():
        best = [item.digest for _value, item in found_for(variant.case)[:FIRST]]
        for kind in (variant.kind, "all"):
            tally = tallies.setdefault(kind, Tally())
            tally.asked += 1
            tally.shown += len(best)
            tally.found += variant.original.digest in best
            tally.first += best[:1] == [variant.original.digest]
    return tallies


def test_recall_and_precision_are_measured_on_real_rows():
    print(f"\n{'variants':<14}{'asked':>7}{'recall in 10':>14}{'first':>8}{'shown':>7}{'precision':>11}")  # noqa: T201 - the point
    for kind, tally in measured().items():
        print(  # noqa: T201 - the point
            f"{kind:<14}{tally.asked:>7}{tally.recall:>14.3f}{tally.first / tally.asked:>8.3f}"
            f"{tally.shown / tally.asked:>7.1f}{tally.found / max(tally.shown, 1):>11.3f}"
        )
    assert measured()["all"].recall >= 0.95


@pytest.mark.parametrize("kind", ["translated", "shortened", "date shifted", "reworded", "day known"])
def test_no_kind_of_variant_is_lost(kind: str):
    assert measured()[kind].recall >= 0.9


def test_an_equal_row_is_a_candidate_and_no_more():
    times = Counter(item.digest for item in known())
    equal = [item for item in known() if times[item.digest] > 1]
    assert len(equal) > 20
    for item in equal[:20]:
        others = [other for other in known() if other.digest == item.digest and other is not item]
        best = found_for(item.case)
        assert {other.digest for other in others} <= {other.digest for _value, other in best}
        # There is no score that says more than "look at it": nothing else comes of the likeness.
        assert all(0 < value <= 1 for value, _other in best)
