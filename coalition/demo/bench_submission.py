"""How long a submission of very many incidents takes, and how much memory: `make bench-submission`.

It prints the time of a whole build (read, select, order, write every file) beside the time that writing the same cells
takes with nothing but the spreadsheet library, each in a process of its own, and the largest memory of each; of a
build, that of both its processes. Then, once, a build that is kept as a version: every cell is sealed and stored, every
file sealed. Nothing is asserted: what is slow depends on the machine.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from threading import Event, Thread
from typing import Any

import xlsxwriter

from coalition.config import Config, create_secrets
from coalition.db import incidents as storage
from coalition.db import migrating
from coalition.db.accounts import Account
from coalition.db.organisations import Organisation
from coalition.demo.bench import LATEST, NOW, PART, say
from coalition.demo.generation import generate
from coalition.demo.loading import load_demo
from coalition.documents.submissions import cells_in
from coalition.domain.vocabulary import Basis, Purpose, State
from coalition.services import submissions, versions
from coalition.services.work import OPERATOR, Runtime, make_runtime, reading, unit_of_work

_LINES = "lines.db"
_MODULE = "coalition.demo.bench_submission"


def main() -> None:
    """Make an installation with many cases of one year in a temporary folder, measure, and throw it away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--build", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--floor", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--keep", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.build:
        told(build(chosen.build))
    elif chosen.floor:
        told(floor(chosen.floor))
    elif chosen.keep:
        told(keep(chosen.keep))
    else:
        compare(chosen.incidents, chosen.times)


def compare(number: int, times: int) -> None:
    """Fill an installation, then build and write in turns, and print the best of each."""
    with tempfile.TemporaryDirectory(prefix="coalition-bench-") as folder:
        with filled(folder, number):
            pass
        runs = [(child(_MODULE, "--build", folder), child(_MODULE, "--floor", folder)) for _ in range(times)]
        kept = child(_MODULE, "--keep", folder)
    whole, bare = (min(run[place]["seconds"] for run in runs) for place in (0, 1))
    say("building the submission", whole, f"at most {max(run[0]['megabytes'] for run in runs):.0f} MB")
    say("floor: the same cells, the library alone", bare, f"{max(run[1]['megabytes'] for run in runs):.0f} MB")
    print(f"ratio {whole / bare:.2f}; {runs[0][0]['incidents']:,} incidents")  # noqa: T201 - a command's output
    say("building it and keeping it as version 1", kept["seconds"], f"at most {kept['megabytes']:.0f} MB")


@contextmanager
def filled(folder: str, number: int) -> Iterator[Runtime]:
    """Make an installation in a folder, with accepted cases of one year, and say how long that took."""
    config = Config.from_env({"COALITION_DATA": folder})
    create_secrets(config)
    runtime = make_runtime(config, lambda: NOW)
    try:
        migrating.upgrade(runtime.engine)
        began = time.perf_counter()
        fill(runtime, number)
        say("filling the database", time.perf_counter() - began, f"{number:,} accepted cases of {LATEST}")
        yield runtime
    finally:
        runtime.dispose()


def fill(runtime: Runtime, number: int) -> None:
    """Store invented cases that all may be submitted."""
    with unit_of_work(runtime, OPERATOR) as work:
        load_demo(work, incidents=50, seed=1)
    with reading(runtime, OPERATOR) as work:
        members = {row.code: row.id for row in work.session.query(Organisation)}
        people = {row.email: row.id for row in work.session.query(Account)}
    consents = frozenset(purpose.value for purpose in Purpose)
    invented = (
        storage.NewIncident(
            members[item.organisation],
            people[item.author],
            State.ACCEPTED,
            replace(item.facts, date=replace(item.facts.date, year=LATEST), basis=Basis.CONSENT, consents=consents),
            NOW,
            submitted_at=NOW,
        )
        for item in generate(2 * number, 2, LATEST).incidents
        if item.facts.date and item.facts.motivations and item.facts.type and item.facts.date.day != _LEAP
    )
    wanted = islice(invented, number)
    while part := list(islice(wanted, PART)):
        with unit_of_work(runtime, OPERATOR) as work:
            for _references in storage.insert_incidents(work.session, part):
                pass


