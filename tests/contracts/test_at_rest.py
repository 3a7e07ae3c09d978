"""What lies on the disk: after a whole working year no text of an incident is found in clear, wherever one looks."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from coalition.db import tables
from coalition.domain.incidents import Indicator, Source, Victims
from coalition.domain.vocabulary import Purpose, State
from coalition.services import backups, incidents, jobs, keys, summaries
from coalition.services.work import Runtime
from coalition.worker import run_job
from tests.conftest import Coalition
from tests.domain.samples import COMPLETE
from tests.services import records

CANARIES = {
    "municipality": "Канаричево",
    "narrative": "канарче в разказа, canary-in-narrative",
    "authorities_response": "canary-in-response",
    "impact": "canary-in-impact",
    "own_reference": "CANARY-REF-17",
    "note": "canary-in-note",
    "injury": "canary-in-injury",
    "source": "canary-in-source",
    "source_reference": "canary-in-source-reference",
    "description": "A canary was beaten.",
    "question": "canary-in-question",
    "answer": "canary-in-answer",
    "rejection": "canary-in-rejection",
    "consent_date": "2024-02-29",
}
"""One text per place that people write in, each found nowhere else."""

FACTS = replace(
    COMPLETE,
    municipality=CANARIES["municipality"],
    narrative=CANARIES["narrative"],
    authorities_response=CANARIES["authorities_response"],
    impact=CANARIES["impact"],
    own_reference=CANARIES["own_reference"],
    indicators=(Indicator("expression", CANARIES["note"], "witness"),),
    victims=(Victims("person", 1, injury=CANARIES["injury"]),),
    sources=(Source("victim_interview", CANARIES["source"], CANARIES["source_reference"]),),
    descriptions={"en": CANARIES["description"]},
    consents=frozenset({Purpose.RECORD, Purpose.SHARE_COALITION, Purpose.STATISTICS, Purpose.ODIHR}),
    consent_date=date.fromisoformat(CANARIES["consent_date"]),
)


def the_main_job(coalition: Coalition) -> str:
    """Record, ask, answer, accept, reject, build, publish; returns the reference of an incident full of canaries."""
    reference = records.in_state(coalition, State.RETURNED, FACTS, words=CANARIES["question"])
    records.submit(coalition, reference, answer=CANARIES["answer"])
    records.decide(coalition, reference)
    records.in_state(coalition, State.REJECTED, FACTS, words=CANARIES["rejection"])
    discarded = records.begun(coalition, FACTS)
    version = records.read(coalition, discarded).version
    with coalition.work("case_worker") as work:
        incidents.discard_draft(work, discarded, version)
    year = COMPLETE.date.year if COMPLETE.date else 0
    with coalition.work("coordinator") as work:
        jobs.request_job(work, "submission", {"year": year})
        jobs.request_job(work, "report", {"year": year, "language": "bg"})
        summaries.publish_summary(work, year)
    with coalition.reading("operator") as work:
        waiting = jobs.waiting_jobs(work)
    for job in waiting:
        run_job(coalition.runtime, job)
    return reference


def found_in(content: bytes, canaries: dict[str, str] = CANARIES) -> set[str]:
    """Return the names of the canaries that some bytes hold, in the ways in which text is written down."""
    return {
        name
        for name, canary in canaries.items()
        if any(
            form in content
            for form in (
                canary.encode(),
                canary.encode("utf-16-le"),
                ascii(canary)[1:-1].encode(),
                canary.encode().hex().encode(),
            )
        )
    }


def everything_in(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield every file below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path, path.read_bytes()


def everything_on(runtime: Runtime) -> bytes:
    """Return every row of every table as the server writes it out."""
    with runtime.engine.connect() as connection:
        return b"\n".join(
            str(row[0]).encode()
            for table in tables.METADATA.sorted_tables
            for row in connection.execute(text(f'SELECT t::text FROM "{table.name}" t'))  # noqa: S608 - our own tables
        )


def test_no_text_is_found_in_the_database_file_its_log_the_files_folder_or_a_backup(
    coalition: Coalition, tmp_path: Path
):
    reference = the_main_job(coalition)
    data = coalition.runtime.config.data
    with coalition.reading("operator") as work:
        backups.write_backup(work, tmp_path / "backup")
        keys.mirror_keys(work, tmp_path / "keys.sqlite3")
    seen = {path: content for folder in (data, tmp_path) for path, content in everything_in(folder)}
    names = {path.name for path in seen}
    assert {"coalition.sqlite3", "coalition.sqlite3-wal", "hcr-2024.zip", "report-2024-bg.pdf", "keys.sqlite3"} <= names
    assert {path: sorted(found_in(content)) for path, content in seen.items() if found_in(content)} == {}
    # That the search finds what is there: a code in the live database, and in its backup.
    for folder in (data, tmp_path / "backup"):
        together = b"".join(content for _, content in everything_in(folder))
        assert found_in(together, {"code": "victim_interview"}) == {"code"}, folder
    # And that the texts are all there for those who may read them.
    view = records.read(coalition, reference)
    assert view.facts == FACTS
    assert [step.text for step in view.steps if step.text] == [CANARIES["question"], CANARIES["answer"]]


@pytest.mark.postgres
def test_no_text_is_found_on_a_server(server_runtime: Runtime, any_founded: Coalition, tmp_path: Path):
    the_main_job(any_founded)
    content = everything_on(server_runtime)
    assert found_in(content) == set()
    assert found_in(content, {"code": "victim_interview"}) == {"code"}
    for path, of_file in everything_in(tmp_path):
        assert found_in(of_file) == set(), path


@pytest.fixture
def any_founded(server_runtime: Runtime, founding: object) -> Coalition:
    """Give a coalition on PostgreSQL."""
    return founding.repeated_in(server_runtime)  # type: ignore[attr-defined,no-any-return]


def test_the_secrets_are_for_their_owner_only(coalition: Coalition):
    the_main_job(coalition)
    secrets = coalition.runtime.config.data / "secrets"
    assert {
        oct(path.stat().st_mode & 0o077) for path in (secrets, secrets / "master.key", secrets / "session.key")
    } == {"0o0"}


def test_a_discarded_draft_cannot_be_read_from_an_older_backup(coalition: Coalition, tmp_path: Path):
    reference = records.begun(coalition, FACTS)
    with coalition.reading("operator") as work:
        backups.write_backup(work, tmp_path / "before")
    version = records.read(coalition, reference).version
    with coalition.work("case_worker") as work:
        incidents.discard_draft(work, reference, version)
    kept = coalition.runtime.config.data / "coalition.sqlite3"
    coalition.runtime.engine.dispose()
    for beside in kept.parent.glob("coalition.sqlite3-*"):
        beside.unlink()
    kept.write_bytes((tmp_path / "before" / "coalition.sqlite3").read_bytes())
    view = records.read(coalition, reference)
    assert view.facts.narrative == view.facts.municipality == view.facts.own_reference == ""
    with coalition.reading("operator") as work:
        report = keys.check_keys(work)
    assert (report.readable, report.destroyed, report.missing) == (0, 1, ())
    with coalition.work("operator") as work:
        assert keys.purge_erased(work) == 1
    with coalition.reading("operator") as work:
        assert keys.check_keys(work) == keys.KeyReport(0, 0, ())
