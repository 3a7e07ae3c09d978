"""`coalition submission`."""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime
from coalition.cli.progress import Progress
from coalition.cli.submission_matching import submission_match
from coalition.cli.submission_packaging import submission_package
from coalition.cli.submission_verifying import submission_verify
from coalition.documents.submission_files import NAMES
from coalition.documents.whole_folder import check_place, put_in_place
from coalition.domain.errors import ChangedMeanwhile
from coalition.domain.versions import PART, Reason, What
from coalition.paths import scratch
from coalition.services import versions
from coalition.services.versions import Comparison, Kept, Line, Prepared, VersionView
from coalition.services.work import OPERATOR, Runtime, reading, unit_of_work

_YEAR = click.IntRange(1990, 2100)
_OUTPUT = click.option(
    "--output", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the files."
)
_PROFILE = click.option("--profile", default="", metavar="CODE", help="Profile; default is the one that fits the year.")
_STEPS = {
    "": "Selecting the incidents",
    "submission.xlsx": "Writing submission.xlsx",
    "incidents.csv": "Writing incidents.csv",
    "statistics.csv": "Writing statistics.csv",
    "overview.csv": "Writing overview.csv",
    "keep": "Keeping the version",
    "place": "Putting the files in their place",
}
_TRIES = 3
_DIGITS = 6
"""No year has a million versions."""
_NOW = 0
"""Stands for what would leave now, where a version is asked for."""


@click.group()
def submission() -> None:
    """The yearly submission to ODIHR."""


submission.add_command(submission_match)
submission.add_command(submission_package)
submission.add_command(submission_verify)


@submission.command("build")
@click.argument("year", type=_YEAR)
@_OUTPUT
@_PROFILE
@plainly
def submission_build(year: int, output: Path, profile: str) -> None:
    """Write the submission of data year YEAR, as the year's next version.

    When nothing has changed since the latest version, there is no new one: its files are written again. The folder is
    exchanged as a whole, at the end; other files are never deleted, a folder that holds some is refused.
    """
    check_place(output, NAMES)
    runtime = open_runtime()
    with TemporaryDirectory(dir=scratch(), prefix="coalition-") as aside, Progress(_STEPS) as progress:
        made, kept, folder = _build(runtime, year, profile, Path(aside), progress)
        if kept.outdated:
            raise click.ClickException("meanwhile consent was taken back for something in it; build it again")
        progress(0, 1, "place")
        put_in_place([folder / name for name in made.names], output, NAMES)
    counts = made.counts
    click.echo(
        f"{counts['incidents']} incidents of {year}: {counts['descriptive']} descriptive, "
        f"{counts['statistical']} statistical. Written to {output}."
    )
    click.echo(
        f"{_name(kept.number)}: nothing has changed since it was built." if kept.unchanged else _what_is_new(made)
    )


def _build(runtime: Runtime, year: int, profile: str, aside: Path, progress: Progress) -> tuple[Prepared, Kept, Path]:
    """Make a version, again where somebody else made one meanwhile."""
    for attempt in range(1, _TRIES + 1):
        folder, rest = aside / f"files-{attempt}", aside / f"rest-{attempt}"
        folder.mkdir()
        rest.mkdir()
        with reading(runtime, OPERATOR) as work:
            made = versions.prepare(work, year, folder, rest, progress, profile=profile)
        progress(0, 1, "keep")
        try:
            with unit_of_work(runtime, OPERATOR) as work:
                return made, versions.keep(work, made, folder), folder
        except ChangedMeanwhile:
            if attempt == _TRIES:
                raise
    raise ChangedMeanwhile


def _what_is_new(made: Prepared) -> str:
    number, base = made.manifest["version"], made.manifest["based_on"]
    return f"{_name(number)}, a revision of {_name(base)}: see changes.csv." if base else f"{_name(number)}."


def _name(number: int | None) -> str:
    return f"v{number}" if number else "now"


@submission.command("fetch")
@click.argument("year", type=_YEAR)
@click.argument("number", metavar="VERSION", type=str, callback=lambda _c, _p, text: _number(text))
@_OUTPUT
@_PROFILE
@plainly
def submission_fetch(year: int, number: int, output: Path, profile: str) -> None:
    """Write the files of version VERSION of data year YEAR again, as they were built."""
    check_place(output, NAMES)
    with TemporaryDirectory(dir=scratch(), prefix="coalition-") as aside:
        with unit_of_work(open_runtime(), OPERATOR) as work:
            _refuse_outdated(versions.version_of(work, year, number, profile))
            files = versions.fetch(work, year, number, Path(aside), profile)
        put_in_place(files, output, NAMES)
    click.echo(f"{_name(number)} of {year} is in {output}.")


def _refuse_outdated(version: VersionView) -> None:
    if version.outdated:
        raise click.ClickException(
            f"{_name(version.number)} holds a record that may not leave any more: build a revision"
        )


@submission.command("list")
@click.argument("year", type=_YEAR, required=False)
@click.option("--json", "as_json", is_flag=True, help="For programs: an array, the latest version first.")
@_PROFILE
@plainly
def submission_list(year: int | None, profile: str, *, as_json: bool) -> None:
    """List the versions of data year YEAR, or of every year.

    As JSON each has: year, version, profile, built_at, built_by, based_on, counts, sent_at, sent_by, outdated, sha256.
    """
    with reading(open_runtime(), OPERATOR) as work:
        found = versions.list_versions(work, year, profile)
    if as_json:
        click.echo(json.dumps([_as_data(version) for version in found], ensure_ascii=False, indent=2))
        return
    for version in found:
        click.echo(_in_a_line(version))
    if not found:
        click.echo("Nothing was built yet.")


