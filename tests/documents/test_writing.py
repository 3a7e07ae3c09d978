"""Writing a submission's files in another process: the same bytes, and clear ends."""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from coalition.documents.submission_files import FILES
from coalition.documents.submissions import Batch, Inclusions, batches
from coalition.documents.writing import Order, WritingFailed, write_beside, write_here
from coalition.domain.profiles import profile_for
from tests.documents.samples import ABOUT, candidates

YEAR = 2020


def order_in(folder: Path) -> Order:
    folder.mkdir()
    return Order(YEAR, profile_for(YEAR), ABOUT, folder / "files", folder / "lines.db")


def coming() -> Iterator[Batch]:
    return batches(candidates(), YEAR, profile_for(YEAR), at_once=2)


def test_the_files_are_the_same_to_the_byte_as_those_written_in_one_process(tmp_path: Path):
    here, beside = order_in(tmp_path / "here"), order_in(tmp_path / "beside")
    told: list[tuple[int, int, str]] = []
    manifest = write_beside(beside, coming(), lambda *said: told.append(said))
    assert manifest == write_here(here, coming())
    for name in FILES:
        assert (beside.folder / name).read_bytes() == (here.folder / name).read_bytes()
    fields = profile_for(YEAR).fields
    assert list(Inclusions(beside.lines, fields)) == list(Inclusions(here.lines, fields))
    assert told[-1] == (3, 3, "overview.csv")


def test_it_says_why_it_failed_and_nothing_of_what_people_wrote(tmp_path: Path):
    order = replace(order_in(tmp_path / "beside"), lines=tmp_path / "Canary" / "missing" / "lines.db")
    with pytest.raises(WritingFailed, match=r"OperationalError at .*submissions\.py") as failure:
        write_beside(order, coming())
    assert "Canary" not in str(failure.value)


def test_what_goes_wrong_while_reading_ends_the_other_process(tmp_path: Path):
    def broken() -> Iterator[Batch]:
        yield next(coming())
        raise LookupError("a key is missing")

    order = order_in(tmp_path / "beside")
    with pytest.raises(LookupError):
        write_beside(order, broken())
    assert not (order.folder / "manifest.json").exists()


COMMAND = [sys.executable, "-m", "coalition.documents.writing"]


def test_it_ends_with_the_process_that_started_it_also_when_everything_was_handed_over(tmp_path: Path):
    for handed in ((), (order_in(tmp_path / "beside"), *coming())):
        with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as other:
            for item in handed:
                pickle.dump(item, other.stdin)
            other.stdin.close()
            assert other.wait(timeout=60) == 1


def test_it_fails_in_order_while_more_may_come(tmp_path: Path):
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        (twice,) = batches(candidates(), YEAR, profile_for(YEAR))
        for item in (order_in(tmp_path / "beside"), twice, twice):
            pickle.dump(item, other.stdin)
        other.stdin.flush()
        assert b"IntegrityError at" in other.stdout.readline()
        assert other.wait(timeout=60) == 0


def signalled(what: signal.Signals) -> Iterator[Batch]:
    """Send the other process a signal after the first batch: it may not have begun to listen yet."""
    for number, batch in enumerate(coming()):
        if number == 1:
            for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
                if "coalition.documents.writing" in Path("/proc", pid, "cmdline").read_text():
                    os.kill(int(pid), what)
        yield batch


def test_whoever_stops_a_group_of_processes_stops_the_first_one(tmp_path: Path):
    manifest = write_beside(order_in(tmp_path / "beside"), signalled(signal.SIGTERM))
    assert manifest == write_here(order_in(tmp_path / "here"), coming())


def test_when_it_is_killed_that_is_said(tmp_path: Path):
    with pytest.raises(WritingFailed, match="ended with -9"):
        write_beside(order_in(tmp_path / "beside"), signalled(signal.SIGKILL))
