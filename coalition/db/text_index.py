"""The text index: what searching and comparing need of the texts, in an SQLite file beside the database.

The texts themselves are sealed, so no database can search them. This file holds for each incident keyed digests of its
words and bits for the concepts that it speaks of, never a word and never what leads to the person; whoever has the file
without the keys learns how often some unknown word occurs, and no more. It is a cache: it may be deleted at any moment
and is made anew from the records. It is no part of the database and of no backup, because an erased incident has to be
gone from there too; from here its rows go as soon as its erasure is committed, and their pages are written over.
"""

import fcntl
import hashlib
import hmac
import sqlite3
import struct
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from coalition.domain.duplicates import Case, Features, Span

_FORM = "2"
"""Of the tables below; a file of another form is thrown away."""
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA busy_timeout=15000",
    "PRAGMA synchronous=NORMAL",  # a cache: what a power cut loses is made anew
    "PRAGMA secure_delete=ON",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA mmap_size=536870912",
)
_TABLES = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE document (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    incident TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    organisation TEXT NOT NULL,
    country TEXT NOT NULL,
    days INTEGER NOT NULL,
    first INTEGER,
    region TEXT NOT NULL,
    type TEXT NOT NULL,
    motivations TEXT NOT NULL,
    place BLOB NOT NULL,
    scripts INTEGER NOT NULL,
    concepts BLOB NOT NULL,
    words BLOB NOT NULL,
    open_scripts INTEGER NOT NULL,
    open_concepts BLOB NOT NULL,
    open_words BLOB NOT NULL,
    terms BLOB NOT NULL
);
CREATE TABLE glance (
    country TEXT NOT NULL,
    most INTEGER NOT NULL,
    first INTEGER NOT NULL,
    document INTEGER NOT NULL,
    days INTEGER NOT NULL,
    organisation TEXT NOT NULL,
    region TEXT NOT NULL,
    type TEXT NOT NULL,
    motivations TEXT NOT NULL,
    concepts BLOB NOT NULL,
    weight INTEGER NOT NULL,
    open_concepts BLOB NOT NULL,
    open_weight INTEGER NOT NULL,
    PRIMARY KEY (country, most, first, document)
) WITHOUT ROWID;
CREATE TABLE term (
    digest INTEGER NOT NULL, document INTEGER NOT NULL, PRIMARY KEY (digest, document)
) WITHOUT ROWID;
"""
_SOME = 500
_KINDS_OF_DATE = (1, 31, 366)
"""The most days that a date can mean which is known to the day, the month, the year."""


@dataclass(frozen=True)
class Document:
    """One incident in the index."""

    incident: str
    """Its id."""
    version: int
    organisation: str
    case: Case
    """With all of its text that whoever searches may see; words and place as digests."""
    open_text: Features
    """What of its text another member may see."""
    terms: frozenset[int] = frozenset()
    """Digests of what it is found by."""


class Rough(NamedTuple):
    """What a first glance at many documents needs; they lie beside each other in the order of their dates."""

    number: int
    organisation: str
    region: str
    type: str
    motivations: str
    """Codes in their order, with a space between them."""
    concepts: bytes
    """The bits, the lowest byte first."""
    weight: int
    """How much they tell."""
    open_concepts: bytes
    """Of what another member may see."""
    open_weight: int


class TextIndex:
    """The file of an installation, for one thread; each question opens it anew unless a block keeps it open."""

    def __init__(self, path: Path, key: bytes, meaning: str) -> None:
        """Keep where it is; `key` makes the digests, `meaning` changes when words or concepts mean something else."""
        self._path, self._key = path, key
        self._about = hmac.new(key, f"{_FORM}/{meaning}".encode(), hashlib.sha256).hexdigest()
        self._kept: sqlite3.Connection | None = None

    def digest(self, term: str) -> int:
        """Return the keyed digest of a term: 63 bits, which SQLite holds as a number."""
        return _digest(self._key, term)

    def digests(self, terms: Iterable[str]) -> frozenset[int]:
        """Return the keyed digests of some terms."""
        return frozenset(_digest(self._key, term) for term in terms)

    @contextmanager
    def alone(self, *, wait: bool = False) -> Iterator[bool]:
        """Give a block the sole right to bring much up to date; False where somebody has it, unless it is to `wait`."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._path.with_name(f"{self._path.name}.updating").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Ask many questions in a block, or in blocks within it, without opening the file for each."""
        if self._kept is not None:
            yield
            return
        self._kept = self._connect()
        try:
            yield
        finally:
            self._kept.close()
            self._kept = None

    @contextmanager
    def _opened(self, *, writes: bool = False) -> Iterator[sqlite3.Connection]:
        with self._thrown_away_when_damaged():
            if self._kept is not None and not writes:
                yield self._kept
                return
            with closing(self._connect()) as connection:
                if writes:
                    connection.execute("BEGIN IMMEDIATE")
                yield connection
                if writes:
                    connection.execute("COMMIT")

    @contextmanager
    def _thrown_away_when_damaged(self) -> Iterator[None]:
        """Let whoever asks next begin with a new file: nobody mends a cache."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", None) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                self.throw_away()
            raise

    def _connect(self) -> sqlite3.Connection:
        return self._ours() or self._replaced()

    def _replaced(self) -> sqlite3.Connection:
        """Put a new file in the place of none, or of one that is no use; of several who see that, one does it."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._path.with_name(f"{self._path.name}.replacing").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            while (connection := self._ours()) is None:
                self._begin()
            return connection

    def _ours(self) -> sqlite3.Connection | None:
        """Return a connection; none where there is no file, or a damaged one, or one of other keys, words or tables."""
        if not self._path.exists():
            return None
        try:
            connection = _connection_to(self._path)
        except sqlite3.OperationalError:
            if self._path.exists():
                raise
            return None  # thrown away at this very moment
        try:
            if self._is_ours(connection):
                return connection
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
                connection.close()
                raise
        connection.close()
        return None

    def _is_ours(self, connection: sqlite3.Connection) -> bool:
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        found = connection.execute("SELECT value FROM about WHERE name = 'made by'").fetchone()
        return found is not None and found[0] == self._about

    def _begin(self) -> None:
        """Make the file beside its place and move it there: nobody sees half of it, which would look like another's."""
        made = self._path.with_name(f"{self._path.name}.new")
        made.unlink(missing_ok=True)
        made.touch(mode=0o600)
        with closing(_connection_to(made)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(_TABLES)
            connection.execute("INSERT INTO about VALUES ('made by', ?)", (self._about,))
        self.throw_away()
        made.rename(self._path)

    def throw_away(self) -> None:
        """Delete the file: it is made anew when it is needed."""
        for ending in ("-wal", "-shm", ""):
            self._path.with_name(self._path.name + ending).unlink(missing_ok=True)

    # --- keeping it up to date ---

    def size(self) -> int:
        """Return how many incidents it holds."""
        with self._opened() as connection:
            return int(connection.execute("SELECT count(*) FROM document").fetchone()[0])

    def versions(self, incidents: Collection[str] | None = None) -> dict[str, int]:
        """Return the version in which it holds incidents: all, or those of some that it holds."""
        with self._opened() as connection:
            if incidents is None:
                return dict(connection.execute("SELECT incident, version FROM document").fetchall())
            found: dict[str, int] = {}
            for some in _in_parts(list(incidents)):
                marks = ",".join("?" * len(some))
                query = f"SELECT incident, version FROM document WHERE incident IN ({marks})"  # noqa: S608 - marks  # nosec B608
                found.update(connection.execute(query, some).fetchall())
            return found

    def seen_until(self) -> str:
        """Return the moment until which changes were looked at, empty before the first look."""
        with self._opened() as connection:
            found = connection.execute("SELECT value FROM about WHERE name = 'seen until'").fetchone()
            return str(found[0]) if found else ""

    def note_seen(self, moment: str) -> None:
        """Remember until which moment changes were looked at."""
        with self._opened(writes=True) as connection:
            connection.execute("INSERT OR REPLACE INTO about VALUES ('seen until', ?)", (moment,))

    def put(self, documents: Iterable[Document]) -> None:
        """Hold these documents, in the place of what was held of the same incidents."""
        with self._opened(writes=True) as connection:
            for document in documents:
                # The number stays, and is never another's: whoever asks in two steps looks documents up by it.
                row = {"number": _remove(connection, document.incident), **_row_of(document)}
                marks = ",".join("?" * len(row))
                columns = ",".join(row)
                query = f"INSERT INTO document ({columns}) VALUES ({marks})"  # noqa: S608 - our own columns  # nosec B608
                number = connection.execute(query, tuple(row.values())).lastrowid
                connection.executemany("INSERT INTO term VALUES (?, ?)", ((term, number) for term in document.terms))
                _put_glance(connection, document, number)

    def forget(self, incidents: Collection[str]) -> None:
        """Take incidents out, and what is left of them on the pages of the file."""
        forget(self._path, incidents)

    # --- asking it ---

    def with_all(self, wanted: Sequence[frozenset[str]]) -> tuple[str, ...]:
        """Return the ids of the incidents that hold one of the terms of every group."""
        with self._opened() as connection:
            numbers: set[int] | None = None
            for group in wanted:
                found = {
                    row[0]
                    for term in self.digests(group)
                    for row in connection.execute("SELECT document FROM term WHERE digest = ?", (term,))
                }
                numbers = found if numbers is None else numbers & found
                if not numbers:
                    return ()
            return tuple(_incidents(connection, sorted(numbers or ())))

    def document(self, incident: str) -> Document | None:
        """Return what is held of one incident."""
        with self._opened() as connection:
            query = f"SELECT {_COLUMNS} FROM document WHERE incident = ?"  # noqa: S608 - our own columns  # nosec B608
            row = connection.execute(query, (incident,)).fetchone()
            return _document_of(row) if row else None

    def near(self, country: str, when: Span, window: int) -> list[Rough]:
        """Return what happened in a country, or in none that is known, at most `window` days from a date."""
        query = (
            "SELECT document, organisation, region, type, motivations, concepts, weight, open_concepts, open_weight"
            " FROM glance WHERE country = ? AND most = ? AND first BETWEEN ? AND ? AND first + days > ?"
        )
        earliest, latest = when.first - window, when.last + window
        found: list[Rough] = []
        with self._opened() as connection:
            for place in {country, ""}:
                for most in _KINDS_OF_DATE:
                    rows = connection.execute(query, (place, most, earliest - most + 1, latest, earliest))
                    found += map(Rough._make, rows)
        return found

    def compared(self, numbers: Sequence[int], whole: Callable[[str], bool]) -> Iterator[tuple[str, str, Case]]:
        """Yield (incident, organisation, case) of documents by their numbers.

        `whole` says of whose records the whole text may decide; of the others it is what members show to each other,
        and no municipality.
        """
        with self._opened() as connection:
            for some in _in_parts(list(numbers)):
                marks = ",".join("?" * len(some))
                query = f"SELECT {_COLUMNS} FROM document WHERE number IN ({marks})"  # noqa: S608 - marks only  # nosec B608
                for row in connection.execute(query, some):
                    yield row[0], row[2], _case_of(row, whole=whole(row[2]))


def _connection_to(path: Path) -> sqlite3.Connection:
    # Where it was thrown away a moment ago, no empty file is to take its place.
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", timeout=15, isolation_level=None, uri=True)


def forget(path: Path, incidents: Collection[str]) -> None:
    """Take incidents out of an installation's index, whichever keys made it, and what is left on the pages of the file.

    Raises nothing: what cannot be taken out now is missed, and taken out, when the index is brought up to date.
    """
    if not incidents or not path.exists():
        return
    with suppress(sqlite3.DatabaseError), closing(_connection_to(path)) as connection:
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'term'").fetchone():
            return
        connection.execute("BEGIN IMMEDIATE")
        for incident in incidents:
            _remove(connection, incident)
        connection.execute("COMMIT")
        # Somebody who reads at this moment would make us wait; the next change then does it.
        connection.execute("PRAGMA busy_timeout=1000")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@lru_cache(maxsize=50_000)
def _digest(key: bytes, term: str) -> int:
    return int.from_bytes(hmac.digest(key, term.encode(), hashlib.sha256)[:8], "big") >> 1


def _in_parts(items: Sequence[str] | Sequence[int]) -> Iterator[Sequence[str] | Sequence[int]]:
    for start in range(0, len(items), _SOME):
        yield items[start : start + _SOME]


def _incidents(connection: sqlite3.Connection, numbers: Sequence[int]) -> Iterator[str]:
    for some in _in_parts(numbers):
        marks = ",".join("?" * len(some))
        query = f"SELECT incident FROM document WHERE number IN ({marks})"  # noqa: S608 - marks only  # nosec B608
        yield from (row[0] for row in connection.execute(query, some))


def _remove(connection: sqlite3.Connection, incident: str) -> int | None:
    """Take an incident out; returns the number that it had, if it was there."""
    query = "SELECT number, terms, country, days, first FROM document WHERE incident = ?"
    row = connection.execute(query, (incident,)).fetchone()
    if not row:
        return None
    number, terms, country, days, first = row
    connection.execute(
        "DELETE FROM glance WHERE country = ? AND most = ? AND first = ? AND document = ?",
        (country, _most(days), first, number),
    )
    held = ((term, number) for term in _numbers(terms))
    connection.executemany("DELETE FROM term WHERE digest = ? AND document = ?", held)
    connection.execute("DELETE FROM document WHERE number = ?", (number,))
    return int(number)


def _most(days: int) -> int:
    return next(most for most in _KINDS_OF_DATE if days <= most)


def _put_glance(connection: sqlite3.Connection, document: Document, number: int | None) -> None:
    case, text, shown = document.case, document.case.text, document.open_text
    if case.when is None:
        return
    row = (
        case.country,
        _most(case.when.days),
        case.when.first,
        number,
        case.when.days,
        document.organisation,
        case.region,
        case.type,
        " ".join(sorted(case.motivations)),
        _bits(text.concepts),
        text.weight,
        _bits(shown.concepts),
        shown.weight,
    )
    connection.execute(f"INSERT INTO glance VALUES ({','.join('?' * len(row))})", row)  # noqa: S608 - marks  # nosec B608


def _packed(numbers: Iterable[object]) -> bytes:
    some = sorted(number for number in numbers if isinstance(number, int))
    return struct.pack(f"<{len(some)}q", *some)


def _numbers(packed: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(packed) // 8}q", packed)


def _bits(concepts: int) -> bytes:
    return concepts.to_bytes((concepts.bit_length() + 7) // 8, "little")


_COLUMNS = (
    "incident, version, organisation, country, days, first, region, type, motivations, place, scripts, concepts, words,"
    " open_scripts, open_concepts, open_words"
)


def _row_of(document: Document) -> Mapping[str, object]:
    case, text, shown = document.case, document.case.text, document.open_text
    return {
        "incident": document.incident,
        "version": document.version,
        "organisation": document.organisation,
        "country": case.country,
        "days": case.when.days if case.when else 0,
        "first": case.when.first if case.when else None,
        "region": case.region,
        "type": case.type,
        "motivations": " ".join(sorted(case.motivations)),
        "place": _packed(case.place),
        "scripts": text.scripts,
        "concepts": _bits(text.concepts),
        "words": _packed(text.words),
        "open_scripts": shown.scripts,
        "open_concepts": _bits(shown.concepts),
        "open_words": _packed(shown.words),
        "terms": _packed(document.terms),
    }


def _document_of(row: Sequence[Any]) -> Document:
    """Make a document of the columns; its terms are for the file itself and stay there."""
    return Document(
        incident=row[0],
        version=row[1],
        organisation=row[2],
        case=_case_of(row, whole=True),
        open_text=_features(row[13:]),
    )


def _case_of(row: Sequence[Any], *, whole: bool) -> Case:
    _incident, _version, _organisation, country, days, first, region, kind, motivations, place, *texts = row
    return Case(
        when=None if first is None else Span(first, first + days - 1),
        country=country,
        region=region,
        place=frozenset(_numbers(place)) if whole else frozenset(),
        type=kind,
        motivations=frozenset(motivations.split()),
        text=_features(texts if whole else texts[3:]),
    )


def _features(columns: Sequence[Any]) -> Features:
    scripts, concepts, words = columns[:3]
    return Features(int.from_bytes(concepts, "little"), frozenset(_numbers(words)), scripts)
