"""The text index: what is found by whom, that it follows the records, and that it can be lost and holds no word."""

import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event

import pytest
from sqlalchemy import select, text

from coalition.db import incidents as storage
from coalition.db.among import FEW, among
from coalition.db.text_index import Document, TextIndex
from coalition.domain.duplicates import Case, Features, Span
from coalition.domain.errors import NotPermitted
from coalition.domain.incidents import Facts, Indicator, PartialDate, Source
from coalition.domain.retention import ErasureReason
from coalition.domain.vocabulary import State
from coalition.services import consents, erasures, incidents, text_index
from coalition.services.backups import write_backup
from coalition.services.incident_views import paged
from coalition.services.work import OPERATOR, Runtime, reading
from coalition.worker import Worker
from tests.conftest import Clock, Coalition
from tests.domain.samples import COMPLETE
from tests.services import records

TOLD = replace(COMPLETE, narrative="До синагогата в Пловдив хвърлиха камък. Канарче.", municipality="Пловдив")


def found(coalition: Coalition, text: str, who: str = "case_worker") -> set[str]:
    """Return the references that a person finds in their list."""
    with coalition.reading(who) as work:
        ids = text_index.matching(work, text).ids
        own = work.actor.organisation
        wanted = storage.Filter(own, ids=ids) if own else storage.Filter(states=("submitted",), shared=True, ids=ids)
        return {line.reference for line in paged(work, wanted, 1).lines}


def held(runtime: Runtime) -> set[str]:
    return set(text_index.index_of(runtime).versions())


@pytest.mark.parametrize(
    "text",
    [
        "синагога",
        "СИНАГОГАТА",
        "камъка",
        "Plovdiv",
        "пловдив",
        "камък и синагога",
    ],
)
def test_a_record_is_found_by_any_form_of_its_words(any_coalition: Coalition, text: str):
    reference = records.begun(any_coalition, TOLD)
    records.begun(any_coalition, COMPLETE)
    assert found(any_coalition, text) == {reference}


@pytest.mark.parametrize("text", ["boys beaten", "тийнейджъри", "безсъние", "near shore", "питаха", "обида свидетел"])
def test_every_text_of_a_record_that_its_readers_see_is_searched(coalition: Coalition, text: str):
    reference = records.begun(coalition, COMPLETE)
    assert found(coalition, text) == {reference}


@pytest.mark.parametrize("text", ["синагога автобус", "камбана", "zzz", "", "и на", "%", "'; drop table document; --"])
def test_what_does_not_hold_every_word_is_not_found(coalition: Coalition, text: str):
    records.begun(coalition, TOLD)
    assert found(coalition, text) == set()


@pytest.mark.parametrize("text", ["Иван", "ivan@example.org", "OWN-17", "Кризисен център", "Име на човек"])
def test_identity_and_what_is_for_staff_cannot_be_searched(coalition: Coalition, text: str):
    reference = records.begun(coalition, TOLD)
    with coalition.reading("lead") as work:
        ids = text_index.matching(work, text).ids
    assert storage_ids(coalition, reference) not in ids


def storage_ids(coalition: Coalition, reference: str) -> str:
    with coalition.reading("operator") as work:
        return storage.id_of_reference(work.session, reference) or ""


def test_a_reference_finds_its_record(any_coalition: Coalition):
    reference = records.begun(any_coalition, TOLD)
    assert found(any_coalition, f" {reference.lower()} ") == {reference}


def test_members_find_their_own_records_only(any_coalition: Coalition):
    mine = records.begun(any_coalition, TOLD)
    theirs = records.begun(any_coalition, TOLD, "second_worker")
    assert found(any_coalition, "синагога") == {mine}
    assert found(any_coalition, "синагога", "second_worker") == {theirs}
    assert found(any_coalition, theirs) == set()


def test_the_coordinator_finds_what_is_handed_in_and_shared(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.SUBMITTED, TOLD)
    records.begun(any_coalition, TOLD)
    kept = records.in_state(any_coalition, State.SUBMITTED, TOLD)
    with any_coalition.work("case_worker") as work:
        consents.withdraw_consent(work, kept, ("share_coalition",))
    assert found(any_coalition, "синагога", "coordinator") == {reference}


@pytest.mark.parametrize("who", ["administrator", "auditor"])
def test_whoever_sees_no_list_searches_nothing(coalition: Coalition, who: str):
    with pytest.raises(NotPermitted), coalition.reading(who) as work:
        text_index.matching(work, "синагога")


