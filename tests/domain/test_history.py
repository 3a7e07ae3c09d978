"""What changed in a record: it can be undone and done again, and two people's answers never hide each other."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from time import process_time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from coalition.domain.history import (
    SITTING,
    TOGETHER,
    Change,
    Changed,
    Kind,
    Mark,
    Side,
    as_text,
    chosen,
    compared,
    differences,
    from_text,
    joined,
    mark,
    one_sitting,
    read,
    replay,
    same,
    seen_at,
    shortened,
    undone,
    with_values,
    word_differences,
    written,
)
from coalition.domain.incidents import Facts, PartialDate, Victims
from tests.domain.samples import COMPLETE
from tests.domain.test_interchange import any_facts

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
NAMES = [item.name for item in fields(Facts)]
TEXTS: dict[str, Any] = {name: f"{value} 2" for name, value in vars(COMPLETE).items() if isinstance(value, str)}
ANOTHER = replace(
    COMPLETE,
    **TEXTS,
    date=PartialDate(2024, 6),
    offences=("threats", "assault"),
    motivations=("gender",),
    victims=(*COMPLETE.victims, Victims("place")),
    sources=COMPLETE.sources[:1],
    needs=(),
    descriptions={"bg": "Друго."},
    consents=frozenset({"record"}),
    consent_date=None,
)
"""Facts of which each differs from the complete ones."""
WORDS = some.lists(some.sampled_from(["бит", "пребит", "на", " ", ".", "улица", "street"]), max_size=30).map("".join)


@some.composite
def some_facts(draw: some.DrawFn, base: Facts | None = None, most: int = len(NAMES)) -> Facts:
    """Take each fact from one of three records, or a few of them into the place of a record's own."""
    start = base or draw(some.sampled_from([Facts(), COMPLETE, ANOTHER]))
    donor = draw(some.sampled_from([Facts(), COMPLETE, ANOTHER]))
    taken = draw(some.lists(some.sampled_from(NAMES), max_size=most, unique=True))
    return replace(start, **{name: getattr(donor, name) for name in taken})


# --- as JSON and back --------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(any_facts())
def test_facts_come_back_as_they_were_written(facts: Facts) -> None:
    assert read(written(facts)) == facts


def test_what_is_read_does_not_ask_the_code_book() -> None:
    values = {**written(COMPLETE), "weapon": "a_code_of_former_times", "fact_of_former_times": "gone"}
    assert read(values) == replace(COMPLETE, weapon="a_code_of_former_times")


# --- histories ---------------------------------------------------------------------------------------------


def history_of(versions: list[Facts]) -> list[Change]:
    """Return one change per save, in order; the first of the facts are version 0."""
    return [Change(n, n + 1, compared(one, other)) for n, (one, other) in enumerate(pairwise(versions))]


@some.composite
def some_versions(draw: some.DrawFn) -> list[Facts]:
    """Make a record that is saved several times, a few facts each time, sometimes back to what they were."""
    states = [draw(some_facts())]
    for _ in range(draw(some.integers(0, 6))):
        states.append(draw(some_facts(states[-1], 4)))
    return states


def sittings(changes: list[Change], cuts: list[bool]) -> list[Change]:
    """Join each change to the one before where no cut is."""
    found: list[Change] = []
    for change, cut in zip(changes, cuts, strict=True):
        if found and not cut:
            found[-1] = joined(found[-1], change)
        else:
            found.append(change)
    return found


@given(some_versions(), some.data())
def test_history_replays_to_the_present_and_is_undone_to_any_beginning_of_a_sitting(
    versions: list[Facts], data: some.DataObject
) -> None:
    changes = history_of(versions)
    cuts = data.draw(some.lists(some.booleans(), min_size=len(changes), max_size=len(changes)))
    kept = sittings(changes, cuts)
    assert replay(versions[0], kept) == versions[-1]
    for change in kept:
        assert undone(versions[-1], kept, change.first_version) == versions[change.first_version]
    assert undone(versions[-1], kept, len(changes)) == versions[-1]


@given(some_versions(), some.data())
def test_what_somebody_saw_is_known_exactly_even_in_the_middle_of_a_sitting(
    versions: list[Facts], data: some.DataObject
) -> None:
    changes = history_of(versions)
    cuts = data.draw(some.lists(some.booleans(), min_size=len(changes), max_size=len(changes)))
    kept = [replace(change, fields=from_text(as_text(change.fields))) for change in sittings(changes, cuts)]
    for version, facts in enumerate(versions):
        seen = seen_at(versions[-1], kept, version)
        assert all(same(seen[name], value) for name, value in written(facts).items())


