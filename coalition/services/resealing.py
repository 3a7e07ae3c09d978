"""Give incidents and the site new data keys, and seal everything anew, while everybody goes on working.

An older copy of the keys opens nothing of what is sealed anew, and no key opens what older backups hold: see
`coalition.db.resealing` for how nobody who reads meanwhile comes to a closed door.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from coalition.db import incidents as storage
from coalition.db import resealing
from coalition.db.keys import SITE, keys_of
from coalition.db.organisations import organisation_with_code
from coalition.domain.access import Permission, require
from coalition.domain.errors import NotFound
from coalition.services import audit
from coalition.services.work import OPERATOR, Runtime, Work, reading, unit_of_work

BATCH = 200
"""So many subjects are waited for together."""
PATIENCE = 600.0
"""Seconds that somebody who reads an older state of the data is waited for."""
_LOOK_EVERY = 0.05


@dataclass(frozen=True)
class Resealed:
    """What was done."""

    subjects: int
    """Incidents, and the site, whose earlier key is destroyed."""
    values: int
    """What was sealed anew."""
    waiting: int
    """Whose earlier key has to stay for now, because somebody still reads an older state: to be run again."""


def reseal(
    runtime: Runtime,
    references: Sequence[str] = (),
    organisation_code: str | None = None,
    *,
    patience: float = PATIENCE,
) -> Resealed:
    """Renew the data keys of some incidents, of a member's, or of all and of the site.

    One transaction an incident. Whatever an interrupted run left half done is finished first, and a run over everything
    goes on where it was. Raises NotFound, and CannotOpen for what no key opens.
    """
    with reading(runtime, OPERATOR) as work:
        require(work.actor, Permission.MANAGE_KEYS)
        chosen = _chosen(work, references, organisation_code)
    store = runtime.keys
    with store.alone("resealing"):
        subjects = chosen if chosen is not None else _all(runtime)
        left = store.renewing()
        done = _renew_in_batches(runtime, [*left, *(one for one in subjects if one not in left)], patience)
        if chosen is None and not done.waiting:
            store.end_resealing()
    with unit_of_work(runtime, OPERATOR) as work:
        audit.record(work, "keys.reseal", "coalition", "keys", **vars(done))
    return done


def _chosen(work: Work, references: Sequence[str], organisation_code: str | None) -> list[str] | None:
    """Return the ids of the incidents that were named; None for everything."""
    if not references and organisation_code is None:
        return None
    found: list[str] = []
    if organisation_code is not None:
        organisation = organisation_with_code(work.session, organisation_code)
        if organisation is None:
            raise NotFound("organisation", organisation_code)
        found += resealing.ids_of_member(work.session, organisation.id)
    for reference in references:
        incident = storage.incident_with_reference(work.session, reference)
        if incident is None:
            raise NotFound("incident", reference)
        found.append(incident.id)
    return list(dict.fromkeys(found))


def _all(runtime: Runtime) -> list[str]:
    """Return everything whose key is older than this run, or than the interrupted run that this one goes on with."""
    store = runtime.keys
    store.fix_lasting()
    old = store.made_until(store.begin_resealing())
    with reading(runtime, OPERATOR) as work:
        return [one for one in (SITE, *storage.all_ids(work.session)) if one in old]


def _renew_in_batches(runtime: Runtime, subjects: Sequence[str], patience: float) -> Resealed:
    done = values = 0
    for begin in range(0, len(subjects), BATCH):
        batch = subjects[begin : begin + BATCH]
        changed, finished = _renew(runtime, batch, patience)
        done, values = done + finished, values + changed
        if finished < len(batch):
            return Resealed(done, values, len(batch) - finished)
    return Resealed(done, values, 0)


def _renew(runtime: Runtime, batch: Sequence[str], patience: float) -> tuple[int, int]:
    """Renew some keys; returns how many values were sealed anew, and how many subjects are finished."""
    runtime.keys.renew(batch)
    open_ones, changed, finished = list(batch), 0, 0
    while open_ones:
        changed += sum(_seal_anew(runtime, subject) for subject in open_ones)
        if not _wait(runtime, patience):
            break
        # What somebody who had begun before sealed with the earlier key meanwhile goes round once more.
        clean = list(_finished(runtime, open_ones))
        runtime.keys.drop_earlier(clean)
        open_ones = [subject for subject in open_ones if subject not in set(clean)]
        finished += len(clean)
    return changed, finished


def _seal_anew(runtime: Runtime, subject: str) -> int:
    with unit_of_work(runtime, OPERATOR) as work:
        keys = keys_of(work.session).all_of(subject)
        return resealing.seal_anew(work.session, subject, keys) if keys else 0


def _wait(runtime: Runtime, patience: float) -> bool:
    """Wait until nobody works on a state of the data from before; False when somebody still does."""
    moment, end = resealing.moment_of(runtime.engine), time.monotonic() + patience
    while not resealing.everybody_is_past(runtime.engine, moment):
        if time.monotonic() >= end:
            return False
        time.sleep(_LOOK_EVERY)
    return True


def _finished(runtime: Runtime, subjects: Sequence[str]) -> Iterator[str]:
    """Yield the subjects of which everything opens with the present key."""
    with reading(runtime, OPERATOR) as work:
        for subject in subjects:
            keys = keys_of(work.session).all_of(subject)
            if not keys or resealing.all_open(work.session, subject, keys[0]):
                yield subject
