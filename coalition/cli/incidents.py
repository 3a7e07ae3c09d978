"""`coalition incidents`."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime
from coalition.documents.delimited import write_csv
from coalition.documents.member_sheet import MOST_BYTES
from coalition.documents.whole_file import whole_file
from coalition.domain.errors import RefusedSheet, UnreadableFile
from coalition.domain.interchange import written
from coalition.domain.retention import ErasureReason
from coalition.services import erasures, exports, imports, mappings
from coalition.services.imports import ImportLine, Outcome
from coalition.services.sheet_plans import Fate, LeftRow, PlannedRow, SheetPlan
from coalition.services.work import OPERATOR, Runtime, reading, unit_of_work


@click.group("incidents")
def incidents_group() -> None:
    """Read incidents from files, list them, write them to a file, erase one."""


@incidents_group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--organisation", required=True, metavar="CODE", help="The member whose incidents they are.")
@click.option("--accepted", is_flag=True, help='Store them as already reviewed, basis "public source".')
@click.option("--dry-run", is_flag=True, help="Say what would happen and store nothing.")
@click.option("--report", type=click.Path(path_type=Path), help="Write line,outcome,reference,message as CSV.")
@click.option(
    "--mapping", metavar="NAME", help="Read the member's own spreadsheet by the mapping that it kept as NAME."
)
@plainly
def incidents_import(  # noqa: PLR0913 - one per option
    file: Path, organisation: str, *, accepted: bool, dry_run: bool, report: Path | None, mapping: str | None
) -> None:
    """Read FILE: CSV or XLSX in the six columns of ODIHR's published export, or JSON in the product's own format.

    Rows read before are left alone. A bad row is named with its line and reason, the others still arrive; the
    command fails only if no row could be read.

    With --mapping, FILE is any CSV, XLSX or ODS file with the columns of that mapping. Its rows become drafts; those
    of an earlier file are brought up to date, unless somebody has changed or submitted the record since.
    """
    runtime = open_runtime()
    if mapping and accepted:
        raise click.UsageError("--mapping makes drafts; it cannot be used with --accepted.")
    if report:
        # A report that cannot be written is found out now, not when the incidents are stored. What an earlier
        # import wrote there stays until this one is done.
        report.open("a").close()
    if mapping:
        _import_sheet(runtime, file, organisation, mapping, report=report, dry_run=dry_run)
        return
    with reading(runtime, OPERATOR) as work:
        plan = imports.plan_import(work, file, organisation)
    lines = plan.dry_lines() if dry_run else _store_in_parts(runtime, plan, accepted=accepted)
    if report:
        _write_import_report(report, lines)
    counts = Counter(line.outcome for line in lines)
    for line in lines:
        if line.outcome is Outcome.ERROR:
            click.echo(f"{plan.unit} {line.line}: {line.message}", err=True)
    verb = "would be imported" if dry_run else "imported"
    click.echo(
        f"{counts[Outcome.IMPORTED]} {verb}, {counts[Outcome.UNCHANGED]} imported before, {counts[Outcome.ERROR]} bad."
    )
    if lines and counts[Outcome.ERROR] == len(lines):
        raise UnreadableFile(f"{file.name}: no {'record' if plan.unit == 'record' else 'row'} could be read")


def _store_in_parts(runtime: Runtime, plan: imports.Plan, *, accepted: bool) -> list[ImportLine]:
    """Store part by part, so that nobody's saving waits for a large file; interrupted, it is simply run again."""
    stored: list[ImportLine] = []
    for rows in plan.parts():
        with unit_of_work(runtime, OPERATOR) as work:
            stored += imports.store_import(work, plan, rows, accepted=accepted)
    return imports.in_order(stored, plan.settled)


def _import_sheet(  # noqa: PLR0913 - what the command was given
    runtime: Runtime, file: Path, organisation: str, name: str, *, report: Path | None, dry_run: bool
) -> None:
    """Read a member's own spreadsheet by a kept mapping, part by part."""
    with reading(runtime, OPERATOR) as work:
        plan = mappings.plan_file(work, _content(file), organisation, name)
    lines = [(left.line, "error", left.reference, _wrong(left)) for left in plan.left]
    for part in mappings.parts_of(plan):
        with unit_of_work(runtime, OPERATOR) as work:
            stored = [row.reference for row in part] if dry_run else mappings.store_part(work, plan, part)
        lines += _told(plan, part, stored)
    if report:
        write_csv(report, ("line", "outcome", "reference", "message"), sorted(lines))
    for left in plan.left:
        click.echo(f"line {left.line}: {_wrong(left)}", err=True)
    done, counts = "would be" if dry_run else "", plan.counts
    left_out = len(lines) - counts[Fate.NEW] - counts[Fate.CHANGED]
    new, changed = f"{done} imported".strip(), f"{done} updated".strip()
    click.echo(
        f"{counts[Fate.NEW]} {new}, {counts[Fate.CHANGED]} {changed}, {counts[Fate.UNCHANGED]} unchanged, "
        f"{left_out} left."
    )
    if plan.counts and counts[Fate.BAD] == plan.counts.total():
        raise UnreadableFile(f"{file.name}: no row could be read")


