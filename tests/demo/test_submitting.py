"""The demonstration's earlier cycle: a submission that was sent, asked about, and published with differences."""

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import date
from pathlib import Path

from coalition.config import Config
from coalition.demo.submitting import rows_as_published, weekday
from coalition.domain.exports import COLUMNS
from coalition.domain.packages import BY_HAND
from coalition.services.work import make_runtime
from coalition.worker import run_job
from tests.installation import Installation


def test_some_rows_are_published_as_they_were_sent_and_some_missing_moved_shortened_or_merged() -> None:
    sent = [dict.fromkeys(COLUMNS, f"{number}") | {"Date": "2023-12"} for number in range(1, 15)]
    sent = [{**row, "Description": f"Text {row['Source']} is told. It goes on."} for row in sent]
    for row in sent[:10]:
        row["Date"] = "2023-05"
    found = list(rows_as_published(sent))
    assert [row["Source"] for row in found] == [*map(str, range(1, 11)), "12", "13, 14"]
    assert found[6]["Description"] == "Text 7 is told."
    assert [row["Date"] for row in found] == [*["2023-05"] * 8, "2023-06", "2023-05", "2023-12", "2023-12"]
    assert found[-1]["Description"] == "Text 13 is told. It goes on. Text 14 is told. It goes on."
    untouched = [row for row in found if row in sent]
    assert len(untouched) == len(found) - 3


def test_office_work_of_a_weekend_is_done_on_the_monday_after_it() -> None:
    assert [weekday(date(2025, 11, day)).day for day in (14, 15, 16, 17)] == [14, 17, 17, 17]


def test_the_demonstration_can_be_loaded_with_a_cycle_that_is_over(tmp_path: Path) -> None:
    data = tmp_path / "data"
    installation = Installation(data)
    installation.done("db", "upgrade")
    installation.done("demo", "load", "--incidents", "150", "--with-submission")
    (line,) = installation.done("submission", "list").splitlines()
    assert " v1, " in line
    assert ", sent " in line
    with closing(sqlite3.connect(data / "coalition.sqlite3")) as database:
        (job,) = [row[0] for row in database.execute("SELECT id FROM job")]
    runtime = make_runtime(Config.from_env({"COALITION_DATA": str(data)}))
    try:
        run_job(runtime, job)
    finally:
        runtime.dispose()
    with closing(sqlite3.connect(data / "coalition.sqlite3")) as database:
        outcomes = Counter(row[0] for row in database.execute("SELECT outcome FROM published_match"))
        states = [row[0] for row in database.execute("SELECT state FROM submission_query")]
        ticked = {row[0] for row in database.execute("SELECT item FROM submission_check")}
        readers = database.execute(
            "SELECT submission_version.actor_id, submission_check.actor_id FROM submission_check"
            " JOIN submission_version ON submission_version.id = version_id WHERE item = 'read'"
        ).fetchall()
    assert states == ["answered"]
    assert ticked == set(BY_HAND), "what is looked at by hand was, before it was sent"
    assert len({person for row in readers for person in row}) == 2, "one built it, and another one read it"
    assert "contact: office@example.org" in installation.done("settings", "show")
    assert len(outcomes) >= 3, outcomes
