"""`coalition submission`."""

from pathlib import Path

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime
from coalition.services import submissions
from coalition.services.work import OPERATOR, reading, unit_of_work


@click.group()
def submission() -> None:
    """The yearly submission to ODIHR."""


@submission.command("build")
@click.argument("year", type=click.IntRange(1990, 2100))
@click.option("--output", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the files.")
@plainly
def submission_build(year: int, output: Path) -> None:
    """Write the submission of data year YEAR."""
    runtime = open_runtime()
    with reading(runtime, OPERATOR) as work:
        built = submissions.build_submission(work, year, output)
    counts = built.counts
    with unit_of_work(runtime, OPERATOR) as work:
        submissions.note_build(work, built)
    click.echo(
        f"{counts['incidents']} incidents of {year}: {counts['descriptive']} descriptive, "
        f"{counts['statistical']} statistical. Written to {output}."
    )
