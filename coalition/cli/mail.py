"""`coalition mail`."""

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime
from coalition.services import mails, notices
from coalition.services.work import OPERATOR, unit_of_work


@click.group()
def mail() -> None:
    """Try out the mail server, and send what is due."""


@mail.command("test")
@click.argument("address")
@plainly
def mail_test(address: str) -> None:
    """Send an e-mail to ADDRESS to try out whether e-mail arrives."""
    mails.send_trial(open_runtime(), address)
    click.echo("The mail server took it.")


@mail.command("send")
@plainly
def mail_send() -> None:
    """Tell everybody who is due by now that something waits; the worker does it by itself every minute."""
    runtime = open_runtime()
    with unit_of_work(runtime, OPERATOR) as work:
        notices.look_after(work)
    done = mails.send_due(runtime)
    click.echo(f"Sent {done.sent} e-mails; {done.refused} were not taken.")
