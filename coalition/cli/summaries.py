"""`coalition summary`."""

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime
from coalition.services import summaries
from coalition.services.work import OPERATOR, reading, unit_of_work


@click.group()
def summary() -> None:
    """The public summary."""


@summary.command("publish")
@click.argument("year", type=click.IntRange(1990, 2100))
@plainly
def summary_publish(year: int) -> None:
    """Publish the summary of data year YEAR as it stands now."""
    runtime = open_runtime()
    with reading(runtime, OPERATOR) as work:
        counted = summaries.count_year(work, year)
    with unit_of_work(runtime, OPERATOR) as work:
        published = summaries.publish_summary(work, year, counted)
    click.echo(f"Published {year}: {published.incidents} incidents.")
