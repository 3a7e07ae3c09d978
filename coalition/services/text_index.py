"""The text index: kept up to date with the records, and searched.

What goes into it is what the policy lets everybody see who searches it: the coordinator's view of the record
(`coalition.domain.disclosure`), which a member's own people see too. What another member may see is kept apart, so that
comparing tells them no more than that. What is found is always joined with the list that somebody may see.
"""

import datetime
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from coalition.db import duplicates as storage
from coalition.db.incidents import Incident, facts_of, id_of_reference
from coalition.db.keys import KeyMissing
from coalition.db.text_index import Document, TextIndex
from coalition.domain.access import Permission, permits, require
from coalition.domain.disclosure import Audience, disclose
from coalition.domain.duplicates import Case, Features, features, lexicon, place_keys, span_of
from coalition.domain.incidents import Facts
from coalition.domain.words import keys_of, sought, words_of
from coalition.encryption import CannotOpen
from coalition.services.work import OPERATOR, Runtime, Work, reading

AT_ONCE = 300
"""So many records are brought up to date while somebody waits; more are left to the worker."""
_PART = 100
"""So many records are written at once, so that others get their turn."""
MARGIN = datetime.timedelta(minutes=10)
"""A change is dated when its work begins and seen when it is committed: so long may lie between the two."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Matches:
    """What a search found."""

    ids: tuple[str, ...]
    """Of incidents, whoever may see them: for `storage.Filter.ids`, beside what the reader may see."""
    missing: int
    """How many records are not in the index yet, so that they could not be found."""


def index_of(runtime: Runtime) -> TextIndex:
    """Return the text index of an installation."""
    key = runtime.keys.lasting_key("text index")
    return TextIndex(runtime.config.text_index, key, lexicon().version)


def matching(work: Work, text: str) -> Matches:
    """Return which incidents hold every word of a text, in whatever form, or have it for their reference.

    Raises NotPermitted for whoever sees no list.
    """
    if not permits(work.actor, Permission.LIST_INCIDENTS):
        require(work.actor, Permission.REVIEW_QUEUE)
    missing = catch_up(work.runtime)
    by_reference = id_of_reference(work.session, text.strip())
    if by_reference:
        return Matches((by_reference,), missing)
    wanted = sought(text)
    return Matches(index_of(work.runtime).with_all(wanted) if wanted else (), missing)


# --- keeping it up to date ---------------------------------------------------------------------------------


def catch_up(runtime: Runtime, most: int = AT_ONCE, *, index: TextIndex | None = None, counting: bool = True) -> int:
    """Bring the index up to date, unless that is more than `most` records; returns how many are missing then.

    Without `counting`, what came with an old date is left to whoever asks next, the worker above all. It sees what is
    committed, through a session of its own: what is only being changed may still be taken back.
    """
    index = index or index_of(runtime)
    with index.kept_open(), reading(runtime, OPERATOR) as work:
        stale, gone, seen = _differences(work, index, counting=counting)
        if gone:
            index.forget(gone)
        if len(stale) > most:
            return len(stale)
        _index(work.session, index, stale)
        if seen:
            index.note_seen(seen)
    return 0


def catch_up_wholly(
    runtime: Runtime,
    progress: Progress | None = None,
    stop: Callable[[], bool] = bool,
    *,
    wait: bool = True,
) -> bool:
    """Bring the whole index up to date, part by part.

    False where `stop` said so, or where another process does it already and this one is not to `wait` for it.
    """
    index = index_of(runtime)
    with index.alone(wait=wait) as mine:
        if not mine:
            return False
        with reading(runtime, OPERATOR) as work:
            known, present, seen = index.versions(), storage.versions_since(work.session, None), work.now.isoformat()
        index.forget(known.keys() - present.keys())
        stale = _differing(present, known)
        for start in range(0, len(stale), _PART):
            if stop():
                return False
            with reading(runtime, OPERATOR) as work:
                _index(work.session, index, stale[start : start + _PART])
            if progress:
                progress(min(start + _PART, len(stale)), len(stale))
        index.note_seen(seen)
    return True


def rebuild(work: Work, progress: Progress | None = None) -> int:
    """Throw the index away and make it anew; returns how many records it holds then.

    Raises NotPermitted for everybody but the command line.
    """
    require(work.actor, Permission.MANAGE_KEYS)
    index = index_of(work.runtime)
    index.throw_away()
    catch_up_wholly(work.runtime, progress)
    return index.size()


def _differences(work: Work, index: TextIndex, *, counting: bool) -> tuple[list[str], set[str], str]:
    """Return which records are not in the index as they are, which are gone, and until when changes are then seen.

    Where the numbers agree, only what was changed lately is compared: a record with an old date that came, or one that
    went, makes them differ. How far one has looked is written down now and then, so that asking seldom writes; a moment
    to come was noted by a clock that was ahead, and says nothing.
    """
    noted = index.seen_until()
    seen = datetime.datetime.fromisoformat(noted) if noted else None
    if seen is not None and seen <= work.now:
        present = storage.versions_since(work.session, seen - MARGIN)
        known = index.versions(present)
        lately = work.now < seen + MARGIN
        if (lately and not counting) or _as_many(work, index, len(present.keys() - known.keys())):
            return _differing(present, known), set(), "" if lately else work.now.isoformat()
    present, known = storage.versions_since(work.session, None), index.versions()
    return _differing(present, known), set(known.keys() - present.keys()), work.now.isoformat()


def _as_many(work: Work, index: TextIndex, new: int) -> bool:
    return index.size() + new == storage.number_of_incidents(work.session)


def _differing(present: Mapping[str, int], known: Mapping[str, int]) -> list[str]:
    return [incident for incident, version in present.items() if known.get(incident) != version]


def _index(session: Session, index: TextIndex, ids: Collection[str]) -> None:
    part: list[Document] = []
    for incident in storage.whole_by_ids(session, ids):
        part.append(document_of(incident, index))
        if len(part) >= _PART:
            index.put(part)
            part = []
    if part:
        index.put(part)


def document_of(incident: Incident, index: TextIndex) -> Document:
    """Return what the index holds of an incident; nothing of its texts where they cannot be opened any more."""
    try:
        facts = facts_of(incident)
    except (KeyMissing, CannotOpen):
        facts = Facts()
    seen, by_peers = disclose(facts, Audience.COALITION), disclose(facts, Audience.PEER)
    words = (word for text in searched(seen) for word in words_of(text))
    return Document(
        incident=incident.id,
        version=incident.version,
        organisation=incident.organisation_id,
        case=Case(
            when=span_of(facts.date) if facts.date else None,
            country=seen.country,
            region=seen.region,
            place=frozenset(index.digests(place_keys(seen.municipality))),
            type=incident.type,
            motivations=frozenset(seen.motivations),
            text=_digested(features(telling(seen)), index),
        ),
        open_text=_digested(features(telling(by_peers)), index),
        terms=index.digests({key for word in words for key in keys_of(word)}),
    )


def _digested(found: Features, index: TextIndex) -> Features:
    return Features(found.concepts, frozenset(index.digests(str(word) for word in found.words)), found.scripts)


def telling(facts: Facts) -> Iterator[str]:
    """Yield the texts that say what happened: by them incidents are compared."""
    yield facts.narrative
    yield from facts.descriptions.values()
    yield from (indicator.note for indicator in facts.indicators)
    yield from (victims.injury for victims in facts.victims)


def searched(facts: Facts) -> Iterator[str]:
    """Yield all texts that an incident is found by."""
    yield from telling(facts)
    yield from (facts.municipality, facts.impact, facts.authorities_response, facts.type_reason, facts.scope_reason)
    yield from (source.name for source in facts.sources)
    yield from (step.note for step in facts.proceedings)
