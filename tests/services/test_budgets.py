"""What one person can do in an hour: ordinary work is never in its way, copying and flooding is."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from coalition.domain.errors import OverBudget
from coalition.domain.incidents import PartialDate
from coalition.domain.likeness import Traits
from coalition.domain.paper import SheetKind
from coalition.domain.throttling import BUDGETS, Use
from coalition.services import audit, consents, exports, incidents, paper
from coalition.services.look_alikes import look_alikes
from coalition.services.throttle import COUNTED
from tests.conftest import Clock, Coalition
from tests.services import records

Do = Callable[[Coalition, str], object]


def _read(coalition: Coalition, reference: str) -> None:
    with coalition.reading("lead") as work:
        incidents.read_incident(work, reference)


def _copy(coalition: Coalition, reference: str) -> None:
    with coalition.reading("lead") as work:
        exports.persons_copy(work, reference)


def _prove(coalition: Coalition, reference: str) -> None:
    with coalition.reading("lead") as work:
        consents.prove_consent(work, reference)


def _export(coalition: Coalition, _reference: str) -> None:
    with coalition.reading("lead") as work:
        list(exports.export_incidents(work))


def _begin(coalition: Coalition, _reference: str) -> None:
    records.begun(coalition, who="lead")


def _compare(coalition: Coalition, _reference: str) -> None:
    with coalition.reading("lead") as work:
        look_alikes(work, Traits(PartialDate(2025, 3, 27), "BG"))


DONE: dict[Use, Do] = {
    Use.READ: _read,
    Use.DOCUMENT: _copy,
    Use.EXPORT: _export,
    Use.BEGIN: _begin,
    Use.COMPARE: _compare,
}


def noted(coalition: Coalition, use: Use, number: int) -> None:
    """Write into the log that the lead did something so often, without doing it."""
    counted = COUNTED[use]
    with coalition.work("lead") as work:
        for _ in range(number):
            audit.record(work, counted.actions[0], counted.subject_kinds[0], "elsewhere")


@pytest.mark.parametrize("use", list(Use))
def test_the_budget_is_there_to_its_last_use_and_comes_back_after_an_hour(
    any_coalition: Coalition, clock: Clock, use: Use
) -> None:
    reference = records.begun(any_coalition, who="lead")
    clock.now += timedelta(hours=2)
    noted(any_coalition, use, BUDGETS[use] - 1)
    clock.now += timedelta(minutes=20)
    DONE[use](any_coalition, reference)
    with pytest.raises(OverBudget) as refusal:
        DONE[use](any_coalition, reference)
    assert (refusal.value.use, refusal.value.wait) == (use.value, timedelta(minutes=40))
    with any_coalition.reading("auditor") as work:
        (entry,) = audit.read_log(work, actions=("account.over_budget",)).entries
    assert entry.details == {"use": use.value}
    clock.now += timedelta(minutes=40)
    DONE[use](any_coalition, reference)


def test_one_persons_budget_is_not_anothers_and_one_use_not_the_other(coalition: Coalition) -> None:
    reference = records.begun(coalition)
    for use in Use:
        noted(coalition, use, BUDGETS[use])
    assert records.read(coalition, reference, "case_worker").reference == reference
    with pytest.raises(OverBudget):
        _read(coalition, reference)
    with coalition.reading("lead") as work:
        assert incidents.outline_incident(work, reference).reference == reference


def _print(coalition: Coalition, reference: str) -> None:
    with coalition.reading("lead") as work:
        paper.case_sheet(work, reference, SheetKind.INTERNAL)


def test_proofs_of_consent_and_printed_cases_are_files_like_copies(coalition: Coalition) -> None:
    reference = records.begun(coalition, who="lead")
    noted(coalition, Use.DOCUMENT, BUDGETS[Use.DOCUMENT])
    with pytest.raises(OverBudget):
        _copy(coalition, reference)
    with pytest.raises(OverBudget):
        _prove(coalition, reference)
    with pytest.raises(OverBudget):
        _print(coalition, reference)


def test_an_export_counts_once_however_many_records_it_holds(coalition: Coalition) -> None:
    for _ in range(BUDGETS[Use.EXPORT] + 1):
        records.begun(coalition, who="lead")
    with coalition.reading("lead") as work:
        assert len(list(exports.export_incidents(work))) == BUDGETS[Use.EXPORT] + 1
    with coalition.reading("lead") as work:
        list(exports.export_incidents(work))


def test_a_whole_morning_of_ordinary_work_comes_near_no_budget(coalition: Coalition) -> None:
    for _ in range(12):
        reference = records.begun(coalition, who="lead")
        for _section in range(9):
            records.save(coalition, reference, "lead", impact=f"{_section}")
        _read(coalition, reference)
    _export(coalition, "")
    with coalition.reading("auditor") as work:
        assert not audit.read_log(work, actions=("account.over_budget",)).entries


def test_the_command_line_has_no_budget(coalition: Coalition) -> None:
    with coalition.work("operator") as work:
        for use in Use:
            for _ in range(BUDGETS[use]):
                audit.record(work, COUNTED[use].actions[0], COUNTED[use].subject_kinds[0], "elsewhere")
    with coalition.reading("operator") as work:
        assert audit.read_log(work).total >= sum(BUDGETS.values())
