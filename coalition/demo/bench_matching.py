"""How long it takes to match a published list with very many records, and how much memory: `make bench-matching`.

It makes a list of what was sent: a fifth left out, a third dated, labelled, worded or credited otherwise, some of it
without description, and as many lines of others as a tenth; many rows are equal to each other. It prints the time of
reading and matching it beside the time of reading the same list, and what was sent, with nothing but the module csv,
each in a process of its own, and the largest memory of each. Nothing is asserted: what is slow depends on the machine.
"""

import argparse
import csv
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from coalition.config import Config
from coalition.demo.bench import LATEST, NOW, say
from coalition.demo.bench_submission import child, filled, measured, resident, told
from coalition.documents.delimited import write_csv
from coalition.domain.exports import COLUMNS
from coalition.domain.published import Cells
from coalition.services import matches, published
from coalition.services.work import OPERATOR, Runtime, make_runtime, reading

LIST, SENT = "published.csv", "sent.csv"
_MODULE = "coalition.demo.bench_matching"
TYPES = ("Violent attacks against people", "Threats/Harassment", "Attacks against property")
DATE, _COUNTRY, MOTIVATIONS, TYPE, SOURCE, DESCRIPTION = range(6)


CHANGES: dict[int, tuple[int, Callable[[str, Random], str]]] = {
    8: (DATE, lambda _text, dice: f"{LATEST}-{dice.randint(1, 12):02}"),
    13: (TYPE, lambda _text, dice: dice.choice(TYPES)),
    18: (MOTIVATIONS, lambda text, _dice: f"{text}, Gender-based hate crime"),
    33: (DESCRIPTION, lambda text, dice: " ".join(word for word in text.split() if dice.randrange(4))),
    38: (DESCRIPTION, lambda _text, _dice: ""),
    43: (SOURCE, lambda text, _dice: f"{text}, UNHCR"),
}
"""Of a hundred rows, up to which number which cell is changed, and how."""
PUBLISHED = 80
"""So many of a hundred rows have a line."""


def main() -> None:
    """Make an installation with many cases of one year in a temporary folder, measure, and throw it away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=20_000)
    parser.add_argument("--match", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--floor", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.match:
        told(match(chosen.match))
    elif chosen.floor:
        told(floor(chosen.floor))
    else:
        compare(chosen.incidents)


def compare(number: int) -> None:
    """Fill an installation, publish a list of it, match, and print what it took."""
    with tempfile.TemporaryDirectory(prefix="coalition-bench-") as folder:
        with filled(folder, number) as runtime:
            lines = publish(runtime, Path(folder))
        bare, whole = (child(_MODULE, act, folder) for act in ("--floor", "--match"))
    say(f"matching {lines:,} lines", whole["seconds"], f"at most {whole['megabytes']:.0f} MB")
    say("floor: reading both, the module csv alone", bare["seconds"], f"{bare['megabytes']:.0f} MB")
    print(f"{whole['incidents']:,} records have a line")  # noqa: T201 - a command's output


def publish(runtime: Runtime, folder: Path) -> int:
    """Write what would be sent, and a list of it as ODIHR could publish it; returns how many lines that has."""
    dice = Random(1)  # noqa: S311 - the same list each time  # nosec B311
    with reading(runtime, OPERATOR) as work:
        rows = [row.cells for row in matches.sent_rows(work, LATEST)]
    write_csv(folder / SENT, COLUMNS, rows)
    lines = [line for row in rows for line in made_of(row, dice)]
    dice.shuffle(lines)
    write_csv(folder / LIST, COLUMNS, lines)
    return len(lines)


def made_of(row: Cells, dice: Random) -> Iterator[Cells]:
    """Yield the line that became of a row, if any, and now and then one that is somebody else's."""
    at = dice.randrange(100)
    below = (most for most in CHANGES if at < most)
    cell, made = CHANGES.get(next(below, 0), (DATE, lambda text, _dice: text))
    if at < PUBLISHED:
        yield (*row[:cell], made(row[cell], dice), *row[cell + 1 :])
    if not at % 10:
        yield (*row[:SOURCE], "UNHCR", row[DESCRIPTION])


def match(data: Path) -> dict[str, Any]:
    """Read the list and match it as the command line does."""
    runtime = make_runtime(Config.from_env({"COALITION_DATA": str(data)}), lambda: NOW)
    try:
        return measured(lambda: _matched(runtime, data / LIST))
    finally:
        runtime.dispose()


def _matched(runtime: Runtime, file: Path) -> int:
    found = published.read_list(file)
    with reading(runtime, OPERATOR) as work:
        matching = matches.match_lines(work, LATEST, found.lines)
    return sum(item.line is not None for item in matching.matches)


def floor(data: Path) -> dict[str, Any]:
    """Read what was sent and the list, and nothing else."""
    rows: list[list[str]] = []

    def read() -> int:
        for name in (SENT, LIST):
            rows.extend(_read(data / name))
        return len(rows)

    found = measured(read)
    # It may be over before anybody looked.
    return {**found, "megabytes": resident(str(os.getpid())) / 2**20}


def _read(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8-sig", newline="") as content:
        return list(csv.reader(content))


if __name__ == "__main__":
    main()
