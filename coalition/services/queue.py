"""What waits for the coalition: lists of what members handed in, narrowed and counted."""

from dataclasses import dataclass

from coalition.db import incidents as storage
from coalition.db.accounts import account_names
from coalition.domain.access import Permission, require
from coalition.domain.disclosure import audience_of_lists
from coalition.domain.errors import NotPermitted
from coalition.domain.filters import ListFilter, ListPage
from coalition.domain.reviews import UNDECIDED
from coalition.domain.vocabulary import State
from coalition.services.filters import SEEN, list_seen, narrowed
from coalition.services.incident_views import PAGE, IncidentLine, Page, line_of, paged
from coalition.services.work import Work

QUEUE = (State.SUBMITTED.value,)
_WAITING = frozenset(state.value for state in UNDECIDED)
"""What waits is listed in the order of its waiting, everything else by its last change."""


@dataclass(frozen=True)
class ListView:
    """One page of a list, with what the reader has to know about the whole of it."""

    lines: tuple[IncidentLine, ...]
    total: int
    number: int
    pages: int
    counts: dict[str, int]
    """How many incidents the filter lets through in each state, whichever is shown."""
    missing: int
    """How many records could not be searched yet."""


@dataclass(frozen=True)
class Neighbours:
    """What stands before and after a record in a list."""

    before: str
    """A reference, empty at the beginning."""
    after: str


def list_page(work: Work, chosen: ListFilter, number: int = 1) -> ListView:
    """Return one page of a list as the actor may see it.

    Raises NotPermitted for whoever sees no such list.
    """
    page = list_seen(work)
    audience = audience_of_lists(work.actor)
    if audience is None:
        raise NotPermitted(Permission.LIST_INCIDENTS)
    everything = narrowed(work, chosen.without("state"))
    counts = storage.count_by_state(work.session, everything.wanted)
    wanted = everything.in_state(chosen.state)
    total = sum(count for state, count in counts.items() if state in wanted.states or not wanted.states)
    pages = max(1, -(-total // PAGE))
    number = min(max(number, 1), pages)
    found = storage.list_incidents(
        work.session,
        wanted,
        oldest_first=is_waiting(wanted.states),
        offset=(number - 1) * PAGE,
        limit=PAGE,
        total=total,
    )
    names = account_names(work.session)
    lines = tuple(line_of(incident, audience, names) for incident in found)
    shown = SEEN if page is ListPage.REVIEWS else tuple(State)
    return ListView(lines, total, number, pages, {state: counts.get(state, 0) for state in shown}, everything.missing)


def is_waiting(states: tuple[str, ...]) -> bool:
    """Tell whether a list holds only what waits for the coalition."""
    return bool(states) and _WAITING.issuperset(states)


def references_of(work: Work, chosen: ListFilter, most: int) -> tuple[tuple[str, ...], int]:
    """Return the references of what a filter lets through, in the list's order: so many at most, and how many it is."""
    wanted = narrowed(work, chosen).wanted
    total = storage.count_incidents(work.session, wanted)
    found = storage.listed_references(work.session, wanted, oldest_first=is_waiting(wanted.states), limit=most)
    return tuple(found), total


def neighbours(work: Work, chosen: ListFilter, reference: str) -> Neighbours:
    """Return what stands beside a record in a list, wherever the record itself stands now."""
    wanted = narrowed(work, chosen, noted=False).wanted
    before, after = storage.neighbours(work.session, wanted, reference, oldest_first=is_waiting(wanted.states))
    return Neighbours(before, after)


def list_reviews(work: Work, *, states: tuple[str, ...] = QUEUE, year: int | None = None, page: int = 1) -> Page:
    """Return one page of the incidents handed to the coalition, the longest waiting first."""
    require(work.actor, Permission.REVIEW_QUEUE)
    chosen = tuple(state for state in states if state in SEEN) or SEEN
    wanted = storage.Filter(None, chosen, year, shared=True)
    return paged(work, wanted, page, oldest_first=is_waiting(chosen))


def count_reviews(work: Work, year: int | None = None) -> dict[str, int]:
    """Count the incidents handed to the coalition, by state, in all years or in one."""
    require(work.actor, Permission.REVIEW_QUEUE)
    counts = storage.count_by_state(work.session, storage.Filter(year=year, shared=True))
    return {state: counts.get(state, 0) for state in SEEN}


def review_years(work: Work) -> list[int]:
    """Return the data years of the incidents handed to the coalition, newest first."""
    require(work.actor, Permission.REVIEW_QUEUE)
    return list(storage.years_listed(work.session, storage.Filter(states=SEEN, shared=True)))
