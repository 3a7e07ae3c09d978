"""`coalition submission build`, `list`, `diff`, `fetch` and `verify`; and what is left when a build is killed."""

import io
import json
import os
import pty
import shutil
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from coalition import cli
from coalition.cli.progress import Progress
from coalition.documents import whole_folder
from coalition.documents.signing import check_folder
from coalition.documents.submission_files import NAMES
from coalition.documents.whole_folder import ForeignFiles, NotExchangeable, check_place, put_in_place
from coalition.domain.vocabulary import Purpose, State
from coalition.services import consents
from tests.conftest import Clock, Coalition
from tests.domain.samples import facts
from tests.services import records
from tests.test_cli import Installation

KILLS = 8


@pytest.fixture
def own(coalition: Coalition) -> Installation:
    """Give the command line of the coalition's installation."""
    return Installation(coalition.runtime.config.data)


def accepted(coalition: Coalition, text: str) -> str:
    return records.in_state(coalition, State.ACCEPTED, facts(descriptions={"en": text}))


def test_versions_are_listed_compared_fetched_and_verified(
    own: Installation, coalition: Coalition, clock: Clock, tmp_path: Path
):
    clock.now = datetime.now(UTC)  # as the commands have it
    gone = accepted(coalition, "First.")
    out = str(tmp_path / "out")
    assert own.done("submission", "build", "2024", "--output", out).endswith("v1.\n")
    assert own.done("submission", "build", "2024", "--output", out).endswith(
        "v1: nothing has changed since it was built.\n"
    )
    clock.now = datetime.now(UTC)
    with coalition.work("case_worker") as work:
        consents.withdraw_consent(work, gone, [Purpose.ODIHR])
    late = accepted(coalition, "Second.")
    assert own.done("submission", "build", "2024", "--output", out).endswith("v2, a revision of v1: see changes.csv.\n")

    listed = json.loads(own.done("submission", "list", "2024", "--json"))
    assert [(one["version"], one["based_on"], one["outdated"]) for one in listed] == [(2, 1, False), (1, None, True)]
    assert "2024 v1" in own.done("submission", "list")
    found = json.loads(own.done("submission", "diff", "2024", "v1", "2", "--json"))
    assert list(found)[:7] == ["year", "profile", "before", "after", "since", "until", "counts"]
    assert found["counts"] == {"added": 1, "changed": 0, "removed": 1}
    (removed,), (added,) = found["removed"], found["added"]
    assert (removed["reference"], removed["reasons"][0]["why"]) == (gone, "consent_withdrawn")
    assert (added["reference"], added["after"]) == (late, {"part": "descriptive", "number": 1})
    assert "First." not in json.dumps(found)
    assert (
        own.done("submission", "diff", "2024", "1", "now").splitlines()[1].startswith(f"- {gone} (number 1): consent")
    )

    refused = own.run("submission", "fetch", "2024", "v1", "--output", str(tmp_path / "old"))
    assert "v1 holds a record that may not leave any more: build a revision" in refused.stderr
    own.done("submission", "fetch", "2024", "v2", "--output", str(tmp_path / "again"))
    again = {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}
    assert again == {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    for number in ("v9", "x", "9" * 30):
        assert own.run("submission", "diff", "2024", "1", number).returncode != 0


def test_a_folder_is_verified_with_the_key_of_the_installation_or_a_given_one(
    own: Installation, coalition: Coalition, tmp_path: Path
):
    accepted(coalition, "First.")
    out = str(tmp_path / "out")
    own.done("submission", "build", "2024", "--output", out)
    assert "This is the key of this installation." in own.done("submission", "verify", out)
    about = json.loads((tmp_path / "out" / "manifest.json").read_text())["signature"]
    fingerprint = about["fingerprint"]
    (tmp_path / "key.txt").write_text(f"{about['public_key']}\n")
    file = str(tmp_path / "key.txt")
    assert "This is the key that was given." in own.done("submission", "verify", out, "--public-key", file)
    assert "This is the key that was given." in own.done("submission", "verify", out, "--public-key", fingerprint)
    assert own.run("submission", "verify", out, "--public-key", "0" * 64).returncode == 1
    assert own.run("submission", "verify", out, "--public-key", "nothing").returncode == 2


def test_whatever_was_changed_in_a_folder_is_found_without_any_installation(
    own: Installation, coalition: Coalition, tmp_path: Path
):
    accepted(coalition, "First.")
    own.done("submission", "build", "2024", "--output", str(tmp_path / "out"))
    elsewhere = Installation(tmp_path / "nowhere")
    said = elsewhere.done("submission", "verify", str(tmp_path / "out"))
    assert "Only the folder itself names this key" in said
    assert not (tmp_path / "nowhere").exists()

    def harm(name: str, text: str | None) -> str:
        folder = tmp_path / "harmed"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(tmp_path / "out", folder)
        (folder / name).unlink(missing_ok=True)
        if text is not None:
            (folder / name).write_text(text)
        result = elsewhere.run("submission", "verify", str(folder))
        assert result.returncode == 1
        return result.stdout

    assert "changed    incidents.csv" in harm("incidents.csv", "Date\n")
    assert "missing    overview.csv" in harm("overview.csv", None)
    assert "unexpected letter.txt" in harm("letter.txt", "ours")
    assert "missing    manifest.sig" in harm("manifest.sig", None)
    manifest = (tmp_path / "out" / "manifest.json").read_text()
    assert "the signature is not good for it" in harm("manifest.json", manifest.replace("2024", "2023", 1))
    for broken in ("", "[]", '{"sha256": {"../secret": "00"}}', "[" * 100_000):
        assert "there is none that can be read" in harm("manifest.json", broken)


def test_a_folder_with_other_files_is_refused_and_left_as_it_is(
    own: Installation, coalition: Coalition, tmp_path: Path
):
    accepted(coalition, "First.")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("ours")
    result = own.run("submission", "build", "2024", "--output", str(tmp_path / "out"))
    assert result.returncode == 1
    assert "letter.txt" in result.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["letter.txt"]
    assert own.done("submission", "list") == "Nothing was built yet.\n"


def begun(own: Installation, out: Path) -> tuple[int, int]:
    """Begin a build as a process of its own on a terminal of its own; returns both."""
    process, terminal = pty.fork()
    if process == 0:
        try:
            os.environ.update(own.variables({}))
            sys.stdout, sys.stderr = (os.fdopen(number, "w") for number in (1, 2))
            sys.argv = ["coalition", "submission", "build", "2024", "--output", str(out)]
            cli.main()
        finally:
            os._exit(0)
    return process, terminal


def killed_after(own: Installation, out: Path, steps: int) -> bool:
    """Kill a build once it has told so many steps; returns whether it was still at work."""
    process, terminal = begun(own, out)
    said = b""
    while said.count(b"\r") < steps:
        try:
            said += os.read(terminal, 64)
        except OSError:
            break
    os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    os.close(terminal)
    return os.WIFSIGNALED(status)


def test_a_build_that_is_killed_leaves_the_old_version_or_the_new_one(
    own: Installation, coalition: Coalition, clock: Clock, tmp_path: Path
):
    accepted(coalition, "First.")
    out = tmp_path / "out"
    own.done("submission", "build", "2024", "--output", str(out))
    killed = 0
    for number in range(1, KILLS + 1):
        if number % 3 == 1:
            clock.now += timedelta(minutes=1)
            accepted(coalition, f"Another, {number}.")
        killed += killed_after(own, out, number)
        found = check_folder(out)
        assert found.is_whole, f"after step {number}: {found}"
    assert killed >= KILLS // 2
    own.done("submission", "build", "2024", "--output", str(out))
    latest = json.loads(own.done("submission", "list", "2024", "--json"))
    assert check_folder(out).version == latest[0]["version"]
    assert [one["version"] for one in latest] == list(range(len(latest), 0, -1))
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


# --- a folder put in its place ----------------------------------------------------------------------------


def put(folder: Path, text: str, source: Path) -> None:
    source.mkdir(exist_ok=True)
    (source / "manifest.json").write_text(text)
    put_in_place([source / "manifest.json"], folder, NAMES)


@pytest.mark.parametrize("exchanging", [True, False])
def test_a_folder_takes_its_place_whole_also_where_none_can_be_exchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, exchanging: bool
):
    folder, source = tmp_path / "some" / "place", tmp_path / "source"
    put(folder, "old", source)
    folder.chmod(0o750)
    if not exchanging:
        # The system refuses a way to rename that it does not know, as it does on a disk that cannot exchange.
        monkeypatch.setattr(whole_folder, "_RENAME_EXCHANGE", 1 << 10)
    put(folder, "new", source)
    assert (folder / "manifest.json").read_text() == "new"
    assert folder.stat().st_mode & 0o777 == 0o750
    assert [path.name for path in folder.parent.iterdir()] == ["place"]


