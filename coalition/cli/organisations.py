"""`coalition organisations`."""

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime
from coalition.services import organisations
from coalition.services.work import OPERATOR, unit_of_work


@click.group("organisations")
def organisations_group() -> None:
    """Look after member organisations."""


@organisations_group.command("create")
@click.argument("code")
@click.argument("name")
@plainly
def organisations_create(code: str, name: str) -> None:
    """Create the member organisation NAME with a short CODE."""
    with unit_of_work(open_runtime(), OPERATOR) as work:
        created = organisations.create_organisation(work, code, name)
    click.echo(f"Created organisation {created.code}.")
