"""`coalition submission match`: what ODIHR published of a year beside what was sent."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime
from coalition.documents.delimited import write_csv
from coalition.domain.exports import COLUMNS
from coalition.domain.matching import Match, Matching, Outcome
from coalition.services import matches, published
from coalition.services.published import ReadList
from coalition.services.work import OPERATOR, Runtime, reading, unit_of_work

HEADER = ("reference", "outcome", "published_line", "changed_fields", "score")
UNMATCHED = "unmatched.csv"
UNMATCHED_HEADER = ("published_line", *COLUMNS)
_WORDS = {
    Outcome.INCLUDED: "as they were sent",
    Outcome.CHANGED: "changed",
    Outcome.MERGED: "merged with others",
    Outcome.NOT_INCLUDED: "not in the list",
}


@click.command("match")
@click.argument("year", type=click.IntRange(1990, 2100))
@click.argument("published_list", metavar="PUBLISHED", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"File for the matches; {UNMATCHED}, the lines that are not ours, is written beside it.",
)
@click.option("--keep", is_flag=True, help="Keep the list, so that its matches are shown in the pages as well.")
@plainly
def submission_match(year: int, published_list: Path, output: Path, *, keep: bool) -> None:
    """Match what ODIHR PUBLISHED of data year YEAR with what was sent.

    PUBLISHED is its list as CSV or XLSX ("Report Export"). Each record of the submission gets one line of the list, or
    none; what people decided about it in the pages holds.
    """
    found = published.read_list(published_list)
    others_file = output.with_name(UNMATCHED)
    if others_file == output:
        raise click.UsageError(f"{UNMATCHED} is the name of the second file; give --output another one.")
    runtime = open_runtime()
    if keep:
        published.of_year(found, year)
    with reading(runtime, OPERATOR) as work:
        submitted = matches.was_submitted(work, year)
        matching = matches.match_lines(work, year, found.lines)
    _write(output, HEADER, (_cells(item) for item in matching.matches))
    _write(others_file, UNMATCHED_HEADER, ((line.number, *line.cells) for line in matching.others))
    if keep:
        _keep(runtime, year, found)
    _say(year, found, matching, submitted=submitted)
    click.echo(f"Written to {output} and {others_file}.")


def _cells(item: Match) -> Sequence[str | int]:
    return (
        item.sent.reference,
        item.outcome.value,
        item.line.number if item.line else "",
        ";".join(item.changed),
        f"{item.score:.4f}",
    )


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> None:
    """Write a file beside its place and move it there whole, so that nobody reads half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write_csv(beside, header, rows)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _keep(runtime: Runtime, year: int, found: ReadList) -> None:
    with unit_of_work(runtime, OPERATOR) as work:
        published.keep_list(work, year, found)
    with reading(runtime, OPERATOR) as work:
        matches.run_matching(work, year, lambda _done, _total, _step: None)


def _say(year: int, found: ReadList, matching: Matching, *, submitted: bool) -> None:
    if not submitted:
        click.echo(
            f"No submission of {year} was ever built: the records were matched that would be in one now.", err=True
        )
    if found.unread:
        lines = ", ".join(map(str, found.unread[:10])) + (" …" if len(found.unread) > 10 else "")  # noqa: PLR2004 - a line's worth
        click.echo(f"{len(found.unread)} lines could not be read and were left out: {lines}", err=True)
    counts = matches.counts_of(matching)
    told = ", ".join(f"{counts[outcome.value]} {words}" for outcome, words in _WORDS.items())
    click.echo(f"{len(matching.matches)} records of {year}: {told}. {counts['others']} lines are not ours.")
