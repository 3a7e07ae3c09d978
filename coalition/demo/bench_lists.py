"""The lists' part of `make bench`: pages from everywhere in a list with its counts, against a bare `SELECT … LIMIT`."""

import statistics
import time
from collections.abc import Callable
from functools import partial

from sqlalchemy import select

from coalition.db.incidents import Incident
from coalition.domain.access import Actor
from coalition.domain.bulk import Act, most_of
from coalition.domain.filters import ALL, ListFilter
from coalition.domain.vocabulary import State
from coalition.services import bulk, queue
from coalition.services.incident_views import PAGE
from coalition.services.work import OPERATOR, Runtime, reading

Say = Callable[[str, float, str], None]
_TIMES = 5
_LISTS = {
    "everything": ListFilter(state=ALL),
    "what waits": ListFilter(state=State.SUBMITTED.value),
    "one country and motivation": ListFilter(state=ALL, country="BG", motivation="anti_roma"),
    "one year and state": ListFilter(state=State.ACCEPTED.value, year=2023),
    "a searched word": ListFilter(state=ALL, words="надпис"),
}


def measure_lists(runtime: Runtime, coordinator: Actor, lead: Actor, say: Say) -> None:
    """Open pages of lists as people do: each with its lines, its total and its counts by state."""
    say("floor: any records, no order, no count", _median(partial(_floor, runtime)), "")
    for name, chosen in _LISTS.items():
        _measure_list(runtime, coordinator, f"coordinator, {name}", chosen, say)
    _measure_list(runtime, lead, "a member's list", ListFilter(), say)
    asked = bulk.Asked(Act.TAKE)
    seconds = _median(partial(_preview, runtime, coordinator, asked, _LISTS["what waits"]))
    say("preview of one thing done with many", seconds, f"up to {most_of(Act.TAKE):,} records")


def _measure_list(runtime: Runtime, actor: Actor, name: str, chosen: ListFilter, say: Say) -> None:
    with reading(runtime, actor) as work:
        first = queue.list_page(work, chosen)
        reference = first.lines[-1].reference if first.lines else ""
    for where, number in (("first", 1), ("middle", first.pages // 2), ("last", first.pages)):
        say(f"{name}: {where} page", _median(partial(_page, runtime, actor, chosen, number)), f"{first.total:,} found")
    say(f"{name}: the next record", _median(partial(_beside, runtime, actor, chosen, reference)), "")


def _floor(runtime: Runtime) -> None:
    with reading(runtime, OPERATOR) as work:
        work.session.execute(select(Incident.id).limit(PAGE)).all()


def _page(runtime: Runtime, actor: Actor, chosen: ListFilter, number: int) -> None:
    with reading(runtime, actor) as work:
        queue.list_page(work, chosen, number)


def _beside(runtime: Runtime, actor: Actor, chosen: ListFilter, reference: str) -> None:
    with reading(runtime, actor) as work:
        queue.neighbours(work, chosen, reference)


def _preview(runtime: Runtime, actor: Actor, asked: bulk.Asked, chosen: ListFilter) -> None:
    with reading(runtime, actor) as work:
        bulk.preview_of_list(work, asked, chosen)


def _median(act: Callable[[], None]) -> float:
    times = []
    for _time in range(_TIMES):
        began = time.perf_counter()
        act()
        times.append(time.perf_counter() - began)
    return statistics.median(times)
