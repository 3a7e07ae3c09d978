"""`coalition consent`: taking consent back on the server, and what has to be corrected then."""

import pytest

from coalition.domain.vocabulary import Purpose, State
from coalition.services import summaries
from tests.conftest import Coalition
from tests.domain.samples import without
from tests.services import records
from tests.test_cli import Installation


@pytest.fixture
def own(coalition: Coalition) -> Installation:
    """Give the command line of the coalition's installation."""
    return Installation(coalition.runtime.config.data)


def test_a_withdrawal_prints_what_it_touches_and_the_message(own: Installation, coalition: Coalition, tmp_path):
    reference = records.in_state(coalition, State.ACCEPTED)
    own.done("submission", "build", "2024", "--output", str(tmp_path / "out"))
    with coalition.work("coordinator") as work:
        summaries.publish_summary(work, 2024)
    said = own.run("consent", "withdraw", reference.lower(), "odihr")
    assert (said.returncode, said.stderr) == (0, "")
    lines = said.stdout.splitlines()
    assert lines[0] == f"Taken back for {reference}: odihr."
    assert [line.split(", ", 1)[0] for line in lines[1:3]] == ["published figures 2024", "submission 2024"] or [
        line.split(", ", 1)[0] for line in lines[1:3]
    ] == ["submission 2024", "published figures 2024"]
    assert any(line.endswith("record 1: the record has to be removed") for line in lines)
    assert any(line.endswith("described: stays as it is") for line in lines)
    assert "to tndinfo@odihr.pl" in said.stdout
    assert "Record: No. 1 in the sheet, line 2 of either file" in said.stdout
    assert "beaten" not in said.stdout
    listed = own.done("consent", "corrections")
    assert "submission 2024" in listed
    assert "Record: No. 1 in the sheet" in listed


def test_with_the_consent_to_be_recorded_everything_ends(own: Installation, coalition: Coalition):
    reference = records.in_state(coalition, State.ACCEPTED)
    said = own.done("consent", "withdraw", reference, "record")
    assert "the record has to be erased" in said
    assert "It is in no submission, no report and no published figures." in said
    assert own.done("consent", "corrections") == "Nothing has to be corrected.\n"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("{reference}", "odihr"), "no consent in force for odihr"),
        (("{reference}", "everything"), "'everything' is not among the purposes of consent"),
        (("AAAAA-AAAAA", "odihr"), "there is no incident AAAAA-AAAAA"),
    ],
)
def test_what_cannot_be_taken_back_is_one_line_and_status_1(
    own: Installation, coalition: Coalition, arguments: tuple[str, str], line: str
):
    reference = records.in_state(coalition, State.ACCEPTED, without(Purpose.ODIHR))
    said = own.run("consent", "withdraw", *(text.format(reference=reference) for text in arguments))
    assert (said.returncode, said.stdout, said.stderr) == (1, "", f"Error: {line}\n")
