"""The installation's keys: renew them, check that they fit, and copy what may be copied."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from coalition.config import renew_session_key
from coalition.db import incidents as storage
from coalition.db import resealing, text_index
from coalition.db.engine import copy_sqlite
from coalition.db.keys import EARLIER, Rotation
from coalition.documents.signing import Signer
from coalition.domain.access import Permission, require
from coalition.domain.vocabulary import Purpose, State
from coalition.services import audit, evidence_files, releases, same_incident
from coalition.services.origins import KEYED, keyed
from coalition.services.work import Work


def rotate_keys(work: Work) -> Rotation:
    """Renew the master key, every member's key and the key of the cookies; wrap every data key anew, while others work.

    Only reads the data, so nobody waits. What is sealed with the data keys stays as it is: this ends what a stolen
    copy of the older keys can open in any later copy of the data.
    """
    require(work.actor, Permission.MANAGE_KEYS)
    done = work.runtime.keys.rotate()
    renew_session_key(work.runtime.config)
    audit.record(work, "keys.rotate", "coalition", "keys", holders=done.holders, data_keys=done.data_keys)
    return done


@dataclass(frozen=True)
class KeyReport:
    """Whether keys and data fit together."""

    readable: int
    """Incidents whose key is there and opens."""
    destroyed: int
    """Incidents whose key was destroyed on purpose: remains of an older copy of the data."""
    missing: tuple[str, ...]
    """References of incidents whose key is neither there nor known to be destroyed."""
    other: tuple[str, ...] = ()
    """References of incidents that were sealed with another key: data from before their keys were renewed."""


def check_keys(work: Work) -> KeyReport:
    """Open the key of every incident, and a text of each with it.

    Raises CannotOpen when the master key does not fit.
    """
    require(work.actor, Permission.MANAGE_KEYS)
    store, ids = work.runtime.keys, storage.all_ids(work.session)
    opened = store.open_keys(ids)
    closed = [identity for identity in ids if identity not in opened]
    destroyed = store.are_destroyed(closed)
    missing = [identity for identity in closed if identity not in destroyed]
    other = _not_opened(work, opened)
    references = storage.references_of(work.session, [*missing, *other])
    named = [tuple(sorted(references[identity] for identity in some)) for some in (missing, other)]
    return KeyReport(len(opened) - len(other), len(destroyed), *named)


def _not_opened(work: Work, opened: Mapping[str, bytes]) -> list[str]:
    """Return the incidents that neither their key opens nor the one before it, while that is being renewed."""
    doubtful = resealing.sealed_with_another(work.session, opened)
    earlier = work.runtime.keys.open_keys([identity + EARLIER for identity in doubtful])
    known = {subject.removesuffix(EARLIER): key for subject, key in earlier.items()}
    still = resealing.sealed_with_another(work.session, known)
    return [identity for identity in doubtful if identity not in known or identity in still]


def purge_erased(work: Work) -> int:
    """Delete the incidents whose keys were destroyed: remains that a restored backup brought back; returns how many.

    Their published descriptions go with them. What counting keeps of them was in the backup or is lost.
    """
    require(work.actor, Permission.MANAGE_KEYS)
    store = work.runtime.keys
    gone = [work.session.get_one(storage.Incident, each) for each in store.are_destroyed(storage.all_ids(work.session))]
    # Linked records first: the one that they were counted with then lets go only of those that stay.
    for incident in sorted(gone, key=lambda row: (row.state != State.DUPLICATE, row.id)):
        same_incident.let_go(work, incident)
        # As when it was erased: files that hold it are not handed out any more.
        releases.withdraw(work, incident, {Purpose.ODIHR, Purpose.PUBLISH})
        audit.record(work, "incident.purge", "incident", incident.id)
        evidence_files.forget_files(work, incident.id)
        storage.delete_incident(work.session, incident.id)
    return len(gone)


def key_imported_rows(work: Work) -> int:
    """Key the digests of rows that were imported before digests were; returns how many. Done after every upgrade."""
    require(work.actor, Permission.MANAGE_KEYS)
    rows = storage.rows_with_plain_digests(work.session, KEYED)
    for row in rows:
        row.digest = keyed(work, row.digest)
    return len(rows)


def unfinished_destruction(work: Work) -> bool:
    """Tell whether keys of incidents that are gone have to be looked after."""
    require(work.actor, Permission.MANAGE_KEYS)
    return bool(storage.doomed_keys(work.session))


def finish_destruction(work: Work) -> None:
    """Destroy the keys that a process which died had no time to destroy; doing it twice changes nothing."""
    require(work.actor, Permission.MANAGE_KEYS)
    subjects = storage.doomed_keys(work.session)
    work.runtime.keys.destroy(subjects)
    text_index.forget(work.runtime.config.text_index, subjects)
    storage.forget_doomed(work.session, subjects)


def signature_key(work: Work, *, renew: bool = False) -> Signer:
    """Return what submissions are signed with; a new one on request, when the old one may be in other hands.

    It lies with the other keys, wrapped as they are: it is mirrored with them, and wrapped anew when they are renewed.
    It stays the same meanwhile, because others know the coalition by it.
    """
    require(work.actor, Permission.MANAGE_KEYS)
    if renew:
        work.runtime.keys.renew_lasting("signature")
        audit.record(work, "keys.signature", "coalition", "keys")
    return Signer.of(work.runtime.keys.lasting_key("signature"))


def mirror_keys(work: Work, target: Path) -> None:
    """Copy the database of wrapped keys over the last copy, so that what was destroyed is gone from both.

    The copy holds no key in clear and is of no use without the master key. It appears whole or not at all.
    """
    require(work.actor, Permission.MANAGE_KEYS)
    work.runtime.keys.prepare()
    copy_sqlite(work.runtime.config.keys, target)
    audit.record(work, "keys.mirror", "coalition", "keys")
