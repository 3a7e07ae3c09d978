"""`coalition index`."""

import sys

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime
from coalition.services import text_index
from coalition.services.work import OPERATOR, reading


@click.group("index")
def index_group() -> None:
    """Look after the text index, by which records are searched and compared."""


@index_group.command("rebuild")
@plainly
def index_rebuild() -> None:
    """Throw the text index away and make it anew from the records.

    It is needed after a backup was restored, and does no harm at any other time: meanwhile searches miss what is not in
    the index yet.
    """
    with reading(open_runtime(), OPERATOR) as work:
        held = text_index.rebuild(work, _say)
    click.echo(f"The text index holds {held} incidents.")


def _say(done: int, total: int) -> None:
    """Say how far it is to whoever sits in front of it; a script is told the end only."""
    if sys.stderr.isatty():
        click.echo(f"\r{done} of {total}", err=True, nl=done == total)
