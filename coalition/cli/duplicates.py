"""`coalition duplicates`."""

import json
from collections.abc import Iterable
from typing import Any

import click

from coalition.cli.errors import plainly
from coalition.cli.opening import open_runtime
from coalition.domain.duplicates import Reason
from coalition.services import duplicates, same_incident
from coalition.services.work import OPERATOR, reading, unit_of_work


@click.group("duplicates")
def duplicates_group() -> None:
    """Find records that may be about one incident, link them, and take a link back."""


@duplicates_group.command("candidates")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.option("--incident", metavar="REFERENCE", help="Only for this incident; without it for every one not rejected.")
@click.option("--limit", type=click.IntRange(1, 100), default=10, show_default=True, help="How many of each, at most.")
@plainly
def duplicates_candidates(*, as_json: bool, incident: str | None, limit: int) -> None:
    """Name the records that may be about the same incident, the likeliest first.

    A score is a hint for a person: equal records are often different incidents. Nothing is changed.
    """
    runtime = open_runtime()
    with reading(runtime, OPERATOR) as work:
        if incident:
            found = duplicates.candidates(work, incident, limit)
            told = [(incident.upper(), [_told(item.reference, item.score, item.reasons) for item in found])]
        else:
            told = [
                (reference, [_told(item.reference, item.score, item.reasons) for item in pairs])
                for reference, pairs in duplicates.candidates_of_all(work, limit)
            ]
    if as_json:
        click.echo(json.dumps([{"incident": one, "candidates": others} for one, others in told], indent=1))
        return
    for one, others in told:
        for other in others:
            click.echo(f"{one}  {other['incident']}  {other['score']:.2f}  {', '.join(other['reasons'])}")


def _told(reference: str, score: float, reasons: Iterable[Reason]) -> dict[str, Any]:
    return {"incident": reference, "score": score, "reasons": [reason.value for reason in reasons]}


@duplicates_group.command("link")
@click.argument("principal", metavar="REFERENCE")
@click.argument("others", metavar="REFERENCE…", nargs=-1, required=True)
@plainly
def duplicates_link(principal: str, others: tuple[str, ...]) -> None:
    """Count some records as one incident: the first REFERENCE stands for all, and every member is credited.

    All of them stay, with their histories. Records that were counted with one of the others come along.
    """
    with unit_of_work(open_runtime(), OPERATOR) as work:
        stands = same_incident.link(work, principal, others)
    click.echo(f"{', '.join(reference.upper() for reference in others)} counted with {stands}.")


@duplicates_group.command("unlink")
@click.argument("reference")
@click.option("--why", default="", metavar="TEXT", help="Kept in the record's history.")
@plainly
def duplicates_unlink(reference: str, why: str) -> None:
    """Count a record by itself again, where it stood before it was linked."""
    with unit_of_work(open_runtime(), OPERATOR) as work:
        before = same_incident.unlink(work, reference, why)
    click.echo(f"{reference.upper()} no longer counted with {before}.")
