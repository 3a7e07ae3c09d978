"""The command line: a contract. Every command says what it did, or in one line on standard error why it did not."""

import os
import sys

import click

from coalition import __version__
from coalition.cli.accounts import users
from coalition.cli.audit import audit
from coalition.cli.consent import consent
from coalition.cli.database import db
from coalition.cli.demo import demo
from coalition.cli.duplicates import duplicates_group
from coalition.cli.incidents import incidents_group
from coalition.cli.index import index_group
from coalition.cli.keys import keys
from coalition.cli.mail import mail
from coalition.cli.official import official_group
from coalition.cli.organisations import organisations_group
from coalition.cli.paper import forms_group
from coalition.cli.profiles import profiles_group
from coalition.cli.reports import report
from coalition.cli.retention import retention_group
from coalition.cli.serving import serve, worker
from coalition.cli.settings import settings_group
from coalition.cli.submissions import submission
from coalition.cli.summaries import summary

COMMANDS = (
    db,
    keys,
    audit,
    settings_group,
    demo,
    organisations_group,
    users,
    incidents_group,
    duplicates_group,
    index_group,
    consent,
    retention_group,
    forms_group,
    mail,
    submission,
    profiles_group,
    official_group,
    report,
    summary,
    serve,
    worker,
)


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


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="coalition")
def commands() -> None:
    """Record hate crime together: the site of a coalition of civil society organisations.

    State lives in the folder COALITION_DATA (default var/); COALITION_DATABASE_URL may name another database.
    """


for command in COMMANDS:
    commands.add_command(command)
