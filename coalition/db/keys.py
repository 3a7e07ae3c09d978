"""The wrapped keys, in a database of their own beside the secrets.

They lie apart from the data so that a backup of the data does not hold them: once an incident's key is destroyed here,
no older copy of the data can be read for that incident any more (GDPR Art. 17 and 32). This database is to be
mirrored, not archived: `deploy/README.md` says how. It holds no key in clear: each incident's data key is wrapped by
its member's key, each member's key by the master key (`coalition.encryption`).
"""

import fcntl
import hashlib
import hmac
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, Engine, ForeignKey, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, Session, mapped_column

from coalition.db.base import new_id
from coalition.db.engine import WRITES
from coalition.db.types import Moment
from coalition.encryption import CannotOpen, MasterKeys, Opener, new_key, seal, unseal

COALITION = "coalition"
"""Holds the keys of what belongs to no single member: built files, the second factors of people."""
SITE = "site"
"""The data key of the installation itself."""
EARLIER = "/earlier"
"""Ends the subject of a key that was renewed, until nothing is sealed with it any more."""
LASTING = ("audit log", "erased row", "heading of a sheet", "imported row", "row of a sheet", "signature", "text index")
"""What follows from the site's first key for ever: these are fingerprints, which cannot be made anew, and the signature
by which others know us."""
_BATCH = 500
_TRIES = 3


class KeyBase(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """Base of the tables of this database."""


class HolderKey(KeyBase, kw_only=True):
    """The key of a member, or of the coalition; the newest of a holder wraps new data keys."""

    __tablename__ = "holder_key"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    holder: Mapped[str] = mapped_column(index=True)
    """Id of the organisation, or COALITION."""
    master: Mapped[str]
    """Name of the master key that wraps it."""
    wrapped: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(Moment)


class DataKey(KeyBase, kw_only=True):
    """The key of one incident, one job's files, or the site."""

    __tablename__ = "data_key"

    subject: Mapped[str] = mapped_column(primary_key=True)
    holder_key_id: Mapped[str] = mapped_column(ForeignKey("holder_key.id"), index=True)
    wrapped: Mapped[bytes]
    created_at: Mapped[datetime] = mapped_column(Moment)


class DestroyedKey(KeyBase, kw_only=True):
    """A key that was destroyed on purpose: what it sealed is gone, and its absence is no fault."""

    __tablename__ = "destroyed_key"

    subject: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)


class LogHead(KeyBase, kw_only=True):
    """How far the audit log had come: kept apart from it, so that entries cut off its end are missed."""

    __tablename__ = "log_head"

    number: Mapped[int] = mapped_column(primary_key=True)
    """Of the newest entry."""
    hash: Mapped[str]


class LogBreak(KeyBase, kw_only=True):
    """A place where the log went on from an earlier entry than the newest: some had been cut off."""

    __tablename__ = "log_break"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    number: Mapped[int]
    at: Mapped[datetime] = mapped_column(Moment)


class Resealing(KeyBase, kw_only=True):
    """That every data key is being renewed, and since when: an interrupted run goes on instead of beginning anew."""

    __tablename__ = "resealing"

    began_at: Mapped[datetime] = mapped_column(Moment, primary_key=True)


class LogSent(KeyBase, kw_only=True):
    """How far the audit log was handed to a collector elsewhere."""

    __tablename__ = "log_sent"

    collector: Mapped[str] = mapped_column(primary_key=True)
    """Its host and port."""
    number: Mapped[int]
    hash: Mapped[str]


class KeyMissing(Exception):
    """A data key is neither there nor known to be destroyed: the key database is lost or not the right one."""


def _about_holder(identity: str, holder: str) -> str:
    return f"holder_key.wrapped:{identity}/{holder}"


def _about_data(subject: str, holder_key_id: str) -> str:
    return f"data_key.wrapped:{subject}/{holder_key_id}"


def derived(site_key: bytes, purpose: str) -> bytes:
    """Return the key of one purpose that follows from the site's key (HMAC-SHA256 as in RFC 5869, section 2.3)."""
    return hmac.digest(site_key, purpose.encode(), hashlib.sha256)