def test_what_was_changed_is_found_by_its_new_words_at_once(any_coalition: Coalition):
    reference = records.begun(any_coalition, TOLD)
    assert found(any_coalition, "синагога") == {reference}
    records.save(any_coalition, reference, narrative="В автобуса.")
    assert found(any_coalition, "автобус") == {reference}
    assert found(any_coalition, "синагога") == set()


def test_a_record_with_an_old_date_that_came_by_an_import_is_found(coalition: Coalition):
    records.begun(coalition, TOLD)
    assert found(coalition, "синагога")
    long_ago = coalition.runtime.clock() - timedelta(days=900)
    with coalition.work("operator") as work:
        author = coalition.people["case_worker"]
        new = storage.NewIncident(author.actor.organisation or "", author.id, State.DRAFT, TOLD, long_ago)
        for _ in storage.insert_incidents(work.session, [new]):
            pass
    assert len(found(coalition, "синагога")) == 2


def test_no_record_keeps_others_from_being_found(coalition: Coalition):
    records.begun(coalition, replace(COMPLETE, narrative="ﾞﾞ ﾟﾟ", date=PartialDate(9999)))
    reference = records.begun(coalition, TOLD)
    assert found(coalition, "синагога") == {reference}


def test_a_clock_that_was_ahead_hides_no_later_change(coalition: Coalition, clock: Clock):
    other, reference = records.begun(coalition, TOLD), records.begun(coalition, TOLD)
    clock.now += timedelta(days=400)
    records.save(coalition, other, narrative="Напред.")
    assert found(coalition, "напред") == {other}
    clock.now -= timedelta(days=400)
    assert found(coalition, "напред") == {other}
    clock.now += timedelta(hours=1)
    records.save(coalition, reference, narrative="Камбана.")
    assert found(coalition, "камбана") == {reference}


def test_how_far_it_has_looked_is_written_down_now_and_then(coalition: Coalition, clock: Clock):
    records.begun(coalition, TOLD)
    index, began = text_index.index_of(coalition.runtime), clock.now
    noted = []
    for minutes in (0, 5, 9, 11, 12):
        clock.now = began + timedelta(minutes=minutes)
        found(coalition, "синагога")
        noted.append(index.seen_until())
    assert noted == [began.isoformat()] * 3 + [(began + timedelta(minutes=11)).isoformat()] * 2


def test_a_few_records_are_looked_up_and_not_searched_for_among_all(coalition: Coalition):
    for statement, told in ((FEW, "SEARCH incident USING"), (FEW + 1, "SCAN incident")):
        query = select(storage.Incident.id).where(among(storage.Incident.id, [str(n) for n in range(statement)]))
        with coalition.reading("operator") as work:
            compiled = query.compile(work.session.get_bind(), compile_kwargs={"literal_binds": True})
            plan = work.session.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))
            assert any(told in row[3] for row in plan)


def test_what_is_rolled_back_was_never_in_it(coalition: Coalition):
    records.begun(coalition, TOLD)
    found(coalition, "синагога")
    with suppress(ZeroDivisionError), coalition.work("case_worker") as work:
        incidents.begin_incident(work, records.answers(TOLD))
        text_index.matching(work, "синагога")
        raise ZeroDivisionError
    assert len(held(coalition.runtime)) == 1


def test_a_discarded_draft_leaves_it_with_the_commit(coalition: Coalition):
    reference = records.begun(coalition, TOLD)
    found(coalition, "синагога")
    version = records.read(coalition, reference).version
    with coalition.work("case_worker") as work:
        incidents.discard_draft(work, reference, version)
    assert held(coalition.runtime) == set()


def test_an_erased_record_leaves_it_and_its_pages_are_written_over(coalition: Coalition):
    reference = records.in_state(coalition, State.SUBMITTED, TOLD)
    records.begun(coalition, COMPLETE)
    identity = storage_ids(coalition, reference)
    found(coalition, "синагога")
    index = text_index.index_of(coalition.runtime)
    term = next(iter(index.digests({"канарч"}))).to_bytes(8, "big")
    folder = coalition.runtime.config.data
    before = b"".join(file.read_bytes() for file in folder.glob("text-index.db*"))
    assert identity.encode() in before
    assert term in before or term[::-1] in before
    with coalition.work("operator") as work:
        erasures.erase_incident(
            work, reference, "lead@example.org", "administrator@example.org", ErasureReason.PERSON_REQUEST
        )
    after = b"".join(file.read_bytes() for file in folder.glob("text-index.db*"))
    assert identity.encode() not in after
    assert term not in after
    assert term[::-1] not in after
    assert len(held(coalition.runtime)) == 1


