"""The database of wrapped keys: kept, renewed while others work, destroyed for ever."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from coalition.db.engine import make_engine
from coalition.db.keys import KeyMissing, Keys, KeyStore
from coalition.encryption import CannotOpen, HeldKeys, KeyFile, MasterKeys, new_key

MOMENT = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.fixture
def masters(tmp_path: Path) -> KeyFile:
    """Give a master key in a file."""
    file = KeyFile(tmp_path / "master.key")
    file.create()
    return file


def opened(tmp_path: Path, masters: MasterKeys) -> KeyStore:
    """Return the store as another process opens it."""
    return KeyStore(make_engine(f"sqlite:///{tmp_path / 'keys.sqlite3'}"), masters, lambda: MOMENT)


@pytest.fixture
def store(tmp_path: Path, masters: KeyFile) -> Iterator[KeyStore]:
    """Give an empty store."""
    made = opened(tmp_path, masters)
    yield made
    made.dispose()


def raw(tmp_path: Path) -> bytes:
    """Return every byte of the database as it lies on the disk."""
    return b"".join(path.read_bytes() for path in sorted(tmp_path.glob("keys.sqlite3*")))


def kept(store: KeyStore, *subjects: str, holder: str = "o1") -> dict[str, bytes]:
    """Make and keep keys; returns them."""
    keys = Keys(store)
    made = {subject: keys.make(subject, holder) for subject in subjects}
    keys.before_commit()
    keys.after_commit()
    return made


def test_a_key_is_there_once_the_unit_of_work_commits(store: KeyStore):
    keys = Keys(store)
    made = keys.make("i1", "o1")
    assert keys.of("i1") == made
    with pytest.raises(KeyMissing):
        Keys(store).of("i1")
    keys.before_commit()
    assert Keys(store).of("i1") == made


def test_no_key_lies_in_the_database_in_clear(tmp_path: Path, store: KeyStore):
    made = kept(store, "i1", "i2")
    site = store.site_key()
    everything = raw(tmp_path)
    assert everything
    assert not [key for key in (*made.values(), site) if key in everything]


def test_another_process_with_the_master_key_opens_them_and_one_without_does_not(
    tmp_path: Path, store: KeyStore, masters: KeyFile
):
    made = kept(store, "i1")
    assert Keys(opened(tmp_path, masters)).of("i1") == made["i1"]
    with pytest.raises(CannotOpen):
        Keys(opened(tmp_path, HeldKeys([new_key()]))).of("i1")


def test_many_keys_are_opened_at_once(store: KeyStore):
    made = kept(store, *(f"i{number}" for number in range(1203)))
    keys = Keys(store)
    keys.load(made)
    assert {subject: keys.of(subject) for subject in made} == made


def test_a_destroyed_key_is_gone_from_the_disk_and_known_to_be_meant(tmp_path: Path, store: KeyStore):
    kept(store, "i1", "i2")
    with store.reading() as connection:
        wrapped = {row.subject: row.wrapped for row in connection.exec_driver_sql("SELECT * FROM data_key")}
    keys = Keys(store)
    keys.destroy("i1")
    assert Keys(store).of("i1") is not None, "not before the commit"
    keys.before_commit()
    keys.after_commit()
    assert Keys(store).of("i1") is None
    assert Keys(store).of("i2") is not None
    assert wrapped["i1"] not in raw(tmp_path)
    assert wrapped["i2"] in raw(tmp_path)


def test_a_key_that_was_never_there_is_an_error_and_no_empty_text_and_hides_no_other(store: KeyStore):
    made = kept(store, "i1")
    keys = Keys(store)
    keys.load(["unknown", "i1"])
    assert keys.of("i1") == made["i1"]
    with pytest.raises(KeyMissing):
        keys.of("unknown")


def test_a_process_with_the_wrong_master_key_stores_nothing(tmp_path: Path, store: KeyStore, masters: KeyFile):
    made = kept(store, "i1")
    wrong = opened(tmp_path, HeldKeys([new_key()]))
    with pytest.raises(CannotOpen):
        kept(wrong, "i2", holder="o2")
    wrong.dispose()
    assert Keys(opened(tmp_path, masters)).of("i1") == made["i1"]
    assert kept(store, "i3", holder="o2")


def test_the_site_has_one_key_however_many_ask_for_it(tmp_path: Path, masters: KeyFile):
    found, gate = [], threading.Barrier(4)

    def ask() -> None:
        store = opened(tmp_path, masters)
        gate.wait()
        found.append(store.site_key())
        store.dispose()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_renewing_changes_every_wrapping_and_no_data_key(tmp_path: Path, store: KeyStore, masters: KeyFile):
    made = {**kept(store, "i1", "i2"), **kept(store, "i3", holder="o2")}
    site = store.site_key()
    before, old_master = raw(tmp_path), masters.path.read_text()
    done = store.rotate()
    assert (done.holders, done.data_keys, done.master_renewed) == (3, 4, True)
    assert masters.path.read_text() != old_master
    assert len(masters.path.read_text().split()) == 1
    assert {subject: Keys(store).of(subject) for subject in made} == made
    assert store.site_key() == site
    with store.reading() as connection:
        wrapped = list(connection.exec_driver_sql("SELECT wrapped FROM data_key").scalars())
        holders = connection.exec_driver_sql("SELECT count(*) FROM holder_key").scalar_one()
    assert holders == 3
    assert not [value for value in wrapped if value in before]


def test_after_renewing_the_old_master_key_opens_nothing_of_the_new_database(
    tmp_path: Path, store: KeyStore, masters: KeyFile
):
    kept(store, "i1")
    stolen = HeldKeys([*_keys_in(masters)])
    assert Keys(opened(tmp_path, stolen)).of("i1")
    store.rotate()
    with pytest.raises(CannotOpen):
        Keys(opened(tmp_path, stolen)).of("i1")


def _keys_in(masters: KeyFile) -> tuple[bytes, ...]:
    return masters._keys()


def test_others_read_and_write_while_keys_are_renewed(tmp_path: Path, store: KeyStore, masters: KeyFile):
    made = kept(store, *(f"i{number}" for number in range(300)))
    over, errors, written = threading.Event(), [], {}

    def work(name: str) -> None:
        other = opened(tmp_path, masters)
        try:
            number = 0
            while not over.is_set():
                subject = f"{name}-{number}"
                written.update(kept(other, subject, holder="o1"))
                assert Keys(other).of(f"i{number % 300}") == made[f"i{number % 300}"]
                number += 1
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            errors.append(error)
        finally:
            other.dispose()

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for _ in range(3):
        store.rotate()
    over.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert written
    everything = {**made, **written}
    fresh = opened(tmp_path, masters)
    assert fresh.open_keys(list(everything)) == everything
    fresh.dispose()


def test_an_interrupted_renewal_loses_nothing_and_is_finished_by_the_next(store: KeyStore, masters: KeyFile):
    made = kept(store, "i1", "i2")
    masters.renew()  # as far as a rotation got that was killed
    assert {subject: Keys(store).of(subject) for subject in made} == made
    store.rotate()
    assert {subject: Keys(store).of(subject) for subject in made} == made
    assert len(_keys_in(masters)) == 1


def test_of_two_renewals_at_once_one_waits_and_no_key_is_lost(tmp_path: Path, store: KeyStore, masters: KeyFile):
    made = kept(store, *(f"i{number}" for number in range(40)))
    gate, errors = threading.Barrier(3), []

    def rotate() -> None:
        other = opened(tmp_path, masters)
        gate.wait()
        try:
            for _ in range(3):
                other.rotate()
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            errors.append(error)
        finally:
            other.dispose()

    def record() -> None:
        other = opened(tmp_path, masters)
        gate.wait()
        for number in range(10):
            made.update(kept(other, f"new-{number}", holder=f"member-{number}"))
        other.dispose()

    threads = [threading.Thread(target=work) for work in (rotate, rotate, record)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    fresh = opened(tmp_path, masters)
    assert fresh.open_keys(list(made)) == made
    assert len(_keys_in(masters)) == 1
    fresh.dispose()
