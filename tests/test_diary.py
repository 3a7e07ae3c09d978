"""What helpers did before is written again only where it is the same, and then it is the same to the last row."""

from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from coalition.db import tables
from coalition.db.keys import KeyBase
from coalition.domain.errors import NotFound
from coalition.services import incidents, settings
from tests.conftest import Clock, Coalition, Founding, Ground
from tests.diary import done_once
from tests.domain.samples import facts
from tests.services import records

Rows = dict[str, list[tuple[object, ...]]]
DONE: list[str] = []


@done_once
def begun(coalition: Coalition, text: str) -> str:
    DONE.append(text)
    return records.begun(coalition, facts(narrative=text))


@done_once
def submitted_without_a_record(coalition: Coalition, text: str) -> None:
    DONE.append(text)
    with coalition.work("lead") as work:
        incidents.submit_incident(work, "AAAAA-AAAAA", 1)


@pytest.fixture
def founded(ground: Ground, migrated_file: Path, clock: Clock, founding: Founding):
    """Found a coalition in an installation of its own, as often as asked."""

    def leave() -> None:
        ground.engine.dispose()
        ground.keys.dispose()

    def found() -> Coalition:
        leave()
        return founding.repeated_in(ground.new_installation(clock, migrated_file), ground.diary)

    yield found
    leave()  # whoever comes next would otherwise work on in files that are gone


def everything(ground: Ground) -> Rows:
    found: Rows = {}
    for engine, metadata in ((ground.engine, tables.METADATA), (ground.keys, KeyBase.metadata)):
        with engine.connect() as connection:
            for table in metadata.sorted_tables:
                found[table.name] = sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
    return found


def test_what_was_done_before_is_written_again_to_the_last_row(founded, ground: Ground):
    text = uuid4().hex
    first = founded()
    reference, rows = begun(first, text), everything(ground)
    again = founded()
    assert everything(ground) != rows
    assert begun(again, text) == reference
    assert everything(ground) == rows
    assert DONE.count(text) == 1
    assert records.read(again, reference).facts.narrative == text


def test_after_anything_else_or_at_another_time_it_is_done(founded, clock: Clock):
    text = uuid4().hex
    first = begun(founded(), text)
    changed = founded()
    with changed.work("operator") as work:
        settings.change(work, second_reviewer=True)
    second = begun(changed, text)
    clock.now = clock.now.replace(year=2027)
    third = begun(founded(), text)
    assert len({first, second, third}) == DONE.count(text) == 3


def test_what_is_refused_is_refused_each_time(founded):
    text = uuid4().hex
    for _ in range(2):
        with pytest.raises(NotFound):
            submitted_without_a_record(founded(), text)
    assert DONE.count(text) == 2
