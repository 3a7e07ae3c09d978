"""Which records can be counted as one, which stands for all, who is credited, and who inherits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coalition.domain.consents import Included, Mending, Part, WayOut, may_leave, mending
from coalition.domain.errors import CannotLink
from coalition.domain.incidents import PartialDate, Source
from coalition.domain.profiles import profile_for
from coalition.domain.reviews import STEPS, Step
from coalition.domain.same_incident import (
    MOST,
    Candidate,
    Linked,
    LinkReason,
    LinkStep,
    Obstacle,
    Record,
    all_credited,
    asserted,
    check_link,
    check_references,
    going_along,
    heirs,
    standing_for,
)
from coalition.domain.submissions import outgoing
from coalition.domain.summaries import counts_in, described, included
from coalition.domain.vocabulary import Basis, Purpose, State
from tests.domain.samples import COMPLETE, facts, without

YEAR = 2024
NOT_ODIHR = without(Purpose.ODIHR)
NOT_PUBLIC = without(Purpose.PUBLISH)
NOT_COUNTED = without(Purpose.STATISTICS)
NOT_SHARED = without(Purpose.SHARE_COALITION)

consents = st.frozensets(st.sampled_from(list(Purpose)))
ways = st.sampled_from([WayOut.STATISTICS, WayOut.DESCRIPTION, WayOut.SUBMISSION])


def group(principal, *linked) -> Candidate:
    """Return records of one incident: the first is the principal, each of a member of its own."""
    members = [Candidate(item, f"Member {number}", f"id{number}") for number, item in enumerate((principal, *linked))]
    return Candidate(principal, members[0].member, members[0].incident, tuple(members[1:]))


def record(state: State = State.IN_REVIEW, reference: str = "AAAAA-BBBBB", *, shared: bool = True) -> Record:
    return Record(reference, state, shared)


@pytest.mark.parametrize("state", [State.SUBMITTED, State.IN_REVIEW, State.ACCEPTED])
def test_what_was_handed_in_and_is_not_rejected_can_be_linked(state: State):
    check_link(record(State.ACCEPTED, "P"), [record(state, "A"), record(state, "B")])
    check_link(record(state, "P"), [record(State.ACCEPTED, "A")])


@pytest.mark.parametrize(
    ("state", "obstacle"),
    [
        (State.DRAFT, Obstacle.DRAFT),
        (State.RETURNED, Obstacle.RETURNED),
        (State.REJECTED, Obstacle.REJECTED),
        (State.DUPLICATE, Obstacle.WITH_ANOTHER),
    ],
)
def test_what_stands_in_the_way_is_named(state: State, obstacle: Obstacle):
    for rows in ([record(state, "P"), record(reference="A")], [record(reference="P"), record(state, "A")]):
        with pytest.raises(CannotLink) as refused:
            check_link(rows[0], rows[1:])
        assert refused.value.reason == obstacle
        assert refused.value.references == tuple(row.reference for row in rows if row.state is state)


def test_what_may_not_be_shared_is_not_linked():
    with pytest.raises(CannotLink) as refused:
        check_link(record(reference="P"), [record(reference="A", shared=False)])
    assert (refused.value.reason, refused.value.references) == (Obstacle.NOT_SHARED, ("A",))


def test_a_record_is_never_counted_with_itself_nor_named_twice_nor_with_very_many():
    with pytest.raises(CannotLink, match="itself"):
        check_link(record(reference="P"), [record(reference="A"), record(reference="P")])
    with pytest.raises(CannotLink, match="twice"):
        check_references(["P", "A", "A"])
    with pytest.raises(CannotLink, match="too_many"):
        check_references([str(number) for number in range(MOST + 1)])
    check_references([str(number) for number in range(MOST)])


def test_every_state_that_can_be_linked_is_one_from_which_the_table_leads_to_a_duplicate():
    for state in State:
        taken = State.IN_REVIEW if state is State.SUBMITTED else state
        try:
            check_link(record(State.ACCEPTED, "P"), [record(state, "A")])
        except CannotLink:
            assert (state, Step.LINK) not in STEPS
        else:
            assert STEPS[taken, Step.LINK] == (State.DUPLICATE,)


def test_the_principal_stands_for_the_incident_as_far_as_its_person_agreed():
    both = group(NOT_ODIHR, COMPLETE)
    assert standing_for(both, WayOut.STATISTICS).incident == "id0"
    assert standing_for(both, WayOut.SUBMISSION).incident == "id1"
    assert standing_for(group(NOT_ODIHR, NOT_ODIHR), WayOut.SUBMISSION) is None


@given(st.lists(consents, min_size=1, max_size=4), ways)
def test_a_group_counts_once_where_any_of_its_records_may_leave_and_nowhere_else(told, way: WayOut):
    whole = group(*(facts(consents=given) for given in told))
    stands = standing_for(whole, way)
    allowed = [item for item in whole.records if may_leave(item.facts, way)]
    assert stands == (allowed[0] if allowed else None)
    credited = all_credited(whole, way)
    assert {item.member for item in allowed} <= set(credited)
    assert not {item.member for item in whole.records if item not in allowed} & set(credited)


def test_every_member_is_credited_the_principals_first_then_the_partners():
    with_partner = facts(sources=(Source("partner_organisation", "Near Shore"),))
    whole = group(with_partner, facts(sources=(Source("partner_organisation", "Member 0"),)), COMPLETE)
    assert all_credited(whole, WayOut.SUBMISSION)[:3] == ("Member 0", "Member 1", "Member 2")
    assert "Near Shore" in all_credited(whole, WayOut.SUBMISSION)[3:]


def test_a_public_source_credits_whom_it_names_also_in_a_group():
    public = facts(
        basis=Basis.PUBLIC_SOURCE, consents=frozenset(), sources=(Source("partner_organisation", "Near Shore"),)
    )
    assert all_credited(group(public), WayOut.SUBMISSION) == ("Near Shore",)
    assert all_credited(group(public, facts(sources=())), WayOut.SUBMISSION) == ("Near Shore", "Member 1")


def test_a_member_whose_record_may_not_leave_is_not_credited():
    whole = group(facts(sources=()), facts(sources=(), consents=NOT_ODIHR.consents))
    assert all_credited(whole, WayOut.SUBMISSION) == ("Member 0",)
    assert all_credited(whole, WayOut.STATISTICS) == ("Member 0", "Member 1")


def test_the_submission_holds_one_row_for_a_group_and_credits_every_member():
    bare = facts(sources=())
    (out,) = outgoing([group(bare, bare, bare)], YEAR, profile_for(YEAR))
    assert (out.incident, out.part) == ("id0", Part.DESCRIPTIVE)
    assert out.credited == ("Member 0", "Member 1", "Member 2")


def test_the_submission_names_the_record_through_which_it_counts():
    whole = group(facts(sources=(), consents=NOT_ODIHR.consents), COMPLETE)
    (out,) = outgoing([whole], YEAR, profile_for(YEAR))
    assert out.incident == "id1"
    assert "Member 0" not in out.credited


def test_a_group_counts_in_the_year_of_the_record_that_stands_for_it():
    whole = group(facts(date=PartialDate(2023, 12, 31)), facts(date=PartialDate(2024, 1, 1)))
    assert [counts_in(whole, year) for year in (2023, 2024)] == [True, False]
    whole = group(facts(date=PartialDate(2023, 12, 31), consents=NOT_COUNTED.consents), facts())
    assert [counts_in(whole, year) for year in (2023, 2024)] == [False, True]


def test_where_only_the_second_record_may_be_described_it_is_and_the_incident_counts_once():
    whole = group(NOT_PUBLIC, COMPLETE)
    assert included([whole]) == (Included("id0", Part.COUNTED), Included("id1", Part.TOLD))
    assert [incident for _, incident in described([whole])] == ["id1"]
    assert described([whole])[0][0].sources[0] == "Member 1"


def test_an_incident_is_described_once_and_in_the_year_in_which_it_counts():
    assert len(described([group(COMPLETE, COMPLETE)])) == 1
    later = group(facts(date=PartialDate(2023, 12), consents=NOT_PUBLIC.consents), facts(date=PartialDate(2024, 1)))
    assert described([later]) == ()
    without_text = group(facts(descriptions={}), COMPLETE)
    assert [incident for _, incident in described([without_text])] == ["id1"]


def test_a_description_that_counts_nothing_only_ever_goes():
    for purpose in (Purpose.STATISTICS, Purpose.SHARE_COALITION, Purpose.PUBLISH):
        assert mending(Part.TOLD, {purpose}) is Mending.UNDESCRIBE
    assert mending(Part.TOLD, {Purpose.ODIHR}) is None


def linked(identity: str, before: State = State.ACCEPTED, *, shared: bool = True) -> Linked:
    return Linked(identity, before, shared)


def test_the_first_that_was_accepted_by_itself_inherits_and_the_others_are_counted_with_it():
    found = heirs(State.ACCEPTED, [linked("a", State.IN_REVIEW), linked("b"), linked("c")])
    assert found.back_to == (("a", State.IN_REVIEW), ("b", State.ACCEPTED), ("c", State.ACCEPTED))
    assert (found.first, found.followers) == ("b", ("a", "c"))


def test_where_none_was_accepted_the_first_inherits():
    found = heirs(State.SUBMITTED, [linked("a", State.IN_REVIEW), linked("b", State.IN_REVIEW)])
    assert (found.first, found.followers) == ("a", ("b",))


def test_what_may_not_be_shared_stands_by_itself():
    found = heirs(State.ACCEPTED, [linked("a", shared=False), linked("b"), linked("c", shared=False)])
    assert (found.first, found.followers) == ("b", ())
    assert heirs(State.ACCEPTED, [linked("a", shared=False)]).first is None


def test_nothing_becomes_accepted_by_losing_a_rejected_principal():
    assert dict(heirs(State.REJECTED, [linked("a"), linked("b")]).back_to) == dict.fromkeys("ab", State.IN_REVIEW)


records_of_a_group = st.lists(
    st.tuples(st.sampled_from([State.ACCEPTED, State.IN_REVIEW]), st.booleans()), min_size=1, max_size=5
)


@given(st.sampled_from([State.SUBMITTED, State.IN_REVIEW, State.RETURNED, State.ACCEPTED]), records_of_a_group)
def test_nobody_loses_a_count_because_another_members_person_withdrew(principal: State, told):
    rows = [linked(str(number), before, shared=shared) for number, (before, shared) in enumerate(told)]
    found = heirs(principal, rows)
    shared = [row.id for row in rows if row.shared]
    assert {*found.followers, *([found.first] if found.first else [])} == set(shared)
    counted = [row.id for row in rows if row.shared and row.before is State.ACCEPTED]
    assert not counted or found.first in counted
    assert all(
        (State.DUPLICATE, Step.UNLINK) in STEPS and state in STEPS[State.DUPLICATE, Step.UNLINK]
        for _, state in found.back_to
    )


def test_what_was_said_of_a_record_is_not_what_followed_from_it():
    assert asserted([LinkStep("a", ""), LinkStep("b", LinkReason.FOLLOWS), LinkStep("c", LinkReason.FOLLOWS)]) == "a"
    assert asserted([LinkStep("a", ""), LinkStep("b", LinkReason.FOLLOWS), LinkStep("a", LinkReason.BACK)]) == "a"
    assert asserted([LinkStep("a", ""), LinkStep("d", LinkReason.GONE)]) == "d"
    assert asserted([]) is None


def test_whoever_leaves_takes_along_what_was_counted_with_it_and_what_was_counted_with_that():
    said = {"x": "o", "o": "p", "y": "x", "z": "p"}
    assert going_along("o", said) == ("x", "y")
    assert going_along("z", said) == ()
    assert going_along("p", said) == ("x", "o", "y", "z")


@given(st.lists(st.integers(0, 5), min_size=1, max_size=6))
def test_a_record_goes_along_when_what_was_said_of_it_leads_to_the_one_that_goes(others: list[int]):
    said = {str(number): str(other) for number, other in enumerate(others)}
    for start in said:
        assert set(going_along(start, said)) == {each for each in said if each != start and start in chain(each, said)}


def chain(record: str, said: dict[str, str]) -> list[str]:
    """Return what a record was said to be the same as, what that was said to be the same as, and so on."""
    found = [said[record]]
    while found[-1] in said and said[found[-1]] not in found:
        found.append(said[found[-1]])
    return found
