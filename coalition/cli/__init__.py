"""The command line: a contract. Every command says what it did, or in one line on standard error why it did not."""

import os
import sys
from pkgutil import resolve_name
from typing import NamedTuple

import click

from coalition import __version__


class _Entry(NamedTuple):
    """A command of the first level."""

    place: str
    """Its module here, and its name there."""
    line: str
    """What the list of commands says of it: the first sentence of its own help."""


COMMANDS = {
    "audit": _Entry("audit:audit", "Check and read the log of who did what."),
    "consent": _Entry("consent:consent", "Consent: take it back, see what has to be corrected."),
    "db": _Entry("database:db", "Look after the database."),
    "demo": _Entry("demo:demo", "Load an invented coalition to look at."),
    "duplicates": _Entry(
        "duplicates:duplicates_group", "Find records that may be about one incident, link them, and take a link back."
    ),
    "forms": _Entry("paper:forms_group", "The paper forms."),
    "incidents": _Entry(
        "incidents:incidents_group", "Read incidents from files, list them, write them to a file, erase one."
    ),
    "index": _Entry("index:index_group", "Look after the text index, by which records are searched and compared."),
    "keys": _Entry("keys:keys", "Look after the keys that seal what is stored."),
    "mail": _Entry("mail:mail", "Try out the mail server, and send what is due."),
    "official": _Entry(
        "official:official_group", "Official figures: what police, prosecutors and courts report of hate crime."
    ),
    "organisations": _Entry("organisations:organisations_group", "Look after member organisations."),
    "profiles": _Entry(
        "profiles:profiles_group", "Profiles: what a receiving body takes, which columns, which consent, by when."
    ),
    "report": _Entry("reports:report", "The PDF report."),
    "retention": _Entry("retention:retention_group", "Look at old records again."),
    "serve": _Entry("serving:serve", "Serve the site."),
    "settings": _Entry("settings:settings_group", "See and change what the coalition says of itself."),
    "submission": _Entry("submissions:submission", "The yearly submission to ODIHR."),
    "summary": _Entry("summaries:summary", "The public summary."),
    "users": _Entry("accounts:users", "Look after people who can sign in."),
    "worker": _Entry("serving:worker", "Run background jobs until told to stop."),
}


class _Commands(click.Group):
    """Loads the command that is asked for: each needs a part of the product, and all together need all of it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return every command's name."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        """Load a command; returns None where there is none of that name."""
        entry = COMMANDS.get(cmd_name)
        return resolve_name(f"{__name__}.{entry.place}") if entry else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands, for which none of them is loaded."""
        listed = [click.Command(name, help=entry.line) for name, entry in COMMANDS.items()]
        click.Group(commands=listed).format_commands(ctx, formatter)


def main() -> None:
    """Run the command line: every error is one line on standard error and a status other than 0."""
    # What the commands write is about victims: nobody but the user who runs them may read it.
    os.umask(0o077)
    try:
        commands.main(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(error.exit_code)
    except click.ClickException as error:
        click.echo(f"Error: {' '.join(error.format_message().split())}", err=True)
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("Error: stopped", err=True)
        sys.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="coalition")
def commands() -> None:
    """Record hate crime together: the site of a coalition of civil society organisations.

    State lives in the folder COALITION_DATA (default var/); COALITION_DATABASE_URL may name another database.
    """
