"""`coalition forms`."""

from pathlib import Path

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime
from coalition.services import paper
from coalition.services.work import OPERATOR, reading


@click.group("forms")
def forms_group() -> None:
    """The paper forms."""


@forms_group.command("blank")
@click.option("--language", required=True, help="One of the coalition's languages.")
@click.option("--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The PDF file.")
@plainly
def forms_blank(language: str, output: Path) -> None:
    """Write the blank form, to be filled in by hand, as PDF on two pages A4."""
    with reading(open_runtime(), OPERATOR) as work:
        content = paper.blank_form(work, language)
    output.write_bytes(content)
    click.echo(f"Blank form written to {output}.")
