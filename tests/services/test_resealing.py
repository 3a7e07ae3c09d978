"""New data keys for what is stored: while others read and write, after a kill, on both databases."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from operator import gt
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, select

from coalition.db import incidents as incident_storage
from coalition.db import resealing as storage
from coalition.db.factors import factors_of
from coalition.db.keys import EARLIER, LASTING, SITE, Keys
from coalition.domain.errors import NotFound
from coalition.domain.exports import COLUMNS, ExportRow, digest, facts_of
from coalition.domain.vocabulary import State
from coalition.encryption import CannotOpen, unseal
from coalition.services import audit, backups, codes, imports, incidents, keys
from coalition.services import resealing as services
from coalition.services.origins import keyed
from coalition.services.work import Runtime
from tests.conftest import Clock, Coalition
from tests.domain.samples import COMPLETE
from tests.services import records


@pytest.fixture
def used(any_coalition: Coalition) -> tuple[Coalition, list[str]]:
    """Two incidents with every text, one of them returned with a question."""
    return any_coalition, [records.begun(any_coalition), records.in_state(any_coalition, State.RETURNED)]


def ids_of(coalition: Coalition) -> list[str]:
    with coalition.reading("operator") as work:
        return sorted(incident_storage.all_ids(work.session))


def data_keys(coalition: Coalition) -> dict[str, bytes]:
    """Return the data key of every incident and of the site."""
    return coalition.runtime.keys.open_keys([SITE, *ids_of(coalition)])


def sealed_values(coalition: Coalition, subject: str) -> list[storage.Sealed]:
    with coalition.reading("operator") as work:
        return list(storage.values_of(work.session, subject))


def is_whole(coalition: Coalition, references: list[str]) -> None:
    """Everything can be read by those who may, the log is intact, and a code of an app is taken."""
    for reference in references:
        assert records.read(coalition, reference).facts == COMPLETE
    with coalition.reading("operator") as work:
        assert audit.verify_log(work).fault is None
        assert keys.check_keys(work).missing == ()
    with coalition.reading("coordinator") as work:
        (factor,) = factors_of(work.session, coalition.people["coordinator"].id)
        assert codes.open_secret(work, factor) == coalition.secrets["coordinator"]


def is_all_new(coalition: Coalition, old: dict[str, bytes]) -> None:
    """Every data key is another one, and the old ones open nothing of what is stored."""
    assert coalition.runtime.keys.renewing() == []
    new = data_keys(coalition)
    assert new.keys() == old.keys()
    for subject, key in old.items():
        assert new[subject] != key
        values = sealed_values(coalition, subject)
        assert values
        for value in values:
            with pytest.raises(CannotOpen):
                unseal(key, value.value, value.about)
            assert unseal(new[subject], value.value, value.about)


def test_everything_gets_a_new_data_key_and_the_old_one_opens_nothing_any_more(used: tuple[Coalition, list[str]]):
    coalition, references = used
    old = data_keys(coalition)
    done = services.reseal(coalition.runtime)
    assert (done.subjects, done.waiting) == (3, 0)
    assert done.values > 10
    is_all_new(coalition, old)
    is_whole(coalition, references)


def test_one_incident_or_one_member_can_be_chosen(used: tuple[Coalition, list[str]]):
    coalition, references = used
    other = records.begun(coalition, who="second_worker")
    old = data_keys(coalition)
    assert services.reseal(coalition.runtime, references[:1]).subjects == 1
    assert sum(old[subject] != key for subject, key in data_keys(coalition).items()) == 1
    between = data_keys(coalition)
    assert services.reseal(coalition.runtime, organisation_code="SECOND").subjects == 1
    assert sum(between[subject] != key for subject, key in data_keys(coalition).items()) == 1
    assert records.read(coalition, other, "second_worker").facts == COMPLETE
    is_whole(coalition, references)
    for references_, code in (["AAAAA-BBBBB"], None), ([], "NOBODY"):
        with pytest.raises(NotFound):
            services.reseal(coalition.runtime, references_, code)


def test_the_log_the_marks_of_erased_rows_and_other_processes_outlive_the_sites_key(
    used: tuple[Coalition, list[str]],
):
    coalition, references = used
    before = coalition.runtime.keys.lasting_key("erased row")
    services.reseal(coalition.runtime)
    other = type(coalition.runtime.keys)(
        coalition.runtime.keys._engine, coalition.runtime.keys._masters, coalition.runtime.clock
    )
    assert other.lasting_key("erased row") == before
    assert other.lasting_key("audit log") == coalition.runtime.keys.lasting_key("audit log")
    records.save(coalition, references[0], impact="Sleepless.")
    with coalition.reading("operator") as work:
        assert audit.verify_log(work).fault is None


def test_somebody_who_began_to_read_before_can_open_to_the_end(used: tuple[Coalition, list[str]]):
    coalition, references = used
    done: list[services.Resealed] = []
    with coalition.reading("case_worker") as work:
        assert incidents.read_incident(work, references[1])
        run = threading.Thread(target=lambda: done.append(services.reseal(coalition.runtime)))
        run.start()
        run.join(0.3)
        assert run.is_alive(), "the earlier keys are destroyed only when nobody reads with them"
        # The other incident was sealed anew meanwhile; this one still sees it as it was.
        assert incidents.read_incident(work, references[0]).facts.narrative == COMPLETE.narrative
        assert [records.read(coalition, reference).facts for reference in references] == [COMPLETE, COMPLETE]
    run.join(20)
    assert done[0].waiting == 0
    is_whole(coalition, references)


@dataclass
class Busy:
    """People who do the same again and again, until it is over or something fails."""

    over: threading.Event = field(default_factory=threading.Event)
    done: list[int] = field(default_factory=lambda: [0, 0])
    failed: list[Exception] = field(default_factory=list)

    def again(self, place: int, act: Callable[[], object]) -> None:
        while not self.over.is_set() and not self.failed:
            try:
                act()
                self.done[place] += 1
            except Exception as error:  # noqa: BLE001 - whatever it is, it must not be
                self.failed.append(error)


def test_people_read_and_write_all_the_time_meanwhile(used: tuple[Coalition, list[str]]):
    coalition, references = used
    busy = Busy()

    def look() -> None:
        assert records.read(coalition, references[1]).facts == COMPLETE

    def write() -> None:
        records.save(coalition, references[0], impact=f"Sleepless {busy.done[1]}.")

    people = [threading.Thread(target=busy.again, args=(0, look)), threading.Thread(target=busy.again, args=(1, write))]
    for person in people:
        person.start()
    for _ in range(2):
        before = list(busy.done)
        assert services.reseal(coalition.runtime, references).waiting == 0
        until(lambda before=before: busy.failed or all(map(gt, busy.done, before)))
    busy.over.set()
    for person in people:
        person.join()
    assert busy.failed == []
    assert records.read(coalition, references[0]).facts.impact.startswith("Sleepless")
    with coalition.reading("operator") as work:
        assert audit.verify_log(work).fault is None


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def test_when_somebody_reads_for_too_long_the_earlier_keys_stay_and_the_next_run_goes_on(
    used: tuple[Coalition, list[str]],
):
    coalition, references = used
    old = data_keys(coalition)
    with coalition.reading("case_worker") as work:
        assert incidents.read_incident(work, references[0])
        assert services.reseal(coalition.runtime, patience=0.1).waiting == 3
        assert set(coalition.runtime.keys.renewing()) == set(old)
    is_whole(coalition, references)
    assert services.reseal(coalition.runtime).waiting == 0
    is_all_new(coalition, old)
    is_whole(coalition, references)


def test_what_somebody_wrote_with_the_key_they_had_before_is_sealed_anew_too(coalition: Coalition):
    reference = records.begun(coalition)
    (identity,) = ids_of(coalition)
    store = coalition.runtime.keys
    store.renew([identity])
    earlier = store.open_keys([identity + EARLIER])[identity + EARLIER]
    with coalition.work("case_worker") as work:
        held = work.session.info["keys"]
        held._opened[identity] = earlier
        (_row, version) = (incidents.read_incident(work, reference), 1)
        incidents.save_incident(work, reference, version, {"impact": "Sleepless."})
    assert any(storage.opens(earlier, value) for value in sealed_values(coalition, identity)), (
        "it was sealed with the earlier key"
    )
    assert services.reseal(coalition.runtime).waiting == 0
    assert records.read(coalition, reference).facts.impact == "Sleepless."


class Killed(BaseException):
    """The process ends here."""


def interrupted(runtime: Runtime, commits: int) -> bool:
    """Seal anew until a number of commits, of which the last one does not happen; tells whether it came so far."""
    engines, left = (runtime.engine, runtime.keys._engine), [commits]

    def kill(connection: Connection) -> None:
        left[0] -= 1
        if not left[0]:
            connection.invalidate()
            raise Killed

    for engine in engines:
        event.listen(engine, "commit", kill)
    try:
        services.reseal(runtime)
    except Killed:
        return True
    finally:
        for engine in engines:
            event.remove(engine, "commit", kill)
    return False


def test_an_interrupted_run_loses_nothing_wherever_it_was_and_the_next_one_finishes_it(
    coalition: Coalition, clock: Clock
):
    references = [records.begun(coalition)]
    old, commits = data_keys(coalition), 1
    while interrupted(coalition.runtime, commits):
        clock.now += timedelta(seconds=1)
        is_whole(coalition, references)
        services.reseal(coalition.runtime)
        is_all_new(coalition, old)
        clock.now += timedelta(seconds=1)
        old, commits = data_keys(coalition), commits + 1
    is_whole(coalition, references)
    assert commits > 8


KILLED_AFTER = """
import os, signal, sys
from sqlalchemy import Connection, event, select
from coalition.config import Config
from coalition.services import resealing
from coalition.services.work import make_runtime

