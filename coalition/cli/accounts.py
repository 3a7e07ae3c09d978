"""`coalition users`."""

import sys

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime
from coalition.domain.vocabulary import SIGN_IN_ROLES
from coalition.services import accounts, invitations, resets, settings
from coalition.services.work import OPERATOR, unit_of_work


@click.group()
def users() -> None:
    """Look after people who can sign in."""


@users.command("create")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", required=True, type=click.Choice([role.value for role in SIGN_IN_ROLES]))
@click.option("--organisation", metavar="CODE", help="Needed for a case worker or a lead.")
@click.option("--affiliation", metavar="CODE", help="Of a coordinator: the member that they come from.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@plainly
def users_create(  # noqa: PLR0913 - one value per option
    email: str, name: str, role: str, organisation: str | None, affiliation: str | None, *, password_stdin: bool
) -> None:
    """Create an account; asks for the password unless it comes from standard input."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
        password.encode()  # bytes that are no text are found out before anything is made of them
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with unit_of_work(open_runtime(), OPERATOR) as work:
        account = accounts.create_account(
            work,
            email=email,
            name=name,
            role=role,
            organisation_code=organisation,
            password=password,
            affiliation_code=affiliation,
        )
    click.echo(f"Created {account.role.replace('_', ' ')} {account.email}.")


@users.command("invite")
@click.argument("email")
@click.option("--by", metavar="EMAIL", help="Who says that the password is lost, if the account is in use.")
@click.option("--and", "second", metavar="EMAIL", help="Who says so as well; one is an administrator.")
@plainly
def users_invite(email: str, by: str | None, second: str | None) -> None:
    """Print a one-time link with which somebody chooses a password; an earlier one ends.

    A new person's link needs nobody else: whoever runs this stands for the person. For an account in use it takes the
    word of two other people.
    """
    with unit_of_work(open_runtime(), OPERATOR) as work:
        language = settings.read(work).languages[0]
        link = invitations.make_link(work, email, (by, second) if by and second else None)
    click.echo(f"For {link.account.email}, good once and for three days. Put your site's address in front:")
    click.echo(f"/{language}/invitation/{link.token}")


@users.command("end-sessions")
@click.argument("email")
@plainly
def users_end_sessions(email: str) -> None:
    """Sign somebody out everywhere, at once."""
    with unit_of_work(open_runtime(), OPERATOR) as work:
        count = accounts.end_sessions_of(work, email)
    click.echo(f"{count} sessions of {email} have ended." if count != 1 else f"1 session of {email} has ended.")


@users.command("set-role")
@click.argument("email")
@click.argument("role", type=click.Choice([role.value for role in SIGN_IN_ROLES]))
@click.option("--organisation", metavar="CODE", help="Needed for a case worker or a lead who belongs to none yet.")
@plainly
def users_set_role(email: str, role: str, organisation: str | None) -> None:
    """Give somebody another role at once; their sessions end. Whoever runs this stands for the person."""
    with unit_of_work(open_runtime(), OPERATOR) as work:
        account = accounts.set_role(work, email, role, organisation)
    click.echo(f"{account.email} is now {account.role.replace('_', ' ')}.")


@users.command("set-affiliation")
@click.argument("email")
@click.argument("code", required=False)
@plainly
def users_set_affiliation(email: str, code: str | None) -> None:
    """Say which member a coordinator comes from, or without a code that they come from none.

    They never decide alone on that member's incidents.
    """
    with unit_of_work(open_runtime(), OPERATOR) as work:
        account = accounts.set_affiliation(work, email, code)
    home = account.affiliation_name
    click.echo(f"{account.email} comes from {home.main if home else 'no member'}.")


@users.command("reset-factor")
@click.argument("email")
@click.option("--by", required=True, metavar="EMAIL", help="Who says that the second factor is lost.")
@click.option("--and", "second", required=True, metavar="EMAIL", help="Who says so as well; one is an administrator.")
@plainly
def users_reset_factor(email: str, by: str, second: str) -> None:
    """Take away somebody's lost second factor on the word of two other people; nothing else is lost."""
    with unit_of_work(open_runtime(), OPERATOR) as work:
        resets.reset_for(work, email, by, second)
    click.echo(f"{email} sets up a new second factor at the next sign-in.")
