"""`coalition official`."""

from datetime import date, datetime
from pathlib import Path

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime
from coalition.documents.delimited import csv_text
from coalition.domain.codebook import countries
from coalition.domain.errors import BadFigure, RefusedSheet, UnknownCode, UnreadableFile
from coalition.domain.official import HEADER, Entry, Wrong, written
from coalition.services import official
from coalition.services.work import OPERATOR, reading, unit_of_work

_WRONG = {
    Wrong.COUNTRY: "the country is no OSCE participating State",
    Wrong.YEAR: "the year is not one of four digits from 1990 to this one",
    Wrong.VALUE: 'a figure is neither digits, nor "Not available", nor "-"',
    Wrong.MOTIVATION: "the motivation is not among the bias motivations",
    Wrong.TYPE: "the type is not among the types of incident",
    Wrong.NOTE: "the unit note has more than 300 characters",
    Wrong.SEEN_ON: "the day on which it was seen is no day from 1990 to today, written as 2026-01-31",
    Wrong.SOURCE: "the source is no address that begins with http:// or https://",
    Wrong.NOTHING: "there is no figure on it",
    Wrong.CONTRADICTS: "another line says otherwise of the same figure, seen on the same day",
    Wrong.UNREADABLE: "it does not fit the heading",
}
_REFUSED = {
    "not_csv": "this is a workbook; save it as CSV",
    "too_large": f"the file is larger than {official.MOST_BYTES // 1_000_000} MB",
    "other_columns": (
        "the columns have to be country, year, recorded_by_police, prosecuted, sentenced, source_url, and may be "
        "motivation, type, unit_note, seen_on"
    ),
}


@click.group("official")
def official_group() -> None:
    """Official figures: what police, prosecutors and courts report of hate crime."""


@official_group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--seen-on",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day on which the figures were seen at their source; today if neither this nor the file says it.",
)
@plainly
def official_import(file: Path, seen_on: datetime | None) -> None:
    """Read FILE: CSV with the columns country, year, recorded_by_police, prosecuted, sentenced, source_url.

    It may have the columns motivation, type, unit_note and seen_on too. A figure is digits, "Not available" or "-";
    an empty cell says nothing. What is known is left alone; another value is kept beside the earlier one, and the one
    seen last is in force. A bad line is named with its reason, the others still arrive; the command fails only if no
    line could be read.
    """
    runtime = open_runtime()
    content = _content(file)
    try:
        with unit_of_work(runtime, OPERATOR) as work:
            outcome = official.import_figures(work, content, seen_on.date() if seen_on else None)
    except RefusedSheet as error:
        told = _REFUSED.get(error.reason, error.reason.replace("_", " "))
        raise UnreadableFile(f"{file.name}: {told}") from None
    except BadFigure as error:
        raise UnreadableFile(_WRONG[Wrong(error.wrong)]) from None
    for line in outcome.bad:
        shown = f": {line.text!r}" if line.text else ""
        click.echo(f"line {line.number}: {_WRONG[line.wrong]}{shown}", err=True)
    click.echo(f"{outcome.added} figures added, {outcome.known} known before, {len(outcome.bad)} bad lines.")
    if outcome.unread:
        raise UnreadableFile(f"{file.name}: no line could be read")


def _content(file: Path) -> bytes:
    if file.stat().st_size > official.MOST_BYTES:
        raise UnreadableFile(f"{file.name}: {_REFUSED['too_large']}")
    return file.read_bytes()


@official_group.command("list")
@click.argument("country", default="")
@click.option("--revisions", is_flag=True, help="Also what was in force before.")
@click.option("--csv", "as_csv", is_flag=True, help="Write CSV that `official import` reads back.")
@plainly
def official_list(country: str, *, revisions: bool, as_csv: bool) -> None:
    """List the official figures of COUNTRY (code or English name), or of all countries.

    One line each: country, year, figure, value, the day on which it was seen, motivation, type.
    """
    code = _country(country)
    with reading(open_runtime(), OPERATOR) as work:
        find = official.all_entries if revisions else official.current_entries
        found = find(work, code)
    if as_csv:
        click.echo(csv_text(HEADER, map(written, found)).removeprefix("\ufeff"), nl=False)
        return
    for entry in found:
        click.echo("  ".join(_told(entry)))


def _country(text: str) -> str:
    if not text:
        return ""
    code = text.strip().upper()
    try:
        return code if code in countries() else countries().find(text).code
    except UnknownCode:
        raise UnknownCode("OSCE participating States", text) from None


def _told(entry: Entry) -> tuple[str, ...]:
    cell, seen = entry.cell, date.isoformat(entry.seen_on)
    told = (cell.country, str(cell.year), cell.figure.value, entry.value.printed, seen, cell.motivation, cell.type)
    return tuple(text for text in told if text)
