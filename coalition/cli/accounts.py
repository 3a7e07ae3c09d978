"""`coalition users`."""

import sys

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime
from coalition.domain.vocabulary import SIGN_IN_ROLES
from coalition.services import accounts
from coalition.services.work import OPERATOR, unit_of_work


@click.group()
def users() -> None:
    """Look after people who can sign in."""


@users.command("create")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", required=True, type=click.Choice([role.value for role in SIGN_IN_ROLES]))
@click.option("--organisation", metavar="CODE", help="Needed for a case worker or a lead.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@plainly
def users_create(email: str, name: str, role: str, organisation: str | None, *, password_stdin: bool) -> None:
    """Create an account; asks for the password unless it comes from standard input."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
        password.encode()  # bytes that are no text are found out before anything is made of them
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with unit_of_work(open_runtime(), OPERATOR) as work:
        account, _ = accounts.create_account(
            work, email=email, name=name, role=role, organisation_code=organisation, password=password
        )
    click.echo(f"Created {account.role.replace('_', ' ')} {account.email}.")