def _as_data(version: VersionView) -> dict[str, Any]:
    return {
        "year": version.year,
        "version": version.number,
        "profile": version.profile,
        "built_at": version.built_at.isoformat(),
        "built_by": version.built_by or None,
        "based_on": version.based_on,
        "counts": version.counts,
        "sent_at": version.sent_at.isoformat() if version.sent_at else None,
        "sent_by": version.sent_by or None,
        "outdated": version.outdated,
        "sha256": dict(version.manifest["sha256"]),
    }


def _in_a_line(version: VersionView) -> str:
    counts = version.counts
    said = [
        f"{version.year} {_name(version.number)}",
        version.profile,
        f"built {version.built_at:%Y-%m-%d %H:%M} UTC by {version.built_by or 'the command line'}",
        f"{counts['incidents']} incidents ({counts['descriptive']} descriptive)",
    ]
    said += [f"revises {_name(version.based_on)}"] if version.based_on else []
    said += [f"sent {version.sent_at:%Y-%m-%d}"] if version.sent_at else []
    said += ["not handed out any more: build a revision"] if version.outdated else []
    return ", ".join(said)


@submission.command("diff")
@click.argument("year", type=_YEAR)
@click.argument("before", metavar="V1", callback=lambda _c, _p, text: _number(text))
@click.argument("after", metavar="V2", callback=lambda _c, _p, text: _number(text, now=True))
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@_PROFILE
@plainly
def submission_diff(year: int, before: int, after: int, profile: str, *, as_json: bool) -> None:
    """Say what differs between versions V1 and V2 of data year YEAR, and why; V2 may be "now".

    As JSON an object: year, profile, before, after (null for now), since, until, counts {added, removed, changed},
    added, removed, changed, erased. The three lists hold objects: reference, before and after (part, number; null where
    it is not in it), fields, cells [{field, before, after}], withheld (true where nothing of it may be shown any more),
    reasons [{why, at, fields, other}]. Erased records are gone: {numbers, counted} are their numbers in the older
    sheet, and how many were only counted.
    """
    with TemporaryDirectory(dir=scratch(), prefix="coalition-") as aside, reading(open_runtime(), OPERATOR) as work:
        found = versions.compare(work, year, before, after or None, Path(aside), profile=profile)
    if as_json:
        click.echo(json.dumps(_difference(found), ensure_ascii=False, indent=2))
        return
    for line in _told(found):
        click.echo(line)


def _number(text: str, *, now: bool = False) -> int:
    """Read a version as people write it: 2 or v2; raises BadParameter."""
    plain = text.lower().removeprefix("v")
    if now and plain == "now":
        return _NOW
    if not plain.isascii() or not plain.isdigit() or len(plain) > _DIGITS or not int(plain):
        raise click.BadParameter(f"{text!r} is no version, such as v1")
    return int(plain)


def _difference(found: Comparison) -> dict[str, Any]:
    lists = {what.value: [_line(line) for line in found.of(what)] for what in (What.ADDED, What.REMOVED, What.CHANGED)}
    return {
        "year": found.year,
        "profile": found.profile,
        "before": found.before,
        "after": found.after,
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
        "counts": found.counts,
        **lists,
        "erased": {"numbers": [*found.found.erased], "counted": found.found.erased_counted},
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "reference": line.reference,
        "before": {"part": line.before.part.value, "number": line.before.number} if line.before else None,
        "after": {"part": line.after.part.value, "number": line.after.number} if line.after else None,
        "fields": [*line.fields],
        "cells": [{"field": cell.field, "before": cell.before, "after": cell.after} for cell in line.cells],
        "withheld": line.withheld,
        "reasons": [_reason(reason) for reason in line.reasons],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "why": reason.why.value,
        "at": reason.at.isoformat() if reason.at else None,
        "fields": [*reason.fields],
        "other": reason.other or None,
    }


_SIGNS = {What.ADDED: "+", What.REMOVED: "-", What.CHANGED: "*"}


def _told(found: Comparison) -> Iterator[str]:
    counts = found.counts
    yield (
        f"{found.year}, {_name(found.before)} and {_name(found.after)}: {counts['added']} added, "
        f"{counts['removed']} removed, {counts['changed']} changed."
    )
    for line in found.lines:
        yield f"{_SIGNS[line.what]} {line.reference}{_where(line)}: {'; '.join(map(_why, line.reasons))}"
        for cell in line.cells:
            yield f"    {cell.field}: {cell.before!r} -> {cell.after!r}"
    for number in found.found.erased:
        yield f"- number {number}: erased"
    if found.found.erased_counted:
        yield f"- {found.found.erased_counted} that were only counted: erased"


def _where(line: Line) -> str:
    places = [place for place in (line.before, line.after) if place]
    words = [f"number {place.number}" if place.number else "counted" for place in places]
    moved = PART in line.fields or len(set(words)) > 1
    return f" ({' -> '.join(words) if moved else words[0]})"


def _why(reason: Reason) -> str:
    words = reason.why.value.replace("_", " ")
    words += f" with {reason.other}" if reason.other else ""
    words += f" ({', '.join(reason.fields)})" if reason.fields else ""
    return f"{words}, {reason.at:%Y-%m-%d}" if reason.at else words