def test_what_a_process_that_died_left_there_goes_at_the_next_use(coalition: Coalition):
    reference = records.begun(coalition, TOLD)
    found(coalition, "синагога")
    index = text_index.index_of(coalition.runtime)
    left = index.document(storage_ids(coalition, reference))
    version = records.read(coalition, reference).version
    with coalition.work("case_worker") as work:
        incidents.discard_draft(work, reference, version)
    assert left is not None
    index.put([left])
    records.begun(coalition, TOLD, "second_worker")
    found(coalition, "синагога")
    assert left.incident not in held(coalition.runtime)


CANARY = Facts(
    narrative="канарче-разказ canarynarrative",
    municipality="Канаричево",
    impact="canaryimpact",
    indicators=(Indicator("expression", "canarynote", "witness"),),
    sources=(Source("media", "Canary Daily"),),
    descriptions={"en": "canarydescription"},
    contact_name="Canaryname",
)


def test_the_file_holds_no_word_in_clear_and_is_in_no_backup(coalition: Coalition):
    reference = records.begun(coalition, replace(CANARY, country="BG"))
    assert found(coalition, "canarynarrative") == {reference}
    folder = coalition.runtime.config.data
    content = b"".join(file.read_bytes() for file in folder.glob("text-index.db*")).lower()
    assert content
    for word in ("canary", "канар", "expression"):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "cp1251"):
            assert word.encode(encoding) not in content
    assert (folder / "text-index.db").stat().st_mode & 0o077 == 0
    with coalition.work("operator") as work:
        write_backup(work, folder.parent / "backup")
    assert not list((folder.parent / "backup").rglob("text-index*"))


def test_it_may_be_lost_and_is_made_anew(coalition: Coalition):
    reference = records.begun(coalition, TOLD)
    assert found(coalition, "синагога") == {reference}
    coalition.runtime.config.text_index.unlink()
    assert found(coalition, "синагога") == {reference}
    coalition.runtime.config.text_index.write_bytes(b"no database at all" * 100)
    assert found(coalition, "синагога") == {reference}


def test_a_damaged_file_is_thrown_away_at_the_first_use(coalition: Coalition):
    reference = records.begun(coalition, TOLD)
    assert found(coalition, "синагога") == {reference}
    path = coalition.runtime.config.text_index
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'document'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    with pytest.raises(sqlite3.DatabaseError):
        found(coalition, "синагога")
    assert found(coalition, "синагога") == {reference}


def test_another_key_finds_nothing_in_it_and_makes_it_anew(coalition: Coalition):
    reference = records.begun(coalition, TOLD)
    index = text_index.index_of(coalition.runtime)
    found(coalition, "синагога")
    other = type(index)(coalition.runtime.config.text_index, b"x" * 32, "other")
    assert other.versions() == {}
    assert found(coalition, "синагога") == {reference}


def test_a_large_backlog_is_left_to_the_worker_and_the_searcher_is_told(
    coalition: Coalition, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(text_index, "AT_ONCE", 2)
    monkeypatch.setattr(text_index, "catch_up", lambda runtime, most=2, done=text_index.catch_up: done(runtime, most))
    made = {records.begun(coalition, TOLD) for _ in range(3)}
    with coalition.reading("case_worker") as work:
        assert text_index.matching(work, "синагога") == text_index.Matches((), 3)
    worker = Worker(coalition.runtime, look_every=0.05)
    worker.start()
    try:
        for _ in range(200):
            if len(held(coalition.runtime)) == 3:
                break
            worker._stopping.wait(0.05)
    finally:
        worker.stop()
    assert found(coalition, "синагога") == made


def test_rebuilding_says_how_far_it_is(coalition: Coalition):
    for _ in range(3):
        records.begun(coalition, TOLD)
    told: list[tuple[int, int]] = []
    with coalition.reading("operator") as work:
        assert text_index.rebuild(work, lambda done, total: told.append((done, total))) == 3
    assert told == [(3, 3)]
    with pytest.raises(NotPermitted), coalition.reading("coordinator") as work:
        text_index.rebuild(work)


def test_several_threads_bring_it_up_to_date_at_once(coalition: Coalition):
    made = {records.begun(coalition, TOLD) for _ in range(12)}
    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(lambda _: found(coalition, "синагога"), range(12)))
    assert all(result == made for result in results)