runtime, left = make_runtime(Config.from_env(os.environ)), [2]


def kill(connection):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)


event.listen(runtime.engine, "commit", kill)
resealing.reseal(runtime)
"""


def test_a_killed_process_loses_nothing_and_the_next_run_finishes_it(used: tuple[Coalition, list[str]]):
    coalition, references = used
    old, config = data_keys(coalition), coalition.runtime.config
    url = config.database_url.replace("postgresql+psycopg", "postgresql")
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AFTER],
        env={**os.environ, "COALITION_DATA": str(config.data), "COALITION_DATABASE_URL": url},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert coalition.runtime.keys.renewing()
    is_whole(coalition, references)
    services.reseal(coalition.runtime)
    is_all_new(coalition, old)
    is_whole(coalition, references)


def test_an_erased_incident_loses_its_earlier_key_too(coalition: Coalition):
    reference = records.begun(coalition)
    (identity,) = ids_of(coalition)
    coalition.runtime.keys.renew([identity])
    with coalition.work("case_worker") as work:
        incidents.discard_draft(work, reference, 1)
    assert coalition.runtime.keys.open_keys([identity, identity + EARLIER]) == {}
    assert Keys(coalition.runtime.keys).of(identity) is None


def test_renewing_the_wrapping_in_the_middle_of_it_keeps_both_keys(coalition: Coalition):
    reference = records.begun(coalition)
    (identity,) = ids_of(coalition)
    coalition.runtime.keys.renew([identity])
    with coalition.reading("operator") as work:
        keys.rotate_keys(work)
    assert records.read(coalition, reference).facts == COMPLETE
    services.reseal(coalition.runtime)
    assert records.read(coalition, reference).facts == COMPLETE


def test_data_from_before_are_not_opened_by_the_new_keys_and_the_check_names_them(coalition: Coalition, tmp_path: Path):
    reference = records.begun(coalition)
    with coalition.reading("operator") as work:
        backups.write_backup(work, tmp_path / "before")
    services.reseal(coalition.runtime)
    coalition.runtime.engine.dispose()
    for name in ("coalition.sqlite3-wal", "coalition.sqlite3-shm"):
        (coalition.runtime.config.data / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "before" / "coalition.sqlite3", coalition.runtime.config.data)
    with pytest.raises(CannotOpen):
        records.read(coalition, reference)
    with coalition.reading("operator") as work:
        assert keys.check_keys(work) == keys.KeyReport(0, 0, (), (reference,))


def test_every_column_of_bytes_is_sealed_anew_or_known_to_be_public():
    assert storage.columns_left_out() == []
    assert {"incident", "incident_step", "incident_source"} <= storage.tables_of_incidents().keys()


def test_every_key_that_has_to_last_is_kept_by_itself_before_the_sites_is_renewed(coalition: Coalition):
    sources = Path(audit.__file__).parents[1].rglob("*.py")
    asked = {purpose for source in sources for purpose in re.findall(r'lasting_key\(\s*"([^"]+)"', source.read_text())}
    assert asked == set(LASTING)
    with pytest.raises(ValueError, match="another"):
        coalition.runtime.keys.lasting_key("another")


def test_rows_that_were_imported_before_digests_were_keyed_are_known_again(coalition: Coalition, tmp_path: Path):
    file, columns = tmp_path / "rows.csv", "Date,Country,Bias motivations,Type of incident,Source,Description\n"
    said = "2019-05,Bulgaria,Anti-Roma hate crime,Threats,Near Shore,A family was threatened.\n"
    file.write_text(columns + 2 * said)

    def read() -> list[str]:
        with coalition.work("operator") as work:
            return [line.outcome.value for line in imports.import_incidents(work, file, "FIRST")]

    assert read() == ["imported", "imported"]
    plain = digest(facts_of(ExportRow(2, dict(zip(COLUMNS, said.strip().split(","), strict=True))), ()))
    with coalition.work("operator") as work:
        rows = list(work.session.scalars(select(incident_storage.ImportedRow)))
        assert {row.digest for row in rows} == {keyed(work, plain)}
        assert plain not in rows[0].digest
        for row in rows:
            row.digest = plain
    with coalition.work("operator") as work:
        assert (keys.key_imported_rows(work), keys.key_imported_rows(work)) == (2, 0)
    services.reseal(coalition.runtime)
    assert read() == ["unchanged", "unchanged"]