def test_what_a_killed_build_left_is_taken_away_and_what_it_moved_aside_is_put_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder, source = tmp_path / "place", tmp_path / "source"
    put(folder, "old", source)
    folder.rename(tmp_path / ".place.before")
    (tmp_path / ".place.building-0000").mkdir()
    put(folder, "new", source)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["place", "source"]
    (folder / "letter.txt").write_text("ours")
    with pytest.raises(ForeignFiles):
        check_place(folder, NAMES)
    (folder / "letter.txt").rename(tmp_path / "letter.txt")
    (tmp_path / ".place.before").mkdir()
    (tmp_path / "letter.txt").rename(tmp_path / ".place.before" / "letter.txt")
    with pytest.raises(ForeignFiles):
        put(folder, "newer", source)
    assert (tmp_path / ".place.before" / "letter.txt").read_text() == "ours"
    monkeypatch.chdir(folder)
    with pytest.raises(NotExchangeable):
        check_place(Path(), NAMES)


def test_progress_is_one_line_on_a_terminal_and_seldom_anywhere_else(monkeypatch: pytest.MonkeyPatch):
    moments = iter([0.0, 1.0, 1.01, 2.0, 6.0, 6.5])
    said = io.StringIO()
    monkeypatch.setattr("sys.stderr", said)
    with Progress({"a": "Doing"}, lambda: next(moments)) as progress:
        for done in range(5):
            progress(done, 4, "a")
    assert said.getvalue() == "Doing: 75 %\n"
    said.truncate(0)
    said.seek(0)
    said.isatty = lambda: True  # type: ignore[method-assign] # a stream that is a terminal
    moments = iter([0.0, 1.0, 1.01, 2.0, 2.5])
    with Progress({"a": "Doing"}, lambda: next(moments)) as progress:
        for done in range(4):
            progress(done, 4, "a")
    assert said.getvalue() == "\rDoing\rDoing: 50 %\rDoing: 75 %\r           \r"
