"""`coalition settings`."""

from collections.abc import Sequence
from typing import Any

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime
from coalition.domain.authentication import SecondFactorPolicy
from coalition.domain.retention import policy_of
from coalition.i18n import check_languages
from coalition.services import settings
from coalition.services.work import OPERATOR, reading, unit_of_work


@click.group("settings")
def settings_group() -> None:
    """See and change what the coalition says of itself."""


@settings_group.command("show")
@plainly
def settings_show() -> None:
    """Print the settings in force."""
    with reading(open_runtime(), OPERATOR) as work:
        own = settings.read(work)
    for language, name in own.name.items():
        click.echo(f"name {language}: {name}")
    click.echo(f"country: {own.country}")
    click.echo(f"languages: {' '.join(own.languages)}")
    click.echo(f"time zone: {own.time_zone}")
    click.echo(f"emergency number: {own.emergency_number}")
    click.echo(f"contact: {own.contact}")
    click.echo(f"second factor: {own.second_factor}")
    click.echo(f"age of consent: {own.age_of_consent} years")
    click.echo(f"evidence: {own.evidence_files} files of {own.evidence_megabytes} MB")
    click.echo(f"second reviewer: {'yes' if own.second_reviewer else 'no'}")
    click.echo(f"review: {own.review_days} days")
    for (basis, state), months in policy_of(own.retention).items():
        click.echo(f"retention {basis}.{state}: {months} months")


@settings_group.command("set")
@click.option("--name", "names", multiple=True, metavar="LANGUAGE=NAME", help="The coalition's name in a language.")
@click.option("--country", help="ISO 3166-1 code of the coalition's country.")
@click.option("--languages", help="Languages of the site, separated by spaces; the first is the default.")
@click.option("--time-zone", help="Such as Europe/Sofia.")
@click.option("--emergency-number", help="Shown before the first question of the recording form.")
@click.option("--contact", help="Where the public and ODIHR reach the coalition.")
@click.option("--age-of-consent", type=int, help="Years; for a younger victim a parent or guardian consents.")
@click.option(
    "--retention",
    multiple=True,
    metavar="BASIS.STATE=MONTHS",
    help="Months until such records are due for review, for example consent.accepted=36.",
)
@click.option(
    "--second-factor",
    type=click.Choice([policy.value for policy in SecondFactorPolicy]),
    help="Who needs a second factor: those who act for the whole coalition, or everybody.",
)
@click.option("--evidence-megabytes", type=int, help="The largest file that is taken as evidence; restart the site.")
@click.option("--evidence-files", type=int, help="The most files of one incident.")
@click.option(
    "--second-reviewer",
    type=click.Choice(["yes", "no"]),
    help="Whether every decision on an incident needs two people who say the same.",
)
@click.option("--review-days", type=int, help="Days until what was handed in should be decided.")
@plainly
def settings_set(names: Sequence[str], retention: Sequence[str], **values: str | int | None) -> None:
    """Change settings; what is not named stays."""
    with unit_of_work(open_runtime(), OPERATOR) as work:
        changes: dict[str, Any] = {key: value for key, value in values.items() if value is not None}
        if "second_reviewer" in changes:
            changes["second_reviewer"] = changes["second_reviewer"] == "yes"
        if names:
            changes["name"] = {**settings.read(work).name, **dict(_pair(text) for text in names)}
        if retention:
            changes["retention"] = {**settings.read(work).retention, **dict(_months(text) for text in retention)}
        if "languages" in changes:
            changes["languages"] = tuple(changes["languages"].split())
            check_languages(changes["languages"])
        settings.change(work, **changes)
    click.echo("Changed.")


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals and value):
        raise click.BadParameter(f"{text!r} is not LANGUAGE=NAME")
    return key, value


def _months(text: str) -> tuple[str, int]:
    kind, months = _pair(text)
    if not months.isdecimal():
        raise click.BadParameter(f"{text!r} is not BASIS.STATE=MONTHS")
    return kind, int(months)
