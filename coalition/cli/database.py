"""`coalition db`."""

from pathlib import Path

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime, open_with, read_config
from coalition.config import create_secrets
from coalition.db import migrating, tables
from coalition.services import backups, keys
from coalition.services.work import OPERATOR, reading, unit_of_work


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
    runtime.keys.prepare()
    migrating.upgrade(runtime.engine, keys=runtime.keys)
    with unit_of_work(runtime, OPERATOR) as work:
        keys.key_imported_rows(work)
    click.echo(f"The database is at revision {tables.head()}.")


@db.command("grant")
@click.argument("role")
@plainly
def db_grant(role: str) -> None:
    """Let ROLE, the user of PostgreSQL that the site is, work with the rows and with nothing else.

    Run it after every upgrade, as the owner of the tables. ROLE can then change no table, and of the log no entry.
    """
    count = tables.grant(open_runtime().engine, role)
    click.echo(f"{role} may work with the rows of {count} tables, and only read and add to the log.")


@db.command("backup")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@plainly
def db_backup(folder: Path) -> None:
    """Copy the database and the built files into FOLDER, sealed as they are and without any key."""
    with reading(open_runtime(), OPERATOR) as work:
        files = backups.write_backup(work, folder)
    click.echo(f"The database and {files} files are in {folder}. The keys are not: see coalition keys mirror.")
