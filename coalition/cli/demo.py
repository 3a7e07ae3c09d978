"""`coalition demo`."""

from collections.abc import Sequence

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime, read_config
from coalition.demo import loading
from coalition.services.work import OPERATOR, system_clock, unit_of_work


@click.group()
def demo() -> None:
    """Load an invented coalition to look at."""


@demo.command("load")
@click.option("--incidents", default=180, show_default=True, type=click.IntRange(0, 1_000_000))
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same incidents.")
@click.option("--with-submission", is_flag=True, help="Also an earlier year's: sent, asked about, published.")
@plainly
def demo_load(incidents: int, seed: int, *, with_submission: bool) -> None:
    """Load organisations, people and incidents, all invented, and publish two years."""
    with unit_of_work(open_runtime(), OPERATOR) as work:
        logins = loading.load_demo(work, incidents=incidents, seed=seed, submission=with_submission)
    click.echo(f"Loaded {incidents} invented incidents.")
    _print_logins(logins)


@demo.command("accounts")
@plainly
def demo_accounts() -> None:
    """Print how to sign in to the demo."""
    _print_logins(loading.demo_logins(read_config().data))


def _print_logins(logins: Sequence[loading.DemoLogin]) -> None:
    width = max(len(login.email) for login in logins)
    for login in logins:
        of = f", {login.organisation}" if login.organisation else ""
        click.echo(f"  {login.email:{width}}  {login.password}  {login.role.replace('_', ' ')}{of}")
        if login.secret:
            code = login.code(system_clock())
            click.echo(f"  {'':{width}}  second factor: key {login.secret}, code now {code}")
    click.echo("A code is good for half a minute, and once; `coalition demo accounts` prints the next.")
