"""The lines that rows get are the best there are together, though hardly any pair is looked at."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from coalition.domain.assignment import Prices, assign, assign_among
from coalition.domain.candidates import LineIndex
from coalition.domain.matching import Sent, match
from coalition.domain.pairing import best_pairs
from coalition.domain.pairs import Pairs
from coalition.domain.published import Line, Said, names_of, said_of

MEMBERS = [["Open Door"], ["Rights and Dignity (RD)"]]
NAMES = names_of(MEMBERS, ["The Coalition"])
TEXTS = (
    "",
    "A Roma woman was threatened by two men.",
    "A Roma woman was threatened by two men in a shop.",
    "A Roma man was beaten by a group of men near a shop.",
    "A woman was threatened.",
    "It was so.",
    "Swastikas were painted on the gate of a cemetery at night.",
)
CELLS = st.tuples(
    st.sampled_from(("2020", "2020-05", "2020-06", "2020-11", "")),
    st.sampled_from(("Poland", "Poland", "Serbia")),
    st.sampled_from(
        ("Anti-Roma hate crime", "Anti-Roma hate crime, Gender-based hate crime", "Anti-Christian hate crime",
         "Bias against Christians and members of other religions")
    ),
    st.sampled_from(("Threats", "Threats", "Attacks against property")),
    st.sampled_from(("Open Door", "Open Door", "Rights and Dignity", "Open Door, Rights and Dignity", "UNHCR",
                     "Open Door, UNHCR", "The Coalition", "The Coalition, Open Door", "")),
    st.sampled_from(TEXTS),
)  # fmt: skip


class Kind:
    """Rows or lines that say the same."""

    def __init__(self, said: Said, number: int) -> None:
        self.said, self.number = said, number


def kinds(cells: Sequence[tuple[str, ...]], numbers: Random, *, foreign: bool = False) -> list[Kind]:
    said = dict.fromkeys(said_of(one, NAMES) for one in cells)
    if foreign:
        said = dict.fromkeys(replace(one, foreign=True) for one in said)
    return [Kind(one, numbers.randint(1, 3)) for one in said]


def worth_of(pairs: Pairs, rows: Sequence[Kind], lines: Sequence[Kind]) -> list[dict[int, int]]:
    """Look closely at each pair."""
    return [
        {place: value for place, line in enumerate(lines) if (value := pairs.value(row.said, line.said))}
        for row in rows
    ]


@settings(max_examples=150, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=9), st.lists(CELLS, min_size=1, max_size=9), st.booleans(), st.integers())
def test_no_other_pairs_are_worth_more_in_all(
    sent: list[tuple[str, ...]],
    published: list[tuple[str, ...]],
    foreign: bool,
    seed: int,
) -> None:
    numbers = Random(seed)
    rows, lines = kinds(sent, numbers, foreign=foreign), kinds(published, numbers)
    pairs = Pairs([row.said for row in rows], [line.said for line in lines], NAMES)
    worth = worth_of(pairs, rows, lines)
    given_lines = best_pairs(pairs, rows, lines)
    looked_at = assign(worth, [row.number for row in rows], [line.number for line in lines])
    assert sum(worth[row].get(line, -1) * number for (row, line), number in given_lines.items()) == sum(
        worth[row][line] * number for (row, line), number in looked_at.items()
    )
    for place, row in enumerate(rows):
        assert sum(number for (one, _line), number in given_lines.items() if one == place) <= row.number
    for place, line in enumerate(lines):
        assert sum(number for (_row, one), number in given_lines.items() if one == place) <= line.number


@settings(max_examples=100, deadline=None)
@given(
    CELLS,
    st.lists(CELLS, min_size=1, max_size=9),
    st.booleans(),
    st.lists(st.sampled_from((0, 1_000, 4_000_000, 12_000_000, 10**12)), min_size=10, max_size=10),
)
def test_every_line_that_is_worth_more_than_it_costs_is_found(
    sent: tuple[str, ...],
    published: list[tuple[str, ...]],
    foreign: bool,
    costs: list[int],
) -> None:
    (row,), lines = kinds([sent], Random(1), foreign=foreign), kinds(published, Random(1))
    pairs = Pairs([row.said], [line.said for line in lines], NAMES)
    index = LineIndex(pairs, [line.said for line in lines])
    index.ask(dict(enumerate(costs[1:])))
    found = {place for _score, place in index.near(row.said, costs[0])}
    values = worth_of(pairs, [row], lines)[0]
    assert found >= {place for place, value in values.items() if value > costs[0] + costs[place + 1]}


def test_prices_are_as_high_as_they_can_be_and_prove_the_answer() -> None:
    # Both want the first thing more; whoever would get nothing decides what it costs.
    worth = [{0: 10, 1: 4}, {0: 7}]
    asked: list[Prices] = []

    def missing(prices: Prices) -> list[tuple[int, dict[int, int]]]:
        asked.append(prices)
        return [(1, {1: 5})] if len(asked) == 1 else []

    flow = assign_among([dict(one) for one in worth], [1, 1], [1, 1], missing)
    assert flow == {(0, 0): 1, (1, 1): 1}
    assert asked[0].gain[0] + asked[0].price[0] == 10
    assert asked[0].gain.get(1, 0) + asked[0].price[0] >= 7


def test_some_thousand_rows_of_which_many_are_equal_keep_a_line_each() -> None:
    random = Random(3)
    months = [f"2020-{month:02}" for month in range(1, 13)]
    rows = [
        (random.choice(months), "Poland", "Anti-Roma hate crime", "Threats", "Open Door", random.choice(TEXTS[1:]))
        for _row in range(3_000)
    ]
    lines = [Line(number, cells) for number, cells in enumerate(random.sample(rows, 2_400), start=2)]
    found = match([Sent(f"R{place}", cells) for place, cells in enumerate(rows)], lines, NAMES, 2020)
    taken = [item.line.number for item in found.matches if item.line]
    assert len(taken) == len(set(taken)) == 2_400
    assert found.others == ()
    assert all(item.score == 1.0 for item in found.matches if item.line)
