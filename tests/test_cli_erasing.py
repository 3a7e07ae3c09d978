"""`coalition incidents export`, `incidents erase`, `retention run`: the contract of the command line."""

import json
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from coalition.domain.interchange import read_file
from coalition.domain.vocabulary import State
from coalition.services import audit, retention
from tests.conftest import Coalition
from tests.domain.samples import COMPLETE
from tests.services import records
from tests.test_cli import Installation

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def coalition_command(coalition: Coalition) -> Command:
    """Run a command in the installation of the test; returns its status, output and errors."""
    installation = Installation(coalition.runtime.config.data)

    def run(*words: str) -> tuple[int, str, str]:
        done = installation.run(*words)
        return done.returncode, done.stdout, done.stderr

    return run


def erase(command: Command, reference: str, by: str, and_by: str) -> tuple[int, str, str]:
    return command("incidents", "erase", reference, "--by", f"{by}@example.org", "--and", f"{and_by}@example.org")


def test_two_people_erase(coalition: Coalition, coalition_command: Command):
    reference = records.in_state(coalition, State.ACCEPTED)
    assert erase(coalition_command, reference, "case_worker", "lead") == (0, f"Erased {reference}.\n", "")
    status, _, errors = erase(coalition_command, reference, "case_worker", "lead")
    assert (status, errors) == (1, f"Error: there is no incident {reference}\n")


@pytest.mark.parametrize(
    ("by", "and_by", "told"),
    [
        ("lead", "lead", "it takes two different people"),
        ("case_worker", "administrator", "one of the two has to be the lead of the member organisation"),
        ("lead", "second_worker", "neither belongs to the member organisation nor is an administrator"),
        ("lead", "coordinator", "neither belongs to the member organisation nor is an administrator"),
        ("lead", "whoever", "there is no account whoever@example.org"),
    ],
)
def test_two_who_may_not_are_refused_in_one_line(
    coalition: Coalition, coalition_command: Command, by: str, and_by: str, told: str
):
    reference = records.begun(coalition)
    status, output, errors = erase(coalition_command, reference, by, and_by)
    assert (status, output) == (1, "")
    assert told in errors
    assert errors.count("\n") == 1
    assert records.read(coalition, reference)


def test_the_export_is_read_back_by_another_member(coalition: Coalition, coalition_command: Command, tmp_path: Path):
    reference = records.begun(coalition)
    records.begun(coalition)
    output = tmp_path / "cases.json"
    status, said, _ = coalition_command(
        "incidents", "export", reference, "--by", "lead@example.org", "--output", str(output)
    )
    assert (status, said) == (0, f"1 incidents written to {output}.\n")
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []
    (found,) = read_file(output.read_bytes())
    assert found["reference"] == reference
    # Who typed the command is named, and with whose eyes: nobody is said to have read what they did not read.
    with coalition.reading("operator") as work:
        entries = audit.read_log(work, actions=("incident.export",)).entries
    lead = coalition.people["lead"].id
    assert {(entry.actor, entry.role, entry.details["on_behalf_of"]) for entry in entries} == {
        ("operator", "operator", lead)
    }
    words = ("incidents", "import", str(output), "--organisation", "SECOND")
    report = tmp_path / "report.csv"
    assert coalition_command(*words, "--report", str(report))[1] == "1 imported, 0 imported before, 0 bad.\n"
    assert report.read_text().splitlines()[0] == "line,outcome,reference,message"
    assert coalition_command(*words)[1] == "0 imported, 1 imported before, 0 bad.\n"
    (arrived,) = re.findall(r"1,imported,([0-9A-Z-]+),", report.read_text())
    assert records.read(coalition, arrived, "second_worker").facts.municipality == COMPLETE.municipality


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--by", "administrator@example.org"), "incident:export"),
        (("--by", "auditor@example.org"), "incident:export"),
        (("--by", "whoever@example.org"), "there is no account"),
        (("AAAAA-AAAAA", "--by", "lead@example.org"), "there is no incident"),
    ],
)
def test_an_export_that_is_refused_leaves_no_file(
    coalition_command: Command, tmp_path: Path, words: tuple[str, ...], told: str
):
    status, _, errors = coalition_command("incidents", "export", *words, "--output", str(tmp_path / "cases.json"))
    assert status == 1
    assert told in errors
    assert errors.count("\n") == 1
    assert not list(tmp_path.glob("*cases.json*"))


def test_an_export_replaces_an_older_file_only_when_it_is_whole(
    coalition: Coalition, coalition_command: Command, tmp_path: Path
):
    records.begun(coalition)
    output = tmp_path / "cases.json"
    output.write_text("older")
    coalition_command("incidents", "export", "AAAAA-AAAAA", "--by", "lead@example.org", "--output", str(output))
    assert output.read_text() == "older"
    coalition_command("incidents", "export", "--by", "lead@example.org", "--output", str(output))
    assert len(read_file(output.read_bytes())) == 1


@pytest.mark.parametrize("content", ["[" * 100_000, "{}", '{"format": "coalition.incidents", "version": 9}', "\0"])
def test_a_hostile_file_is_one_line(coalition_command: Command, tmp_path: Path, content: str):
    file = tmp_path / "cases.json"
    file.write_text(content)
    status, output, errors = coalition_command("incidents", "import", str(file), "--organisation", "FIRST")
    assert (status, output) == (1, "")
    assert errors.startswith("Error: ")
    assert errors.count("\n") == 1


def test_bad_records_are_named_like_bad_rows(coalition: Coalition, coalition_command: Command, tmp_path: Path):
    records.begun(coalition)
    file = tmp_path / "cases.json"
    coalition_command("incidents", "export", "--by", "lead@example.org", "--output", str(file))
    told = json.loads(file.read_text())
    told["incidents"][0]["facts"]["motivations"] = ["no such thing"]
    file.write_text(json.dumps(told))
    status, output, errors = coalition_command("incidents", "import", str(file), "--organisation", "SECOND")
    assert status == 1
    assert "record 1: record.facts.motivations[1]: 'no such thing' is no known code" in errors
    assert "no record could be read" in errors
    assert output == "0 imported, 0 imported before, 1 bad.\n"


def test_retention_says_what_is_due_and_changes_nothing_when_it_only_tries(
    coalition: Coalition, coalition_command: Command
):
    # The command uses the clock of the machine, so the policy is what makes a record due here.
    reference = records.begun(coalition)
    assert coalition_command("settings", "set", "--retention", "consent.draft=1")[0] == 0
    assert "retention consent.draft: 1 months" in coalition_command("settings", "show")[1]
    status, output, _ = coalition_command("retention", "run", "--dry-run")
    line = f"{reference}: draft, consent, due since 2026-04-02: would be put on the list of FIRST"
    assert (status, output.splitlines()) == (0, [line, "1 due for review, 0 locked."])
    with coalition.reading("lead") as work:
        assert retention.due_for_review(work).total == 0
    assert "put on the list of FIRST" in coalition_command("retention", "run")[1]
    with coalition.reading("lead") as work:
        assert retention.due_for_review(work).total == 1
    assert "on the list of FIRST already" in coalition_command("retention", "run")[1]
    assert records.read(coalition, reference)


@pytest.mark.parametrize("text", ["consent.draft", "consent.draft=soon", "consent.draft=0", "nothing.draft=3"])
def test_a_policy_that_cannot_be_is_refused_in_one_line(coalition_command: Command, text: str):
    status, _, errors = coalition_command("settings", "set", "--retention", text)
    assert status != 0
    assert errors.count("\n") == 1