def _lasting(purpose: str) -> str:
    return f"{SITE}/{purpose}"


def _in_batches(subjects: Iterable[str]) -> Iterator[tuple[str, ...]]:
    rest = iter(subjects)
    while some := tuple(islice(rest, _BATCH)):
        yield some


class KeyStore:
    """The keys of an installation, for as long as the process lives."""

    def __init__(self, engine: Engine, masters: MasterKeys, clock: Callable[[], datetime]) -> None:
        """Keep where the keys are; nothing is opened yet."""
        self._engine, self._masters, self._clock = engine, masters, clock
        self._holders: dict[str, bytes] = {}
        self._lasting: dict[str, bytes] = {}
        self._prepared = False

    def dispose(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def prepare(self) -> None:
        """Create the tables that are missing."""
        with self._engine.connect().execution_options(**{WRITES: True}) as connection:
            KeyBase.metadata.create_all(connection)
            connection.commit()
        self._prepared = True

    def reading(self) -> Connection:
        """Return a connection that reads."""
        if not self._prepared:
            self.prepare()
        return self._engine.connect()

    def writing(self) -> Connection:
        """Return a connection that holds the write lock."""
        if not self._prepared:
            self.prepare()
        return self._engine.connect().execution_options(**{WRITES: True})

    def open_keys(self, subjects: Collection[str]) -> dict[str, bytes]:
        """Return the data keys of some subjects; those without one are left out.

        Raises CannotOpen when the master key does not fit.
        """
        opened: dict[str, bytes] = {}
        for some in _in_batches(subjects):
            for attempt in range(_TRIES):
                try:
                    opened.update(self._open(some))
                    break
                except CannotOpen:
                    # Keys that are being renewed at this moment: what was read is no longer how it is wrapped.
                    if attempt == _TRIES - 1:
                        raise
        return opened

    def _open(self, subjects: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        # Columns and no objects: very many are read one after the other.
        query = select(DataKey.subject, DataKey.wrapped, DataKey.holder_key_id)
        with self.reading() as connection:
            rows = connection.execute(query.where(DataKey.subject.in_(subjects))).all()
            holders = self._opened_holders(connection, {identity for *_, identity in rows})
        openers = {identity: Opener(key) for identity, key in holders.items()}
        for subject, sealed, identity in rows:
            # Without the key that wraps it a data key is missing, and is missed as such.
            if identity in openers:
                yield subject, openers[identity](sealed, _about_data(subject, identity))

    def _opened_holders(self, connection: Connection, wanted: set[str]) -> dict[str, bytes]:
        """Return some holders' keys by their id; only those that were not opened yet are read."""
        # Asked one by one: other threads may open more of them meanwhile.
        opened = {identity: key for identity in wanted if (key := self._holders.get(identity))}
        if unknown := wanted - opened.keys():
            query = select(HolderKey.id, HolderKey.holder, HolderKey.wrapped, HolderKey.master)
            for identity, holder, wrapped, master in connection.execute(query.where(HolderKey.id.in_(unknown))):
                opened[identity] = self._unwrap(identity, holder, wrapped, master)
        return opened

    def _open_holder(self, row: HolderKey) -> bytes:
        return self._holders.get(row.id) or self._unwrap(row.id, row.holder, row.wrapped, row.master)

    def _unwrap(self, identity: str, holder: str, wrapped: bytes, master: str) -> bytes:
        self._holders[identity] = self._masters.unwrap(wrapped, master, _about_holder(identity, holder))
        return self._holders[identity]

    def are_destroyed(self, subjects: Collection[str]) -> set[str]:
        """Return those of some subjects whose key was destroyed."""
        with self.reading() as connection:
            found: set[str] = set()
            for some in _in_batches(subjects):
                found.update(connection.scalars(select(DestroyedKey.subject).where(DestroyedKey.subject.in_(some))))
            return found

    def store(self, keys: Iterable[tuple[str, str, bytes]]) -> None:
        """Keep new data keys: (subject, holder, key).

        Raises CannotOpen when the master key is not the one that wrapped what is here: two kinds of wrapping in one
        database would leave each of two processes with records that it cannot open.
        """
        with self.reading() as connection, Session(connection) as session:
            for row in session.scalars(select(HolderKey).where(HolderKey.master != self._masters.current).limit(1)):
                self._open_holder(row)
        now = self._clock()
        with self.writing() as connection, Session(connection) as session:
            newest: dict[str, HolderKey] = {}
            rows = []
            for subject, holder, key in keys:
                if holder not in newest:
                    newest[holder] = _newest(session, holder) or self._new_holder(session, holder, now)
                wrapping = newest[holder]
                wrapped = seal(self._open_holder(wrapping), key, _about_data(subject, wrapping.id))
                rows.append({"subject": subject, "holder_key_id": wrapping.id, "wrapped": wrapped, "created_at": now})
            session.execute(insert(DataKey), rows)
            session.commit()

    def _new_holder(self, session: Session, holder: str, now: datetime) -> HolderKey:
        identity, key = new_id(), new_key()
        master, wrapped = self._masters.wrap(key, _about_holder(identity, holder))
        row = HolderKey(id=identity, holder=holder, master=master, wrapped=wrapped, created_at=now)
        session.add(row)
        session.flush()
        self._holders[identity] = key
        return row

    def destroy(self, subjects: Collection[str]) -> None:
        """Destroy data keys for ever, and remember that it was meant."""
        now = self._clock()
        with self.writing() as connection:
            for subject in subjects:
                connection.execute(delete(DataKey).where(DataKey.subject.in_((subject, subject + EARLIER))))
                if connection.scalar(select(DestroyedKey.subject).where(DestroyedKey.subject == subject)) is None:
                    connection.execute(insert(DestroyedKey).values(subject=subject, at=now))
            connection.commit()
        self._forget_old_pages()

    def _forget_old_pages(self) -> None:
        # What was deleted may still stand in the write-ahead log until that is written over.
        # Somebody who reads at this moment would make us wait; the next change then does it.
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=1000")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("PRAGMA busy_timeout=15000")

    def rotate(self) -> "Rotation":
        """Renew the master key and every member's key, and wrap every data key anew; the data stay as they are.

        Others go on reading and writing meanwhile: both generations are good until the last key is wrapped anew.
        An interrupted rotation is simply run again; of two at once, one waits for the other.
        """
        with self._alone():
            renewed = self._masters.renew()
            new: dict[str, str] = {}
            data_keys = 0
            while some := self._rewrap(new):
                data_keys += some
            with self.reading() as connection:
                self._masters.keep_only(set(connection.scalars(select(HolderKey.master))))
        self._holders = {identity: key for identity, key in self._holders.copy().items() if identity in new.values()}
        self._forget_old_pages()
        return Rotation(holders=len(new), data_keys=data_keys, master_renewed=renewed)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold what only one process at a time may hold. It ends with the process, however that ends."""
        with self.alone("rotating"):
            yield

    @contextmanager
    def alone(self, what: str) -> Iterator[None]:
        """Do something that only one process at a time may do; the others wait, unless the first one dies."""
        with Path(f"{self._engine.url.database}.{what}").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _rewrap(self, new: dict[str, str]) -> int:
        """Wrap some data keys anew; once none is left, the keys that wrapped them go, under the same lock.

        Whoever stores a key meanwhile takes the newest of its holder, so a holder that appears now is simply old too.
        """
        now = self._clock()
        with self.writing() as connection, Session(connection) as session:
            query = select(DataKey, HolderKey).join(HolderKey).where(HolderKey.id.not_in(new.values()))
            rows = session.execute(query.limit(_BATCH)).all()
            for holder in {old.holder for _, old in rows} - new.keys():
                new[holder] = self._new_holder(session, holder, now).id
            for data, old in rows:
                key = unseal(self._open_holder(old), data.wrapped, _about_data(data.subject, old.id))
                data.holder_key_id = new[old.holder]
                data.wrapped = seal(self._holders[new[old.holder]], key, _about_data(data.subject, new[old.holder]))
            session.flush()
            if not rows:
                session.execute(delete(HolderKey).where(HolderKey.id.not_in(new.values())))
            session.commit()
            return len(rows)

    # --- new data keys ---

    def renew(self, subjects: Collection[str]) -> None:
        """Give some subjects a new data key, and keep the one before for what is still sealed with it.

        A subject whose last renewal is not finished keeps what it has: two keys at most are good at a time.
        """
        now = self._clock()
        with self.writing() as connection, Session(connection) as session:
            for subject in subjects:
                data = session.get(DataKey, subject)
                if data is None or session.get(DataKey, subject + EARLIER) is not None:
                    continue
                holder = session.get_one(HolderKey, data.holder_key_id)
                wrapping = self._open_holder(holder)
                key = unseal(wrapping, data.wrapped, _about_data(subject, holder.id))
                earlier = subject + EARLIER
                wrapped = seal(wrapping, key, _about_data(earlier, holder.id))
                session.add(
                    DataKey(subject=earlier, holder_key_id=holder.id, wrapped=wrapped, created_at=data.created_at)
                )
                data.wrapped = seal(wrapping, new_key(), _about_data(subject, holder.id))
                data.created_at = now
            session.commit()

    def renewing(self) -> list[str]:
        """Return the subjects whose key before the present one is still there."""
        query = select(DataKey.subject).where(DataKey.subject.endswith(EARLIER, autoescape=True))
        with self.reading() as connection:
            return sorted(subject.removesuffix(EARLIER) for subject in connection.scalars(query))

    def drop_earlier(self, subjects: Iterable[str]) -> None:
        """Destroy the keys before the present ones."""
        with self.writing() as connection:
            for some in _in_batches(subject + EARLIER for subject in subjects):
                connection.execute(delete(DataKey).where(DataKey.subject.in_(some)))
            connection.commit()
        self._forget_old_pages()

    def begin_resealing(self) -> datetime:
        """Return since when every data key is being renewed: since now, unless an earlier run was interrupted."""
        with self.writing() as connection:
            began = connection.scalar(select(Resealing.began_at))
            if began is None:
                began = self._clock()
                connection.execute(insert(Resealing).values(began_at=began))
            connection.commit()
            return began

    def end_resealing(self) -> None:
        """Remember that every data key was renewed."""
        with self.writing() as connection:
            connection.execute(delete(Resealing))
            connection.commit()

    def made_until(self, moment: datetime) -> set[str]:
        """Return the subjects whose key was made at a moment or before."""
        with self.reading() as connection:
            return set(connection.scalars(select(DataKey.subject).where(DataKey.created_at <= moment)))

    # --- the site's own keys ---

    def site_key(self) -> bytes:
        """Return the installation's own data key, which is made when it is first needed."""
        return self._site((SITE,))[SITE]

    def _site(self, subjects: Collection[str]) -> dict[str, bytes]:
        """Return the site's key and some that follow from it, all of the same moment."""
        found = self.open_keys(subjects)
        if SITE not in found:
            with suppress(IntegrityError):  # another process may make it at this very moment
                self.store([(SITE, COALITION, new_key())])
            found = self.open_keys(subjects)
        return found

    def lasting_key(self, purpose: str) -> bytes:
        """Return the key of one of the purposes in LASTING: it stays the same when the site's key is renewed.

        Raises ValueError for any other purpose: its key would be another one after that.
        """
        if purpose not in LASTING:
            raise ValueError(purpose)
        if purpose not in self._lasting:
            subject = _lasting(purpose)
            found = self._site((SITE, subject))
            self._lasting[purpose] = found.get(subject) or derived(found[SITE], purpose)
        return self._lasting[purpose]

    def renew_lasting(self, purpose: str) -> None:
        """Take a new key for a purpose, which follows from nothing. What others know by the old one they know no more.

        Processes that run go on with the old one until they are started again.
        """
        subject, now = _lasting(purpose), self._clock()
        self._site((SITE,))
        with self.writing() as connection, Session(connection) as session:
            holder = _newest(session, COALITION) or self._new_holder(session, COALITION, now)
            wrapped = seal(self._open_holder(holder), new_key(), _about_data(subject, holder.id))
            connection.execute(delete(DataKey).where(DataKey.subject == subject))
            session.add(DataKey(subject=subject, holder_key_id=holder.id, wrapped=wrapped, created_at=now))
            session.commit()
        self._lasting.pop(purpose, None)
        self._forget_old_pages()

    def fix_lasting(self) -> None:
        """Keep what follows from the site's key by itself, before that is renewed."""
        subjects = {purpose: _lasting(purpose) for purpose in LASTING}
        there = self._site((SITE, *subjects.values()))
        wanted = {subject: derived(there[SITE], purpose) for purpose, subject in subjects.items()}
        new = [(subject, COALITION, key) for subject, key in wanted.items() if subject not in there]
        if new:
            self.store(new)

    # --- the log ---

    def log_sent(self, collector: str) -> tuple[int, str]:
        """Return number and hash of the newest entry that a collector has, (0, "") before the first."""
        with self.reading() as connection:
            row = connection.execute(select(LogSent.number, LogSent.hash).where(LogSent.collector == collector)).first()
            return (row.number, row.hash) if row else (0, "")

    def note_log_sent(self, collector: str, number: int, hash_of_last: str) -> None:
        """Remember how far a collector has the log."""
        with self.writing() as connection:
            connection.execute(delete(LogSent).where(LogSent.collector == collector))
            connection.execute(insert(LogSent).values(collector=collector, number=number, hash=hash_of_last))
            connection.commit()

    def log_head(self) -> tuple[int, str] | None:
        """Return number and hash of the newest entry of the log that was seen, None before the first."""
        with self.reading() as connection:
            row = connection.execute(select(LogHead.number, LogHead.hash)).first()
            return (row.number, row.hash) if row else None

    def log_breaks(self) -> list[int]:
        """Return the numbers at which the log went on although later entries had been there."""
        with self.reading() as connection:
            return list(connection.scalars(select(LogBreak.number).order_by(LogBreak.number)))

    def advance_log(self, last: int, hash_of_last: str) -> None:
        """Remember how far the log has come. Two processes may come in either order: the later entry stands."""
        with self.writing() as connection:
            head = connection.execute(select(LogHead.number)).first()
            if head is None:
                connection.execute(insert(LogHead).values(number=last, hash=hash_of_last))
            elif head.number < last:
                connection.execute(update(LogHead).values(number=last, hash=hash_of_last))
            connection.commit()

    def accept_log(self, last: int, hash_of_last: str) -> None:
        """Take an older state of the log for the present one, and forget where it was cut off."""
        with self.writing() as connection:
            connection.execute(delete(LogHead))
            connection.execute(delete(LogBreak))
            if last:
                connection.execute(insert(LogHead).values(number=last, hash=hash_of_last))
            connection.commit()

    def note_log_break(self, number: int) -> None:
        """Remember for ever that entries were cut off before this one."""
        with self.writing() as connection:
            connection.execute(insert(LogBreak).values(id=new_id(), number=number, at=self._clock()))
            connection.commit()


@dataclass(frozen=True)
class Rotation:
    """What a rotation did."""

    holders: int
    data_keys: int
    master_renewed: bool
    """False where the master key is given from outside: whoever gives it puts the new one first."""


def _newest(session: Session, holder: str) -> HolderKey | None:
    query = (
        select(HolderKey).where(HolderKey.holder == holder).order_by(HolderKey.created_at.desc(), HolderKey.id.desc())
    )
    return session.scalar(query.limit(1))


@dataclass
class Keys:
    """The data keys that one unit of work opens, makes and destroys."""

    store: KeyStore
    _opened: dict[str, bytes] = field(default_factory=dict)
    _new: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    _gone: set[str] = field(default_factory=set)
    _doomed: set[str] = field(default_factory=set)
    _earlier: dict[str, tuple[bytes, ...]] = field(default_factory=dict)

    def make(self, subject: str, holder: str) -> bytes:
        """Make a data key; it is kept when the unit of work commits."""
        key = new_key()
        self._new[subject] = (holder, key)
        self._opened[subject] = key
        return key

    def load(self, subjects: Iterable[str]) -> None:
        """Open the keys of many subjects at once. One that is missing is missed when its record is opened."""
        wanted = [subject for subject in subjects if subject not in self._opened and subject not in self._gone]
        if not wanted:
            return
        self._opened.update(self.store.open_keys(wanted))
        self._gone |= self.store.are_destroyed([subject for subject in wanted if subject not in self._opened])

    def forget(self, subjects: Iterable[str]) -> None:
        """Let keys go that were only read with: whoever goes through very many incidents cannot keep them all."""
        for subject in subjects:
            if subject not in self._new:
                self._opened.pop(subject, None)

    def of(self, subject: str) -> bytes | None:
        """Return the key of a subject, None when it was destroyed.

        Raises KeyMissing, CannotOpen.
        """
        if subject in self._opened:
            return self._opened[subject]
        self.load((subject,))
        if subject in self._gone:
            return None
        if subject not in self._opened:
            raise KeyMissing("a data key is missing: is the key database the right one? See coalition keys check")
        return self._opened[subject]

    def all_of(self, subject: str) -> tuple[bytes, ...]:
        """Return every key that something of a subject can be sealed with: while keys are renewed there are two."""
        earlier = subject + EARLIER
        found = self.store.open_keys((subject, earlier))
        if subject in found and subject not in self._new:
            self._opened[subject] = found[subject]
        return tuple(found[one] for one in (subject, earlier) if one in found)

    def unseal(self, subject: str, sealed: bytes, about: str) -> bytes:
        """Decrypt a value of a subject, also while its key is being renewed. Raises CannotOpen, KeyMissing."""
        key = self.of(subject)
        if key is None:
            raise CannotOpen(about)
        try:
            return unseal(key, sealed, about)
        except CannotOpen:
            # Read, or sealed, just before the key was renewed or just after it.
            for other in self._others(subject):
                with suppress(CannotOpen):
                    return unseal(other, sealed, about)
            raise

    def _others(self, subject: str) -> Iterator[bytes]:
        yield from self._earlier.get(subject, ())
        self._earlier[subject] = self.all_of(subject)
        yield from self._earlier[subject]

    def destroy(self, subject: str) -> None:
        """Destroy a key once the unit of work has committed."""
        self._gone.add(subject)
        self._doomed.add(subject)
        self._opened.pop(subject, None)
        self._new.pop(subject, None)

    @property
    def doomed(self) -> frozenset[str]:
        """The subjects whose keys go when the unit of work has committed."""
        return frozenset(self._doomed)

    def before_commit(self) -> None:
        """Keep the new keys. One that the data then do not come to need does no harm."""
        if self._new:
            self.store.store((subject, holder, key) for subject, (holder, key) in self._new.items())
            self._new = {}

    def after_commit(self) -> None:
        """Destroy what was to be destroyed."""
        if self._doomed:
            self.store.destroy(self._doomed)

    def seal_for_site(self, about: str, value: bytes) -> bytes:
        """Encrypt a value that belongs to the installation, for one place such as "second_factor.secret:<id>"."""
        return seal(self._site_key(), value, about)

    def open_for_site(self, about: str, sealed: bytes) -> bytes:
        """Decrypt what `seal_for_site` made. Raises CannotOpen."""
        self._site_key()
        return self.unseal(SITE, sealed, about)

    def _site_key(self) -> bytes:
        if SITE not in self._opened:
            self._opened[SITE] = self.store.site_key()
        return self._opened[SITE]


def keys_of(session: Session) -> Keys:
    """Return the keys that a session carries: they open what it reads and seal what it writes."""
    keys: Keys = session.info["keys"]
    return keys
