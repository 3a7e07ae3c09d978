"""`coalition duplicates link` and `unlink`."""

import pytest

from coalition.domain.vocabulary import State
from coalition.services import figures
from tests.conftest import Coalition
from tests.services import records
from tests.test_cli import Installation


@pytest.fixture
def own(coalition: Coalition) -> Installation:
    """Give the command line of the coalition's installation."""
    return Installation(coalition.runtime.config.data)


def counted(coalition: Coalition) -> int:
    with coalition.reading("coordinator") as work:
        return figures.year_summary(work, 2024).incidents


def test_records_are_linked_and_told_apart_again(own: Installation, coalition: Coalition):
    one, other, third = (
        records.in_state(coalition, State.ACCEPTED, who=who) for who in ("case_worker", "second_worker", "lead")
    )
    said = own.done("duplicates", "link", one.lower(), other, third)
    assert said == f"{other}, {third} counted with {one}.\n"
    assert counted(coalition) == 1
    said = own.done("duplicates", "unlink", third, "--why", "Another street.")
    assert said == f"{third} no longer counted with {one}.\n"
    assert counted(coalition) == 2
    assert own.done("duplicates", "unlink", other)
    assert counted(coalition) == 3


def test_what_cannot_be_linked_is_said_in_one_line(own: Installation, coalition: Coalition):
    one = records.in_state(coalition, State.ACCEPTED)
    returned = records.in_state(coalition, State.RETURNED)
    for arguments, line in [
        (("link", one, one), f"the same record is named twice: {one}"),
        (("link", one, returned), f"a question about it waits for an answer: {returned}"),
        (("link", one, "AAAAA-BBBBB"), "there is no incident AAAAA-BBBBB"),
        (("unlink", one), f"it is counted by itself already: {one}"),
    ]:
        said = own.run("duplicates", *arguments)
        assert (said.returncode, said.stdout, said.stderr) == (1, "", f"Error: {line}\n")
