"""`coalition profiles`."""

from pathlib import Path

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime
from coalition.domain.errors import UnreadableFile
from coalition.domain.profile_checks import BrokenProfile
from coalition.domain.profiles import read_profile
from coalition.i18n import available_languages
from coalition.i18n.profiles import problem_in_words
from coalition.services import profiles
from coalition.services.profiles import ProfileLine
from coalition.services.work import OPERATOR, reading, unit_of_work


@click.group("profiles")
def profiles_group() -> None:
    """Profiles: what a receiving body takes, which columns, which consent, by when."""


@profiles_group.command("list")
@plainly
def list_profiles() -> None:
    """List every profile: its code, whose it is, the data years that it is meant for, its name."""
    with reading(open_runtime(), OPERATOR) as work:
        for line in profiles.all_profiles(work):
            click.echo("  ".join(_told(line)))
        for year, code in profiles.choices(work).items():
            click.echo(f"data year {year} is built with {code}")


def _told(line: ProfileLine) -> tuple[str, ...]:
    whose = "shipped" if line.is_shipped else f"own, text {line.number}"
    if line.put_away:
        whose += ", put away"
    if line.profile is None:
        problem = line.problems[0]
        return line.code, whose, f"cannot be read any more: line {problem.line}: {problem_in_words(problem)}"
    first, last = line.profile.from_year or "", line.profile.until_year or ""
    years = f"{first}\N{EN DASH}{last}" if first or last else "every year"
    return line.code, whose, years, line.profile.name


@profiles_group.command("show")
@click.argument("code")
@plainly
def show(code: str) -> None:
    """Print the file of profile CODE, in TOML: to be kept, or changed and imported under another name."""
    with reading(open_runtime(), OPERATOR) as work:
        click.echo(profiles.read(work, code).text, nl=False)


@profiles_group.command("check")
@click.argument("file", type=click.Path(path_type=Path))
@plainly
def check(file: Path) -> None:
    """Tell what is wrong in the profile FILE, each as FILE:LINE: REASON; needs no installation. Ends with 0 or 1."""
    text = _text_of(file)
    try:
        taken = read_profile(file.stem, text, available_languages())
    except BrokenProfile as broken:
        raise SystemExit(_say(file, broken)) from None
    click.echo(f"{file}: sound, {len(taken.columns)} columns, {taken.name}")


@profiles_group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--code", default="", help="The code to keep it under; the name of the file if it is not given.")
@plainly
def import_file(file: Path, code: str) -> None:
    """Take the profile FILE as one of the coalition's own: a new one, or another text of the one with this code."""
    text, code = _text_of(file), code or file.stem
    try:
        with unit_of_work(open_runtime(), OPERATOR) as work:
            number = profiles.import_profile(work, code, text, available_languages())
    except BrokenProfile as broken:
        raise SystemExit(_say(file, broken)) from None
    click.echo(f"{code}: text {number} holds now")


def _text_of(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        reason = f"{file}:1: the file is not UTF-8 text"
        raise UnreadableFile(reason) from None


def _say(file: Path, broken: BrokenProfile) -> int:
    for problem in broken.problems:
        about = f" [{problem.path}]" if problem.path else ""
        click.echo(f"{file}:{max(1, problem.line)}: {problem_in_words(problem)}{about}", err=True)
    return 1
