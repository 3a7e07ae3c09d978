"""`coalition report`."""

from pathlib import Path

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime
from coalition.services import reports
from coalition.services.work import OPERATOR, reading, unit_of_work


@click.group()
def report() -> None:
    """The PDF report."""


@report.command("build")
@click.argument("year", type=click.IntRange(1990, 2100))
@click.option("--language", required=True, help="One of the coalition's languages.")
@click.option("--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The PDF file.")
@plainly
def report_build(year: int, language: str, output: Path) -> None:
    """Write the report on data year YEAR as PDF."""
    runtime = open_runtime()
    with reading(runtime, OPERATOR) as work:
        built = reports.build_report(work, year, language, output)
    with unit_of_work(runtime, OPERATOR) as work:
        reports.note_build(work, built)
    click.echo(f"Report on {built.incidents} incidents of {year} written to {output}.")