def _told(plan: SheetPlan, part: Sequence[PlannedRow], stored: Sequence[str]) -> list[tuple[int, str, str, str]]:
    """Return what came of the rows of a part, and count those as conflicts that a person changed just now."""
    told = []
    for row, reference in zip(part, stored, strict=True):
        fate = row.fate if reference or row.fate is Fate.NEW else Fate.CONFLICT
        plan.counts[row.fate] -= 1
        plan.counts[fate] += 1
        told.append((row.line, fate.value, reference or row.reference, ""))
    return told


def _content(file: Path) -> bytes:
    if file.stat().st_size > MOST_BYTES:
        raise RefusedSheet("too_large")
    return file.read_bytes()


def _wrong(left: LeftRow) -> str:
    told = (f"{item.column}: {item.code}" if item.column else item.code for item in left.problems)
    return "; ".join(text.replace("_", " ") for text in told)


def _write_import_report(path: Path, lines: Sequence[ImportLine]) -> None:
    rows = ((line.line, line.outcome.value, line.reference, line.message) for line in lines)
    write_csv(path, ("line", "outcome", "reference", "message"), rows)


@incidents_group.command("export")
@click.argument("references", nargs=-1, metavar="[REF]...")
@click.option("--year", type=click.IntRange(1990, 2100), help="Only incidents of this year.")
@click.option("--by", required=True, metavar="EMAIL", help="The person whose view of the incidents is written.")
@click.option("--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The JSON file.")
@plainly
def incidents_export(references: Sequence[str], year: int | None, by: str, output: Path) -> None:
    """Write incidents as EMAIL may see them: those named by REF, or all.

    A case worker or lead gets the organisation's records, a coordinator the pseudonymised ones that were handed in.
    `incidents import` reads the file back.
    """
    runtime = open_runtime()
    with reading(runtime, OPERATOR) as work:
        person = exports.reader_named(work, by)
    # The file takes its place after the reading is in the log, so that nobody has a file that the log does not know.
    with whole_file(output) as file, reading(runtime, person, OPERATOR) as work:
        pieces = written(exports.export_incidents(work, references, year), work.now)
        number = sum(1 for piece in pieces if file.write(piece)) - len(("head", "foot"))
    click.echo(f"{number} incidents written to {output}.")


@incidents_group.command("list")
@click.option("--year", type=click.IntRange(1990, 2100), required=True, help="The year in which they happened.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON: all codes and numbers of each.")
@plainly
def incidents_list(year: int, *, as_json: bool) -> None:
    """List the incidents of a year by their codes: no place, no day, no text.

    Without --json one line each: reference, member, state, month, type, bias motivations.
    """
    with reading(open_runtime(), OPERATOR) as work:
        found = list(exports.coded_incidents(work, year))
    if as_json:
        click.echo(json.dumps(found, indent=1))
        return
    for one in found:
        told = (*(one[name] for name in ("reference", "organisation", "state", "date", "type")), *one["motivations"])
        click.echo("  ".join(text or "-" for text in told))


@incidents_group.command("erase")
@click.argument("reference", metavar="REF")
@click.option("--by", required=True, metavar="EMAIL", help="Who asks for it.")
@click.option("--and", "and_by", required=True, metavar="EMAIL", help="Who confirms it.")
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in ErasureReason]),
    default=ErasureReason.PERSON_REQUEST.value,
    show_default=True,
)
@plainly
def incidents_erase(reference: str, by: str, and_by: str, reason: str) -> None:
    """Erase the incident REF for good, for two people: the lead of its organisation and another, or an administrator.

    Its numbers stay in the statistics as far as the person agreed to be counted.
    """
    with unit_of_work(open_runtime(), OPERATOR) as work:
        erased = erasures.erase_incident(work, reference, by, and_by, ErasureReason(reason))
    click.echo(f"Erased {erased}.")
