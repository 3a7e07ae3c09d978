"""Files of an incident: sealed, seen by whom the identity is for, and gone with the record."""

import hashlib
import io
from pathlib import Path

import pytest
from sqlalchemy import select

from coalition.db.audit import AuditEntry
from coalition.db.evidence import IncidentEvidence
from coalition.domain.disclosure import Audience
from coalition.domain.errors import Held, NotAllowedNow, NotFound, NotPermitted, RefusedFile, UnknownCode
from coalition.domain.evidence import FileKind, Refusal
from coalition.domain.retention import ErasureReason, HoldReason
from coalition.domain.vocabulary import State
from coalition.encryption import CannotOpen
from coalition.services import backups, erasures, evidence, incidents, resealing, settings
from tests.conftest import Coalition
from tests.documents.evidence_samples import HONEST, PAYLOAD, TAKEN_AT, TAKEN_AT_PLACE, jpeg
from tests.services import records
from tests.services.filing import NAME, take_in

ORIGINAL = HONEST[FileKind.JPEG]


def files_on_disk(coalition: Coalition) -> list[Path]:
    return sorted(path for path in coalition.runtime.config.evidence.rglob("*") if path.is_file())


def downloaded(coalition: Coalition, reference: str, who: str = "case_worker", *, original: bool = False) -> bytes:
    with coalition.reading(who) as work:
        return b"".join(evidence.open_file(work, reference, 1, original=original).parts)


