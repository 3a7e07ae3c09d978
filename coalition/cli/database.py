"""`coalition db`."""

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_with, read_config
from coalition.config import create_secrets
from coalition.db import tables


@click.group()
def db() -> None:
    """Look after the database."""


@db.command("upgrade")
@plainly
def db_upgrade() -> None:
    """Create the installation's folder, secrets and tables, or bring them up to date."""
    config = read_config()
    create_secrets(config)
    runtime = open_with(config)
    tables.upgrade(runtime.engine)
    click.echo(f"The database is at revision {tables.head()}.")
