"""`coalition consent`."""

from collections.abc import Sequence

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime
from coalition.domain.consents import Kind, Mending, Part
from coalition.domain.vocabulary import Purpose
from coalition.services import consents
from coalition.services.consents import CorrectionView
from coalition.services.releases import Touched
from coalition.services.work import OPERATOR, reading, unit_of_work

_NAMES = {Kind.SUBMISSION: "submission", Kind.REPORT: "report", Kind.SUMMARY: "published figures"}
_WHAT = {
    Mending.REMOVE: "the record has to be removed",
    Mending.SUBTRACT: "the figures have to be corrected",
    Mending.UNDESCRIBE: "the description has to go",
    Mending.RECOUNT: "has to be made again without the incident",
}


@click.group()
def consent() -> None:
    """Consent: take it back, see what has to be corrected."""


@consent.command("withdraw")
@click.argument("reference")
@click.argument("purpose")
@plainly
def consent_withdraw(reference: str, purpose: str) -> None:
    """Note that the person behind incident REFERENCE took back the consent for PURPOSE.

    PURPOSE is record, share_coalition, statistics, odihr, publish, refer, police or contact. It takes effect at once.
    What left with the incident is listed, and for each submission the message to its receiver is printed.
    """
    runtime = open_runtime()
    with unit_of_work(runtime, OPERATOR) as work:
        before = {view.reference for view in consents.open_corrections(work)}
        done = consents.withdraw_consent(work, reference, (purpose,))
        opened = [view for view in consents.open_corrections(work) if view.reference not in before]
    click.echo(f"Taken back for {reference.upper()}: {', '.join(done.purposes)}.")
    if Purpose.RECORD in done.purposes:
        click.echo("The consent to be recorded is gone: nothing leaves any more, and the record has to be erased.")
    _print_touched(done.touched)
    _print_messages(opened)


@consent.command("corrections")
@plainly
def consent_corrections() -> None:
    """Print what has to be corrected and the messages that are ready to be sent."""
    with reading(open_runtime(), OPERATOR) as work:
        waiting = consents.open_corrections(work)
    if not waiting:
        click.echo("Nothing has to be corrected.")
    for view in waiting:
        click.echo(
            f"{view.reference}: {_NAMES[view.kind]} {view.year}, {view.released_at:%Y-%m-%d}"
            f"{_place(view.part, view.number)}: {_WHAT[view.mending]}"
        )
    _print_messages(waiting)


def _print_touched(touched: Sequence[Touched]) -> None:
    if not touched:
        click.echo("It is in no submission, no report and no published figures.")
    for item in touched:
        click.echo(
            f"{_NAMES[item.kind]} {item.year}{f' ({item.language})' if item.language else ''}, {item.at:%Y-%m-%d}"
            f"{_place(item.part, item.number)}: {_state(item)}"
        )


def _place(part: Part, number: int | None) -> str:
    return f", record {number}" if number else f", {part.value}"


def _state(item: Touched) -> str:
    if item.mending is None:
        return "stays as it is"
    if item.kind is Kind.SUMMARY:
        return "its description is off the page" if item.done else "has to be published again"
    return "corrected" if item.done else _WHAT[item.mending]


def _print_messages(views: Sequence[CorrectionView]) -> None:
    for view in views:
        if view.message is not None:
            click.echo(f"\n--- message {view.reference}, to {view.recipient}\n{view.message.text}")
