"""`coalition retention`."""

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime
from coalition.services import retention
from coalition.services.retention import DueLine
from coalition.services.work import OPERATOR, reading, unit_of_work


@click.group("retention")
def retention_group() -> None:
    """Look at old records again."""


@retention_group.command("run")
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@plainly
def retention_run(*, dry_run: bool) -> None:
    """Put every record that has been kept long enough on its lead's list “Due for review”.

    Nothing is erased: a lead keeps the record or asks for its erasure. Run it daily or weekly; run again it adds
    nothing.
    """
    runtime = open_runtime()
    if dry_run:
        with reading(runtime, OPERATOR) as work:
            due = retention.due_records(work)
    else:
        with unit_of_work(runtime, OPERATOR) as work:
            known = {line.reference for line in retention.due_records(work) if line.listed}
            due = retention.list_due_records(work)
    for line in due:
        listed = line.listed if dry_run else line.reference in known
        kind = line.basis.replace("_", " ") or "nothing said"
        outcome = _outcome(line, listed=listed, dry_run=dry_run)
        click.echo(f"{line.reference}: {line.state.value}, {kind}, due since {line.due_since}: {outcome}")
    held = sum(1 for line in due if line.hold)
    click.echo(f"{len(due) - held} due for review, {held} locked.")


def _outcome(line: DueLine, *, listed: bool, dry_run: bool) -> str:
    if line.hold:
        return f"stays, locked ({line.hold.replace('_', ' ')})"
    if listed:
        return f"on the list of {line.member} already"
    return f"{'would be put' if dry_run else 'put'} on the list of {line.member}"
