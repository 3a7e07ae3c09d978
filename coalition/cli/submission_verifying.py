"""`coalition submission verify`: is a folder that somebody received whole, and who vouches for it.

It needs no installation. Nothing in the folder is believed, not even what its files are called.
"""

from contextlib import suppress
from pathlib import Path

import click
import sqlalchemy.exc

from coalition.cli.errors import plainly
from coalition.cli.opening import open_with, read_config
from coalition.config import ConfigurationError
from coalition.db.keys import KeyMissing
from coalition.documents.signing import MANIFEST, SIGNATURE, Checked, check_folder, grouped, read_fingerprint
from coalition.encryption import CannotOpen
from coalition.services import versions
from coalition.services.work import OPERATOR, reading


@click.command("verify")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--public-key",
    metavar="FILE|FINGERPRINT",
    default="",
    help="The key that it has to be signed with: its fingerprint, or a file that holds it or the key itself.",
)
@plainly
def submission_verify(folder: Path, public_key: str) -> None:
    """Check the signature and every file of a submission in DIR; exit status 1 when anything is wrong.

    It says one line per file, and whose key it is signed with: the one that was given, this installation's own, or only
    the one that the folder itself names, which anybody could have put there.
    """
    wanted = _wanted(public_key)
    found = check_folder(folder)
    for name, state in found.files:
        click.echo(f"{state.value:<10} {_printable(name)}")
    for line in _signature(found):
        click.echo(line)
    right = found.is_whole and _key_is_right(found, wanted)
    if not right:
        raise click.ClickException("this is not the submission that was signed")
    click.echo(f"Data year {_printable(found.year)}, version {_printable(found.version)}: complete and unchanged.")


def _printable(said: object) -> str:
    """Return what somebody else wrote without what could steer a terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in str(said)[:200])


def _wanted(text: str) -> str:
    """Return the fingerprint that was asked for; empty where none was. Raises BadParameter."""
    if not text:
        return ""
    try:
        file = Path(text)
        return read_fingerprint(file.read_text(encoding="utf-8") if file.is_file() else text)
    except (ValueError, OSError):
        raise click.BadParameter(f"{text!r} is no file, and no fingerprint of 64 hexadecimal digits") from None


def _signature(found: Checked) -> list[str]:
    if not found.readable:
        return [f"missing    {MANIFEST} (there is none that can be read)"]
    if not found.signed:
        return [f"changed    {MANIFEST} (the signature is not good for it)"]
    return [f"ok         {MANIFEST}", f"ok         {SIGNATURE}", f"Signed with the key {grouped(found.fingerprint)}."]


def _key_is_right(found: Checked, wanted: str) -> bool:
    if wanted:
        right = wanted == found.fingerprint
        click.echo(
            "This is the key that was given." if right else f"It is not the key that was given: {grouped(wanted)}."
        )
        return right
    if own_fingerprint() == found.fingerprint:
        click.echo("This is the key of this installation.")
    else:
        click.echo(
            "Only the folder itself names this key: compare it with the fingerprint that the coalition gives, or say "
            "which one it has to be with --public-key."
        )
    return True


def own_fingerprint() -> str:
    """Return the fingerprint of this installation's key; empty where there is none, or it cannot be opened."""
    with suppress(ConfigurationError, CannotOpen, KeyMissing, OSError, sqlalchemy.exc.SQLAlchemyError):
        config = read_config()
        if config.keys.exists():
            with reading(open_with(config), OPERATOR) as work:
                return versions.signer(work).fingerprint
    return ""
