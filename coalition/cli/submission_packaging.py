"""`coalition submission package`: everything that is sent with a version."""

import shutil
from pathlib import Path
from tempfile import mkdtemp

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime
from coalition.domain.errors import NotAllowedNow
from coalition.domain.packages import LETTER_PDF
from coalition.services import packages
from coalition.services.work import OPERATOR, reading


def _number(_context: click.Context, _parameter: click.Parameter, text: str) -> int:
    number = text.lower().removeprefix("v")
    if not (number.isascii() and number.isdecimal() and int(number)):
        raise click.BadParameter(f"{text} is no version such as 1 or v1")
    return int(number)


@click.command("package")
@click.argument("year", type=click.IntRange(1990, 2100))
@click.argument("number", metavar="VERSION", callback=_number)
@click.option("--output", required=True, type=click.Path(path_type=Path, file_okay=False), help="New or empty folder.")
@click.option("--profile", default="", metavar="CODE", help="Profile; default is the one that fits the year.")
@plainly
def submission_package(year: int, number: int, output: Path, profile: str) -> None:
    """Write what is sent with version VERSION of data year YEAR: cover letter, e-mail, and the files of the version.

    message.eml opens in a mail program as a draft: address, subject, words and attachments are in place. The signed
    files lie in the folder submission/ by themselves, so that `submission verify` can look through it.
    """
    if output.exists() and any(output.iterdir()):
        raise click.ClickException(f"{output} is not empty")
    # Made beside its place and moved there whole: nobody finds half of it.
    output.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(mkdtemp(dir=output.parent, prefix=".package-"))
    try:
        with reading(open_runtime(), OPERATOR) as work:
            names = packages.write(work, year, number, aside, profile)
        aside.replace(output)
    except NotAllowedNow:
        raise click.ClickException(f"v{number} holds a record that may not leave any more: build a revision") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    click.echo(f"v{number} of {year}: {len(names)} files in {output}.")
    if LETTER_PDF not in names:
        click.echo(
            "Without cover-letter.pdf: this machine lacks the library Pango. message.eml has the .docx.", err=True
        )
