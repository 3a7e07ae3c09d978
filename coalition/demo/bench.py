"""How long what people wait for takes among many invented cases: `make bench`.

It prints, for a new case among them all, the time in which its candidates are found, beside the time it takes to
compare it with every other case; and the making of the text index, searching, and a page of the list. Nothing is
asserted: what is slow depends on the machine.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice

from coalition.config import Config, create_secrets
from coalition.db import incidents as storage
from coalition.db import migrating
from coalition.db.accounts import Account
from coalition.db.organisations import Organisation
from coalition.demo.bench_lists import measure_lists
from coalition.demo.generation import generate
from coalition.demo.loading import load_demo
from coalition.demo.model import DemoIncident
from coalition.domain.access import Actor
from coalition.domain.duplicates import score
from coalition.domain.vocabulary import Role, State
from coalition.services import duplicates, text_index
from coalition.services.work import OPERATOR, Runtime, make_runtime, reading, unit_of_work

YEARS = 10
"""The cases are spread over so many years."""
LATEST = 2025
NOW = datetime(LATEST + 1, 3, 2, 10, 0, tzinfo=UTC)
PART = 2000
ASKED = 50
SEARCHES = ("свастика", "plovdiv beaten", "автобус обиди", "синагога надписи", "школа")


def main() -> None:
    """Make an installation with many cases in a temporary folder, measure, and throw it away."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="coalition-bench-") as folder:
        config = Config.from_env({"COALITION_DATA": folder})
        create_secrets(config)
        runtime = make_runtime(config, lambda: NOW)
        try:
            migrating.upgrade(runtime.engine)
            measure(runtime, chosen.incidents, chosen.seed)
        finally:
            runtime.dispose()


def measure(runtime: Runtime, number: int, seed: int) -> None:
    """Fill an empty installation and print what takes how long in it."""
    began = time.perf_counter()
    with unit_of_work(runtime, OPERATOR) as work:
        load_demo(work, incidents=100, seed=seed)
    fill(runtime, number, seed)
    say("filling the database", time.perf_counter() - began, f"{number:,} cases")
    began = time.perf_counter()
    text_index.catch_up_wholly(runtime)
    size = sum(file.stat().st_size for file in runtime.config.data.glob("text-index.db*"))
    say("making the text index", time.perf_counter() - began, f"{size / 1e6:.0f} MB")
    coordinator = person(runtime, Role.COORDINATOR)
    measure_duplicates(runtime, coordinator, seed)
    measure_search(runtime, coordinator)
    measure_lists(runtime, coordinator, person(runtime, Role.LEAD), say)


def fill(runtime: Runtime, number: int, seed: int) -> None:
    """Store invented cases, part by part."""
    with reading(runtime, OPERATOR) as work:
        members = {row.code: row.id for row in work.session.query(Organisation)}
        people = {row.email: row.id for row in work.session.query(Account)}
    invented = (
        new_incident(item, place, members, people)
        for place, item in enumerate(generate(number, seed + 1, LATEST).incidents)
    )
    while part := list(islice(invented, PART)):
        with unit_of_work(runtime, OPERATOR) as work:
            for _references in storage.insert_incidents(work.session, part):
                pass


def new_incident(
    item: DemoIncident, place: int, members: dict[str, str], people: dict[str, str]
) -> storage.NewIncident:
    """Return an invented case, moved to one of the years."""
    when = item.facts.date
    # The 29th of February is not in every year.
    day = min(when.day, 28) if when and when.day else None
    facts = replace(item.facts, date=replace(when, year=LATEST - place % YEARS, day=day)) if when else item.facts
    recorded = NOW - timedelta(days=365 * (place % YEARS) + 30)
    handed_in = None if item.state is State.DRAFT else recorded
    return storage.NewIncident(
        members[item.organisation], people[item.author], item.state, facts, recorded, submitted_at=handed_in
    )


def measure_duplicates(runtime: Runtime, coordinator: Actor, seed: int) -> None:
    """Record new cases one by one and look for their candidates, as the coordinator; then compare one with all."""
    references = []
    with reading(runtime, OPERATOR) as work:
        members = {row.code: row.id for row in work.session.query(Organisation)}
        people = {row.email: row.id for row in work.session.query(Account)}
    usable = (item for item in generate(ASKED * 3, seed + 2, LATEST).incidents if is_shared(item))
    times = []
    for place, item in enumerate(islice(usable, ASKED)):
        with unit_of_work(runtime, OPERATOR) as work:
            new = replace(new_incident(item, place, members, people), state=State.SUBMITTED, submitted_at=work.now)
            (references,) = storage.insert_incidents(work.session, [new])
        text_index.catch_up(runtime)
        times.append(timed(partial(ask, runtime, coordinator, references[0])))
    times.sort()
    say("candidates of a new case", statistics.median(times), f"median; 95 % under {times[-3] * 1000:.0f} ms")
    say("the same, against all pairs of it", statistics.median(every_pair(runtime, references[0])), "without a window")


def is_shared(item: DemoIncident) -> bool:
    """Tell whether the coordinator sees a case once it is handed in."""
    return item.facts.date is not None and "share_coalition" in item.facts.consents


def ask(runtime: Runtime, actor: Actor, reference: str) -> None:
    """Look for candidates, as the page of a review does."""
    with reading(runtime, actor) as work:
        duplicates.candidates(work, reference)


def every_pair(runtime: Runtime, reference: str) -> Iterator[float]:
    """Yield how long it takes to compare a case with every other one, as exactly as the best are compared."""
    index = text_index.index_of(runtime)
    with reading(runtime, OPERATOR) as work:
        found = index.document(storage.id_of_reference(work.session, reference) or "")
    numbers = range(1, index.size() + ASKED)
    if found is None:
        return
    case = found.case
    for _time in range(3):
        yield timed(lambda: [score(case, other) for _id, _member, other in index.compared(numbers, lambda _: True)])


def measure_search(runtime: Runtime, actor: Actor) -> None:
    """Search for some words."""
    for text in SEARCHES:
        times = [timed(partial(search, runtime, actor, text)) for _time in range(5)]
        say(f"searching “{text}”", statistics.median(times), f"{search(runtime, actor, text):,} found")


def search(runtime: Runtime, actor: Actor, text: str) -> int:
    """Search, and count what the actor may see of it; returns how many."""
    with reading(runtime, actor) as work:
        wanted = storage.Filter(shared=True, ids=text_index.matching(work, text).ids)
        return storage.count_incidents(work.session, wanted)


def person(runtime: Runtime, role: Role) -> Actor:
    """Return one of the invented people with a role."""
    with reading(runtime, OPERATOR) as work:
        row = work.session.query(Account).filter_by(role=role.value).order_by(Account.email).first()
        if row is None:
            raise LookupError(role)
        return Actor(row.id, role, row.organisation_id, row.name)


def timed(act: Callable[[], object]) -> float:
    """Return how many seconds something takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def say(what: str, seconds: float, more: str = "") -> None:
    """Print one line of the result."""
    shown = f"{seconds * 1000:,.1f} ms" if seconds < 1 else f"{seconds:,.1f} s"
    print(f"{what:<40}{shown:>12}  {more}", flush=True)  # noqa: T201 - this is what it is for


if __name__ == "__main__":
    main()