def test_what_is_put_is_kept_by_whoever_is_first_to_make_the_file(tmp_path: Path):
    together = Barrier(6)

    def put(index: TextIndex, name: str) -> None:
        together.wait()
        index.put([Document(name, 1, "member", Case(), Features())])

    names = [f"incident {number}" for number in range(6)]
    for attempt in range(25):
        indexes = [TextIndex(tmp_path / f"{attempt}.sqlite3", b"key", "words") for _name in names]
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(put, indexes, names))
        assert set(indexes[0].versions()) == set(names)


def test_of_several_who_find_another_file_one_replaces_it(tmp_path: Path):
    TextIndex(tmp_path / "index.sqlite3", b"old key", "words").put([Document("old", 1, "member", Case(), Features())])
    together = Barrier(6)

    def put(name: str) -> None:
        together.wait()
        TextIndex(tmp_path / "index.sqlite3", b"key", "words").put([Document(name, 1, "member", Case(), Features())])

    names = [f"incident {number}" for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(put, names))
    assert set(TextIndex(tmp_path / "index.sqlite3", b"key", "words").versions()) == set(names)


def test_whoever_asks_while_the_file_is_thrown_away_gets_an_answer(tmp_path: Path):
    done = Event()

    def throw_away() -> None:
        while not done.is_set():
            TextIndex(tmp_path / "index.sqlite3", b"key", "words").throw_away()
            time.sleep(0.001)

    with ThreadPoolExecutor(1) as pool:
        thrown = pool.submit(throw_away)
        try:
            index = TextIndex(tmp_path / "index.sqlite3", b"key", "words")
            assert {index.seen_until() for _time in range(300)} == {""}
        finally:
            done.set()
        thrown.result()


def test_whoever_asks_in_two_steps_finds_what_was_written_anew_between_them(tmp_path: Path):
    index = TextIndex(tmp_path / "index.sqlite3", b"key", "words")
    case = Case(when=Span(100, 100), country="BG")
    index.put([Document(name, 1, "member", case, Features()) for name in ("first", "second")])
    numbers = [rough.number for rough in index.near("BG", Span(100, 100), 1)]
    index.put([Document("first", 2, "member", case, Features())])
    assert {incident for incident, *_rest in index.compared(numbers, lambda _member: True)} == {"first", "second"}
    index.forget({"second"})
    index.put([Document("third", 1, "member", case, Features())])
    assert {incident for incident, *_rest in index.compared(numbers, lambda _member: True)} == {"first"}


def test_two_processes_share_it(coalition: Coalition):
    made = [records.begun(coalition, TOLD) for _ in range(4)]
    program = (
        "import sys; from pathlib import Path; from coalition.config import Config\n"
        "from coalition.services import text_index; from coalition.services.work import make_runtime\n"
        "runtime = make_runtime(Config.from_env({'COALITION_DATA': sys.argv[1]}))\n"
        "for _ in range(20): text_index.catch_up(runtime)\n"
        "text_index.index_of(runtime).throw_away(); text_index.catch_up_wholly(runtime)\n"
        "print(text_index.index_of(runtime).size()); runtime.dispose()\n"
    )
    others = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(coalition.runtime.config.data)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for _ in range(10):
        text_index.catch_up(coalition.runtime)
    assert [other.communicate(timeout=120)[0].strip() for other in others] == [str(len(made))] * 2
    assert [other.returncode for other in others] == [0, 0]
    assert found(coalition, "синагога") == set(made)


def test_a_filter_takes_more_ids_than_a_query_takes_parameters(any_coalition: Coalition):
    reference = records.begun(any_coalition, TOLD)
    identity = storage_ids(any_coalition, reference)
    many = (*(f"nobody-{number}" for number in range(80_000)), identity)
    with reading(any_coalition.runtime, OPERATOR) as work:
        assert storage.count_incidents(work.session, storage.Filter(ids=many)) == 1
        assert storage.count_incidents(work.session, storage.Filter(ids=())) == 0
        assert storage.count_incidents(work.session, storage.Filter()) == 1