_LEAP = 29
"""The 29th of February is not in every year; nobody misses the others."""


def child(module: str, act: str, folder: str) -> dict[str, Any]:
    """Do one thing that a module measures in a process of its own, and return what it told."""
    command = [sys.executable, "-m", module, act, folder]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own module
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def told(found: dict[str, Any]) -> None:
    """Print what was measured."""
    print(json.dumps(found))  # noqa: T201 - for the process that asked


def build(data: Path) -> dict[str, Any]:
    """Build the submission as the command line and the worker do."""
    runtime = make_runtime(Config.from_env({"COALITION_DATA": str(data)}), lambda: NOW)
    (data / _LINES).unlink(missing_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=data) as folder, reading(runtime, OPERATOR) as work:
            return measured(
                lambda: submissions.build_submission(work, LATEST, Path(folder), data, lambda *_step: None).counts[
                    "incidents"
                ]
            )
    finally:
        runtime.dispose()


def floor(data: Path) -> dict[str, Any]:
    """Write the cells that the build left behind, already in memory, with the library and nothing else."""
    rows = list(cells_in(data / _LINES))
    return measured(lambda: write_bare(rows, data / "floor.xlsx"))


def keep(data: Path) -> dict[str, Any]:
    """Build the submission and keep it as a version."""
    runtime = make_runtime(Config.from_env({"COALITION_DATA": str(data)}), lambda: NOW)
    (data / _LINES).unlink(missing_ok=True)
    try:
        with tempfile.TemporaryDirectory(dir=data) as folder:
            return measured(lambda: build_and_keep(runtime, Path(folder), data))
    finally:
        runtime.dispose()


def build_and_keep(runtime: Runtime, folder: Path, aside: Path) -> int:
    """Do what the command line does between its first line and its last."""
    with reading(runtime, OPERATOR) as work:
        made = versions.prepare(work, LATEST, folder, aside, lambda *_step: None)
    with unit_of_work(runtime, OPERATOR) as work:
        versions.keep(work, made, folder)
    return made.counts["incidents"]


def write_bare(rows: list[list[str]], path: Path) -> int:
    """Write rows of texts, each with its number; returns how many."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_urls": False}) as book:
        sheet, style = book.add_worksheet(), book.add_format({"text_wrap": True, "valign": "top"})
        for number, cells in enumerate(rows):
            sheet.write_number(number, 0, number + 1, style)
            for place, cell in enumerate(cells, start=1):
                sheet.write_string(number, place, cell, style)
    return len(rows)


def measured(act: Callable[[], int]) -> dict[str, Any]:
    """Return how long something takes that returns a number of incidents, and how much memory it needs at most."""
    done, found = Event(), [0.0]
    watching = Thread(target=watch, args=(done, found))
    watching.start()
    began = time.perf_counter()
    number = act()
    seconds = time.perf_counter() - began
    done.set()
    watching.join()
    return {"seconds": seconds, "incidents": number, "megabytes": max(found)}


def watch(done: Event, found: list[float]) -> None:
    """Look 20 times a second how much memory this process and those that it started have together."""
    while not done.wait(0.05):
        found.append(sum(resident(pid) for pid in (str(os.getpid()), *children())) / 2**20)


def children() -> list[str]:
    """Return the ids of the processes that this one started."""
    return [pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]


def resident(pid: str) -> int:
    """Return how many bytes of memory a process has; none when it has ended."""
    try:
        return int(Path("/proc", pid, "statm").read_text().split()[1]) * resource.getpagesize()
    except (FileNotFoundError, ProcessLookupError):
        return 0


if __name__ == "__main__":
    main()