def test_a_fact_that_is_back_where_it_was_drops_out_of_a_sitting() -> None:
    away = Change(3, 4, {"weapon": Changed("object", "blade"), "time": Changed("", "21:30")})
    back = Change(4, 5, {"weapon": Changed("blade", "object")})
    both = joined(away, back)
    assert (both.first_version, both.version, both.differing) == (3, 5, ("time",))
    assert seen_at(Facts(weapon="object", time="21:30"), [both], 4)["weapon"] == Mark(mark("blade"))


def test_a_sitting_lasts_a_quarter_of_an_hour() -> None:
    assert one_sitting(NOW, NOW)
    assert one_sitting(NOW, NOW + SITTING - timedelta(seconds=1))
    assert not one_sitting(NOW, NOW + SITTING)
    assert not one_sitting(NOW, NOW - timedelta(seconds=1)), "a clock that went back"


# --- two at once -------------------------------------------------------------------------------------------


@given(some_facts(), some.data())
def test_of_two_people_only_a_real_conflict_needs_a_choice_and_nothing_is_lost(
    base: Facts, data: some.DataObject
) -> None:
    mine, theirs = (data.draw(some_facts(base, 8)) for _ in range(2))
    found = differences(written(base), written(theirs), written(mine))
    named = [name for item in found for name in item.names]
    assert len(named) == len(set(named)), "every fact once"
    for name in NAMES:
        values = (getattr(base, name), getattr(theirs, name), getattr(mine, name))
        item = next((item for item in found if name in item.names), None)
        if values[1] != values[2]:
            assert item is not None
            assert values[0] == values[1] or item.side is not Side.MINE, "what they changed is not passed over"
            assert values[0] == values[2] or item.side is not Side.THEIRS, "nor what I changed"
    assert with_values(theirs, chosen(found, {item.name: Side.MINE for item in found})) == mine
    assert with_values(theirs, chosen(found, {})) == theirs


@given(some_facts(), some_facts())
def test_where_only_one_of_two_changed_anything_there_is_no_conflict(base: Facts, changed: Facts) -> None:
    values, others = written(base), written(changed)
    assert {item.side for item in differences(values, others, values)} <= {Side.THEIRS}
    assert {item.side for item in differences(values, values, others)} <= {Side.MINE}
    assert differences(values, others, others) == ()


def test_facts_that_belong_together_are_chosen_together() -> None:
    base = written(Facts(country="BG", region="BG-22", municipality="Столична"))
    theirs = {**base, "country": "RO", "region": "", "municipality": ""}
    mine = {**base, "municipality": "Банкя"}
    (found,) = differences(base, theirs, {name: mine[name] for name in ("time", "country", "region", "municipality")})
    assert (found.name, found.side) == ("country", Side.BOTH)
    assert chosen([found], {"country": Side.THEIRS}) == {"country": "RO", "region": "", "municipality": ""}
    assert all(len(group) == len(set(group)) for group in TOGETHER)
    assert len(sum(TOGETHER, ())) == len(set(sum(TOGETHER, ())))


@pytest.mark.parametrize(
    ("theirs", "mine", "side", "base"),
    [
        ({"narrative": "later"}, {"narrative": "between"}, Side.THEIRS, {"narrative": "between"}),
        ({"narrative": "between"}, {"narrative": "mine"}, Side.MINE, {"narrative": "between"}),
        ({"narrative": "later"}, {"narrative": "mine"}, Side.BOTH, {}),
    ],
)
def test_a_value_of_which_only_the_mark_is_known_still_tells_who_changed_it(
    theirs: Mapping[str, Any], mine: Mapping[str, Any], side: Side, base: Mapping[str, Any]
) -> None:
    (found,) = differences({"narrative": Mark(mark("between"))}, theirs, mine)
    assert (found.side, found.base) == (side, base)


# --- word by word ------------------------------------------------------------------------------------------


@given(WORDS, WORDS)
def test_word_differences_hold_both_texts(old: str, new: str) -> None:
    found = word_differences(old, new)
    assert "".join(item.text for item in found if item.kind is not Kind.NEW) == old
    assert "".join(item.text for item in found if item.kind is not Kind.GONE) == new


def test_long_stretches_that_stayed_are_cut_around_a_change() -> None:
    before = "дума " * 100
    found = shortened(word_differences(f"{before}бит {before}", f"{before}пребит {before}"))
    assert [item.kind for item in found] == [Kind.SKIPPED, Kind.SAME, Kind.GONE, Kind.NEW, Kind.SAME, Kind.SKIPPED]
    assert len(found[1].text.split()) < 20
    assert shortened(word_differences("бит на улицата", "пребит на улицата"))[-1].kind is Kind.SAME


def test_hostile_texts_are_compared_in_good_time() -> None:
    begun = process_time()
    assert word_differences("а б " * 5000, "б а " * 5000)
    assert word_differences("а б " * 600, "б в " * 600)
    assert process_time() - begun < 5
