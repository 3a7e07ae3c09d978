"""`coalition incidents`."""

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime
from coalition.domain.errors import UnreadableFile
from coalition.services import imports
from coalition.services.imports import ImportLine, Outcome
from coalition.services.work import OPERATOR, Runtime, reading, unit_of_work


@click.group("incidents")
def incidents_group() -> None:
    """Read incidents from files."""


@incidents_group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--organisation", required=True, metavar="CODE", help="The member whose incidents they are.")
@click.option("--accepted", is_flag=True, help='Store them as already reviewed, basis "public source".')
@click.option("--dry-run", is_flag=True, help="Say what would happen and store nothing.")
@click.option("--report", type=click.Path(path_type=Path), help="Write line,outcome,reference,message as CSV.")
@plainly
def incidents_import(file: Path, organisation: str, *, accepted: bool, dry_run: bool, report: Path | None) -> None:
    """Read FILE, CSV or XLSX in the six columns of ODIHR's published export.

    Rows read before are left alone. A bad row is named with its line and reason, the others still arrive; the
    command fails only if no row could be read.
    """
    runtime = open_runtime()
    if report:
        # A report that cannot be written is found out now, not when the incidents are stored. What an earlier
        # import wrote there stays until this one is done.
        report.open("a").close()
    with reading(runtime, OPERATOR) as work:
        plan = imports.plan_import(work, file, organisation)
    lines = plan.dry_lines() if dry_run else _store_in_parts(runtime, plan, accepted=accepted)
    if report:
        _write_import_report(report, lines)
    counts = Counter(line.outcome for line in lines)
    for line in lines:
        if line.outcome is Outcome.ERROR:
            click.echo(f"line {line.line}: {line.message}", err=True)
    verb = "would be imported" if dry_run else "imported"
    click.echo(
        f"{counts[Outcome.IMPORTED]} {verb}, {counts[Outcome.UNCHANGED]} imported before, {counts[Outcome.ERROR]} bad."
    )
    if lines and counts[Outcome.ERROR] == len(lines):
        raise UnreadableFile(f"{file.name}: no row could be read")


def _store_in_parts(runtime: Runtime, plan: imports.Plan, *, accepted: bool) -> list[ImportLine]:
    """Store part by part, so that nobody's saving waits for a large file; interrupted, it is simply run again."""
    stored: list[ImportLine] = []
    for rows in plan.parts():
        with unit_of_work(runtime, OPERATOR) as work:
            stored += imports.store_import(work, plan, rows, accepted=accepted)
    return imports.in_order(stored, plan.settled)


def _write_import_report(path: Path, lines: Sequence[ImportLine]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("line", "outcome", "reference", "message"))
        writer.writerows((line.line, line.outcome.value, line.reference, line.message) for line in lines)
