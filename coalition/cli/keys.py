"""`coalition keys`."""

from pathlib import Path

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime
from coalition.documents.signing import grouped
from coalition.services import keys as services
from coalition.services import resealing
from coalition.services.work import OPERATOR, reading, unit_of_work


@click.group()
def keys() -> None:
    """Look after the keys that seal what is stored."""


@keys.command("rotate")
@plainly
def keys_rotate() -> None:
    """Renew the master key and the members' keys, and wrap every data key anew. The site goes on meanwhile."""
    with reading(open_runtime(), OPERATOR) as work:
        done = services.rotate_keys(work)
    master = "Renewed the master key" if done.master_renewed else "Used the master key given from outside"
    click.echo(f"{master}; renewed {done.holders} members' keys; wrapped {done.data_keys} data keys anew.")


@keys.command("reseal")
@click.argument("references", nargs=-1, metavar="[REFERENCE]...")
@click.option("--organisation", metavar="CODE", help="Only the incidents of this member.")
@click.option("--wait", type=click.FloatRange(0), default=resealing.PATIENCE, show_default=True, help="Seconds.")
@plainly
def keys_reseal(references: tuple[str, ...], organisation: str | None, wait: float) -> None:
    """Give incidents new data keys and seal them anew; without a choice all of them, and what the site seals itself.

    The site goes on meanwhile, and an interrupted run is simply run again. Whoever reads an older state is waited for.
    Take a backup and mirror the keys afterwards: older backups cannot be read any more.
    """
    done = resealing.reseal(open_runtime(), references, organisation, patience=wait)
    click.echo(f"Renewed {done.subjects} data keys; sealed {done.values} values anew.")
    if done.waiting:
        raise click.ClickException(
            f"somebody still reads an older state: {done.waiting} earlier keys stay until this is run again"
        )


@keys.command("check")
@click.option("--purge", is_flag=True, help="Delete what was erased after the backup that was restored.")
@plainly
def keys_check(*, purge: bool) -> None:
    """Open the key of every incident: to be done after data or keys were restored."""
    runtime = open_runtime()
    if purge:
        with unit_of_work(runtime, OPERATOR) as work:
            click.echo(f"{services.purge_erased(work)} erased incidents that were back are deleted again.")
    with reading(runtime, OPERATOR) as work:
        report = services.check_keys(work)
    click.echo(f"{report.readable} incidents can be read, {report.destroyed} were erased.")
    if report.missing:
        raise click.ClickException(f"{len(report.missing)} incidents have no key: {', '.join(report.missing[:10])}")
    if report.other:
        raise click.ClickException(
            f"{len(report.other)} incidents are from before their keys were renewed: {', '.join(report.other[:10])}"
        )


@keys.command("signature")
@click.option("--renew", is_flag=True, help="Sign with a new key from now on: when the old one may be in other hands.")
@plainly
def keys_signature(*, renew: bool) -> None:
    """Print the fingerprint and the public key that submissions are signed with, for whoever receives them."""
    with reading(open_runtime(), OPERATOR) as work:
        signer = services.signature_key(work, renew=renew)
    if renew:
        click.echo("Start the site and the worker again. Tell everybody who knows the old fingerprint.")
    click.echo(f"Fingerprint: {grouped(signer.fingerprint)}")
    click.echo(f"Public key: {signer.about['public_key']}")


@keys.command("mirror")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@plainly
def keys_mirror(file: Path) -> None:
    """Copy the wrapped keys over FILE, on another machine. Keep no older copies: they would outlive erasure."""
    with reading(open_runtime(), OPERATOR) as work:
        services.mirror_keys(work, file)
    click.echo(f"The wrapped keys are in {file}. Without the master key they open nothing.")
