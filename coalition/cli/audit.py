"""`coalition audit`."""

import json
from collections.abc import Iterable

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime
from coalition.services import audit as log
from coalition.services import collecting
from coalition.services.audit import EntryView
from coalition.services.work import OPERATOR, reading, unit_of_work

_FAULTS = {
    "missing": "entry {number} is missing",
    "altered": "entry {number} is not what was written, or not in its place",
    "cut_off": "entries were cut off: number {number} is not the one that was there",
}


@click.group()
def audit() -> None:
    """Check and read the log of who did what."""


@audit.command("verify")
@plainly
def audit_verify() -> None:
    """Check that no entry was changed, removed or reordered; fails and names the first that was."""
    with reading(open_runtime(), OPERATOR) as work:
        verdict = log.verify_log(work)
    if verdict.fault:
        raise click.ClickException(_FAULTS[verdict.fault.code].format(number=verdict.fault.number))
    click.echo(f"{verdict.entries} entries, intact.")


@audit.command("acknowledge-loss")
@plainly
def audit_acknowledge_loss() -> None:
    """Go on with a log whose newest entries are lost because an older backup was restored; this is logged itself."""
    with unit_of_work(open_runtime(), OPERATOR) as work:
        number = log.acknowledge_loss(work)
    click.echo(f"The entries from number {number} on are lost. The log goes on, and says so.")


@audit.command("send")
@plainly
def audit_send() -> None:
    """Send what is new in the log to COALITION_LOG_COLLECTOR now; the worker does it by itself every few seconds."""
    click.echo(f"Sent {collecting.send_log(open_runtime())} entries.")


@audit.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@plainly
def audit_list(*, as_json: bool) -> None:
    """Print the log, the oldest entry first."""
    with reading(open_runtime(), OPERATOR) as work:
        entries = log.whole_log(work)
        if as_json:
            _print_json(entries)
            return
        for entry in entries:
            said = " ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in entry.details.items())
            who = entry.name or entry.actor
            about = f"{entry.subject_kind} {entry.subject}".strip()
            click.echo(
                f"{entry.number} {entry.at.isoformat()} {who} ({entry.role}) {entry.action} {about} {said}".rstrip()
            )


def _print_json(entries: Iterable[EntryView]) -> None:
    # Written entry by entry: a log of years need not fit into memory.
    click.echo("[", nl=False)
    for place, entry in enumerate(entries):
        said = {**vars(entry), "at": entry.at.isoformat(), "details": dict(entry.details)}
        click.echo(("," if place else "") + "\n" + json.dumps(said, ensure_ascii=False, sort_keys=True), nl=False)
    click.echo("\n]")