def entries(coalition: Coalition, action: str) -> list[AuditEntry]:
    with coalition.reading("operator") as work:
        return list(work.session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_a_file_is_kept_with_its_origin_and_its_original(any_coalition: Coalition):
    reference = records.begun(any_coalition)
    assert take_in(any_coalition, reference, note=" Left eye. ", source=0) == ([1], [])
    with any_coalition.reading("case_worker") as work:
        view = evidence.evidence_of(work, reference)
    [line] = view.lines
    assert view.audience is Audience.OWNER
    assert (line.kind, line.name, line.note, line.source) == (FileKind.JPEG, NAME, "Left eye.", 0)
    assert (line.captured_at, line.captured_place) == (TAKEN_AT, TAKEN_AT_PLACE)
    assert line.sha256 == hashlib.sha256(ORIGINAL).hexdigest()
    assert line.size == len(ORIGINAL)
    assert downloaded(any_coalition, reference, original=True) == ORIGINAL
    copy = downloaded(any_coalition, reference)
    assert (copy[:3], len(copy)) == (b"\xff\xd8\xff", line.clean_size)
    assert PAYLOAD.encode() not in copy


def test_nothing_of_it_lies_in_clear_and_the_name_of_no_file_says_anything(coalition: Coalition, tmp_path: Path):
    reference = records.begun(coalition)
    take_in(coalition, reference, note="Left eye.")
    on_disk = files_on_disk(coalition)
    assert [path.suffix for path in on_disk] == [".clean", ".original"]
    assert oct(on_disk[0].parent.stat().st_mode & 0o077) == "0o0"
    clear = (b"Ana at home", b"Left eye", b"\xff\xd8\xff", PAYLOAD.encode(), TAKEN_AT_PLACE.encode(), TAKEN_AT.encode())
    clear += (hashlib.sha256(ORIGINAL).hexdigest().encode(), hashlib.sha256(ORIGINAL).digest())
    with coalition.reading("operator") as work:
        backups.write_backup(work, tmp_path / "backup")
    content = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert not [told for told in clear if told in content]
    assert len(list((tmp_path / "backup" / "evidence").rglob("*.original"))) == 1


def test_a_file_that_was_moved_or_changed_is_not_handed_out(coalition: Coalition):
    reference = records.begun(coalition)
    take_in(coalition, reference)
    clean, original = files_on_disk(coalition)
    kept = clean.read_bytes()
    clean.write_bytes(original.read_bytes())
    with pytest.raises(CannotOpen):
        downloaded(coalition, reference)
    clean.write_bytes(kept[:-1])
    with pytest.raises(CannotOpen):
        downloaded(coalition, reference)
    clean.unlink()
    with pytest.raises(NotFound):
        downloaded(coalition, reference)


def test_a_colleague_sees_that_there_is_something_and_opens_nothing(coalition: Coalition):
    reference = records.begun(coalition, who="lead")
    take_in(coalition, reference, who="lead", note="Left eye.")
    with coalition.reading("case_worker") as work:
        view = evidence.evidence_of(work, reference)
        [line] = view.lines
    assert (line.kind, line.number, line.size) == (FileKind.JPEG, 1, len(ORIGINAL))
    assert line.name == line.note == line.sha256 == line.captured_at == line.captured_place == ""
    assert not any((view.may_add, view.may_remove, view.may_change, view.may_open))
    for original in (False, True):
        with pytest.raises(NotPermitted):
            downloaded(coalition, reference, original=original)
    with coalition.reading("case_worker") as work, pytest.raises(NotPermitted):
        evidence.room_for(work, reference)


def test_the_coordinator_is_told_how_many_of_which_kind_and_no_more(coalition: Coalition):
    reference = records.begun(coalition)
    take_in(coalition, reference, ("a.jpg", ORIGINAL), ("b.pdf", HONEST[FileKind.PDF]), ("c.jpg", jpeg(comment="2")))
    with coalition.reading("coordinator") as work, pytest.raises(NotFound):
        evidence.evidence_counts(work, reference)
    records.submit(coalition, reference)
    with coalition.reading("coordinator") as work:
        assert evidence.evidence_counts(work, reference) == {"jpeg": 2, "pdf": 1}
        for ask in (evidence.evidence_of, evidence.unseal_evidence, evidence.room_for):
            with pytest.raises(NotFound):
                ask(work, reference)
    with pytest.raises(NotFound):
        downloaded(coalition, reference, "coordinator")
    with coalition.reading("second_worker") as work, pytest.raises(NotFound):
        evidence.evidence_counts(work, reference)


def test_every_act_is_in_the_log_without_a_name(coalition: Coalition):
    reference = records.begun(coalition)
    take_in(coalition, reference, note="Left eye.")
    with coalition.work("case_worker") as work:
        evidence.describe_file(work, reference, 1, "Right eye.", None)
    downloaded(coalition, reference, original=True)
    with coalition.reading("case_worker") as work:
        evidence.evidence_of(work, reference)
    with coalition.work("case_worker") as work:
        evidence.remove_file(work, reference, 1)
    said = {entry.action: entry.details for entry in entries(coalition, "evidence.add")}
    assert said == {"evidence.add": {"number": 1, "kind": "jpeg"}}
    [opened] = entries(coalition, "evidence.open")
    assert opened.details == {"number": 1, "original": True, "classes": ["identity"]}
    assert entries(coalition, "incident.read")[-1].details == {"classes": ["identity"]}
    assert [len(entries(coalition, f"evidence.{act}")) for act in ("describe", "remove")] == [1, 1]


def test_files_can_be_added_to_a_decided_record_and_stay_there(coalition: Coalition):
    reference = records.in_state(coalition, State.ACCEPTED)
    assert take_in(coalition, reference)[0] == [1]
    with coalition.work("case_worker") as work, pytest.raises(NotAllowedNow):
        evidence.remove_file(work, reference, 1)
    with coalition.work("case_worker") as work, pytest.raises(NotAllowedNow):
        evidence.describe_file(work, reference, 1, "", None)
    with coalition.reading("case_worker") as work:
        assert evidence.evidence_of(work, reference).lines[0].name == ""
        assert evidence.unseal_evidence(work, reference).lines[0].name == NAME


def test_a_removed_file_is_gone_and_a_locked_record_keeps_its_files(coalition: Coalition):
    reference = records.begun(coalition)
    take_in(coalition, reference, ("a.jpg", ORIGINAL), ("b.png", HONEST[FileKind.PNG]))
    with coalition.work("case_worker") as work:
        evidence.remove_file(work, reference, 1)
    assert len(files_on_disk(coalition)) == 2
    with pytest.raises(NotFound):
        downloaded(coalition, reference)
    assert take_in(coalition, reference, ("a.jpg", ORIGINAL))[0] == [3]
    with coalition.work("case_worker") as work:
        erasures.hold_incident(work, reference, HoldReason.POLICE_INVESTIGATION)
    with coalition.work("case_worker") as work, pytest.raises(Held):
        evidence.remove_file(work, reference, 2)


def test_a_discarded_draft_takes_its_files_along(coalition: Coalition):
    reference = records.begun(coalition)
    take_in(coalition, reference)
    version = records.read(coalition, reference).version
    with coalition.work("case_worker") as work:
        incidents.discard_draft(work, reference, version)
    assert files_on_disk(coalition) == []
    with coalition.reading("operator") as work:
        assert work.session.scalar(select(IncidentEvidence)) is None


def test_an_erased_record_takes_its_files_along(any_coalition: Coalition):
    reference = records.in_state(any_coalition, State.ACCEPTED)
    take_in(any_coalition, reference)
    with any_coalition.work("operator") as work:
        erasures.erase_incident(
            work, reference, "case_worker@example.org", "lead@example.org", ErasureReason.PERSON_REQUEST
        )
    assert files_on_disk(any_coalition) == []
    with any_coalition.reading("operator") as work:
        assert work.session.scalar(select(IncidentEvidence)) is None


def test_a_renewed_key_still_opens_the_files(coalition: Coalition):
    reference = records.begun(coalition)
    take_in(coalition, reference)
    before = files_on_disk(coalition)[0].read_bytes()
    resealing.reseal(coalition.runtime, (reference,), patience=5)
    assert files_on_disk(coalition)[0].read_bytes() == before
    assert downloaded(coalition, reference, original=True) == ORIGINAL


def test_every_file_of_an_upload_is_decided_by_itself(coalition: Coalition):
    reference = records.begun(coalition)
    kept, refused = take_in(
        coalition,
        reference,
        ("a.jpg", ORIGINAL),
        ("b.jpg", b"<html>"),
        ("a again.jpg", ORIGINAL),
        ("c.png", HONEST[FileKind.PNG]),
        ("n" * 256, HONEST[FileKind.PDF]),
        ("empty.png", b""),
    )
    assert kept == [1, 2]
    told = [(item.name[:11], item.reason, item.number) for item in refused]
    assert told == [
        ("b.jpg", Refusal.WEB_PAGE, 0),
        ("a again.jpg", Refusal.ALREADY_HERE, 0),
        ("n" * 11, Refusal.NAME_TOO_LONG, 0),
        ("empty.png", Refusal.EMPTY, 0),
    ]
    assert take_in(coalition, reference, ("a.jpg", ORIGINAL))[1][0].number == 1
    assert len(files_on_disk(coalition)) == 4


def test_the_coalition_sets_how_large_and_how_many(coalition: Coalition):
    reference = records.begun(coalition)
    with coalition.work("operator") as work:
        settings.change(work, evidence_megabytes=1, evidence_files=2)
    large = ORIGINAL + bytes(1_000_000)
    [refusal] = take_in(coalition, reference, ("large.jpg", large))[1]
    assert refusal.reason is Refusal.TOO_LARGE
    kept, refused = take_in(coalition, reference, *((f"{n}.jpg", jpeg(comment=f"{n}")) for n in range(3)))
    assert (kept, [item.reason for item in refused]) == ([1, 2], [Refusal.TOO_MANY])


def test_whoever_comes_second_leaves_nothing_behind(coalition: Coalition):
    reference = records.begun(coalition)
    with coalition.reading("case_worker") as work:
        room = evidence.room_for(work, reference)
    take_in(coalition, reference)
    with (
        pytest.raises(RefusedFile),
        evidence.taken_in(room, [evidence.Upload("b.jpg", io.BytesIO(ORIGINAL))]) as (taken, _),
        coalition.work("case_worker") as work,
    ):
        evidence.add_files(work, reference, taken)
    assert len(files_on_disk(coalition)) == 2


@pytest.mark.parametrize("wrong", [{"evidence_megabytes": 0}, {"evidence_megabytes": 501}, {"evidence_files": 1001}])
def test_limits_that_cannot_be_are_refused(coalition: Coalition, wrong: dict[str, int]):
    with coalition.work("operator") as work, pytest.raises(UnknownCode):
        settings.change(work, **wrong)


def test_what_fails_after_the_commit_takes_no_file_from_its_record(coalition: Coalition):
    reference = records.begun(coalition)
    with coalition.reading("case_worker") as work:
        room = evidence.room_for(work, reference)

    def fails() -> None:
        raise OSError("no space left on device")

    def add() -> None:
        upload = evidence.Upload("a.jpg", io.BytesIO(ORIGINAL))
        with evidence.taken_in(room, [upload]) as (taken, _), coalition.work("case_worker") as work:
            evidence.add_files(work, reference, taken)
            work.after_commit.append(fails)

    with pytest.raises(OSError, match="no space"):
        add()
    assert len(files_on_disk(coalition)) == 2
    assert downloaded(coalition, reference, original=True) == ORIGINAL
