"""Keys, the log and backups from the command line: a contract for operators and their scripts."""

import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from coalition.encryption import new_key, printed
from tests.conftest import PASSWORD
from tests.installation import Installation, refused

CANARY = "A canary was beaten"


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation with a member, a person and two incidents."""
    folder = tmp_path_factory.mktemp("used")
    made = Installation(folder / "data")
    made.done("db", "upgrade")
    made.done("organisations", "create", "HELP", "Help Centre")
    person = ("--name", "Ana", "--role", "lead", "--organisation", "HELP")
    made.done("users", "create", "ana@example.org", *person, "--password-stdin", stdin=PASSWORD)
    rows = "Date,Country,Bias motivations,Type of incident,Source,Description\n" + "".join(
        f"2020-0{month},Bulgaria,Anti-Roma hate crime,Threats,Help Centre,{CANARY} in month {month}.\n"
        for month in (1, 2)
    )
    (folder / "rows.csv").write_text(rows)
    made.done("incidents", "import", str(folder / "rows.csv"), "--organisation", "HELP", "--accepted")
    return made


@pytest.fixture
def own(used: Installation, tmp_path: Path) -> Installation:
    """The installation in a folder of the test's own."""
    return used.copied(tmp_path)


def change(installation: Installation, statement: str) -> None:
    """Change the database behind the product's back."""
    with closing(sqlite3.connect(installation.data / "coalition.sqlite3")) as database:
        database.execute(statement)
        database.commit()


def test_a_log_that_nobody_touched_is_intact(own: Installation):
    said = own.done("audit", "verify")
    assert said == f"{len(json.loads(own.done('audit', 'list', '--json')))} entries, intact.\n"


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ("UPDATE audit_entry SET actor = 'x' WHERE number = 2", "entry 2 is not what was written"),
        ("DELETE FROM audit_entry WHERE number = 2", "entry 2 is missing"),
        ("DELETE FROM audit_entry WHERE number >= 3", "entries were cut off: number 3"),
        ("UPDATE audit_entry SET number = -number WHERE number IN (1, 2)", "entry 1 is missing"),
    ],
)
def test_a_log_that_was_touched_is_named_with_its_first_bad_entry(own: Installation, statement: str, complaint: str):
    change(own, statement)
    assert complaint in refused(own.run("audit", "verify"))


def test_the_log_is_listed_for_scripts_and_for_people(own: Installation):
    listed = json.loads(own.done("audit", "list", "--json"))
    assert [entry["number"] for entry in listed] == list(range(1, len(listed) + 1))
    assert {"organisation.create", "account.create", "incident.import"} <= {entry["action"] for entry in listed}
    assert set(listed[0]) == {
        *("number", "at", "actor", "name", "role", "action", "subject_kind", "subject", "details", "hash"),
    }
    assert CANARY not in json.dumps(listed)
    assert "ana@example.org" not in json.dumps(listed)
    lines = own.done("audit", "list").splitlines()
    assert len(lines) == len(listed)
    assert lines[0].startswith("1 20")


def test_renewing_the_keys_changes_them_all_and_no_content(own: Installation):
    secret = own.data / "secrets" / "master.key"
    session = own.data / "secrets" / "session.key"
    before = (secret.read_text(), session.read_text())
    said = own.done("keys", "rotate")
    assert said.startswith("Renewed the master key; renewed 2 members' keys; wrapped 3 data keys anew.")
    assert secret.read_text() != before[0]
    assert session.read_text().split()[1:] == before[1].split()
    assert stat.S_IMODE(secret.stat().st_mode) == stat.S_IMODE(session.stat().st_mode) == 0o600
    assert own.done("keys", "check") == "2 incidents can be read, 0 were erased.\n"
    assert "intact" in own.done("audit", "verify")
    built = own.data.parent / "built"
    own.done("submission", "build", "2020", "--output", str(built))
    assert CANARY in (built / "incidents.csv").read_text()


def test_everything_is_sealed_anew_and_read_as_before(own: Installation):
    reference = json.loads(own.done("audit", "list", "--json"))
    assert own.done("keys", "reseal", "--organisation", "HELP").startswith("Renewed 2 data keys; sealed ")
    assert own.done("keys", "reseal").startswith("Renewed 3 data keys; sealed ")
    assert own.done("keys", "check") == "2 incidents can be read, 0 were erased.\n"
    assert "intact" in own.done("audit", "verify")
    assert json.loads(own.done("audit", "list", "--json"))[len(reference)]["action"] == "keys.reseal"
    built = own.data.parent / "built"
    own.done("submission", "build", "2020", "--output", str(built))
    assert CANARY in (built / "incidents.csv").read_text()
    assert "there is no incident AAAAA-BBBBB" in refused(own.run("keys", "reseal", "AAAAA-BBBBB"))


def test_without_the_right_master_key_nothing_opens_and_one_line_says_so(own: Installation):
    (own.data / "secrets" / "master.key").write_text(printed(new_key()))
    assert "the keys do not open" in refused(own.run("keys", "check"))
    assert "the keys do not open" in refused(
        own.run("submission", "build", "2020", "--output", str(own.data / "built"))
    )


def test_the_master_key_can_come_from_the_environment(own: Installation):
    file = own.data / "secrets" / "master.key"
    old, new = file.read_text().strip(), printed(new_key())
    file.unlink()
    assert own.run("keys", "check", COALITION_MASTER_KEY=old).returncode == 0
    both = own.run("keys", "rotate", COALITION_MASTER_KEY=f"{new} {old}")
    assert both.stdout.startswith("Used the master key given from outside")
    assert own.run("keys", "check", COALITION_MASTER_KEY=new).returncode == 0
    assert "the keys do not open" in refused(own.run("keys", "check", COALITION_MASTER_KEY=old))
    wrong = own.run("keys", "check", COALITION_MASTER_KEY="not a key")
    assert "COALITION_MASTER_KEY: a master key is 32 bytes in base64" in refused(wrong)


def test_a_key_service_can_stand_in_for_the_master_key(tmp_path: Path):
    command = tmp_path / "service.sh"
    command.write_text(
        "#!/bin/sh\n# An imitation: one more than each byte, and one less on the way back.\n"
        'from="\\000-\\377" to="\\001-\\377\\000"\n'
        '[ "$1" = unwrap ] && from="\\001-\\377\\000" to="\\000-\\377"\n'
        'base64 -d | tr "$from" "$to" | base64 -w0\n'
    )
    command.chmod(0o700)
    made = Installation(tmp_path / "data")
    variables = {"COALITION_KEY_COMMAND": str(command)}
    assert made.run("db", "upgrade", **variables).returncode == 0
    assert made.run("organisations", "create", "HELP", "Help", **variables).returncode == 0
    assert not (made.data / "secrets" / "master.key").exists()
    assert made.run("audit", "verify", **variables).stdout.endswith("intact.\n")
    command.write_text("#!/bin/sh\nexit 1\n")
    assert "key service failed" in refused(made.run("audit", "verify", **variables))


def test_a_backup_holds_the_data_and_no_key(own: Installation, tmp_path: Path):
    said = own.done("db", "backup", str(tmp_path / "backup"))
    assert "The keys are not" in said
    names = sorted(path.name for path in (tmp_path / "backup").iterdir())
    assert names == ["coalition.sqlite3"]
    content = (tmp_path / "backup" / "coalition.sqlite3").read_bytes()
    assert CANARY.encode() not in content
    assert b"anti_roma" in content
    assert stat.S_IMODE((tmp_path / "backup" / "coalition.sqlite3").stat().st_mode) == 0o600
    assert "is not empty" in refused(own.run("db", "backup", str(tmp_path / "backup")))


def test_a_backup_is_read_again_with_the_mirrored_keys_and_the_master_key(own: Installation, tmp_path: Path):
    own.done("db", "backup", str(tmp_path / "backup"))
    own.done("keys", "mirror", str(tmp_path / "mirror" / "keys.sqlite3"))
    own.done("keys", "mirror", str(tmp_path / "mirror" / "keys.sqlite3"))
    restored = Installation(tmp_path / "restored")
    secrets = restored.data / "secrets"
    secrets.mkdir(parents=True)
    (restored.data / "coalition.sqlite3").write_bytes((tmp_path / "backup" / "coalition.sqlite3").read_bytes())
    for name in ("master.key", "session.key"):
        (secrets / name).write_bytes((own.data / "secrets" / name).read_bytes())
    without_keys = restored.run("keys", "check")
    assert (without_keys.returncode, without_keys.stdout) == (1, "0 incidents can be read, 0 were erased.\n")
    assert "2 incidents have no key" in without_keys.stderr
    (secrets / "keys.sqlite3").write_bytes((tmp_path / "mirror" / "keys.sqlite3").read_bytes())
    assert restored.done("keys", "check") == "2 incidents can be read, 0 were erased.\n"
    # What was written into the log after the backup is lost, and is not passed over in silence.
    assert "entries were cut off" in refused(restored.run("audit", "verify"))
    assert "are lost. The log goes on" in restored.done("audit", "acknowledge-loss")
    assert "intact" in restored.done("audit", "verify")
    assert json.loads(restored.done("audit", "list", "--json"))[-1]["action"] == "log.loss_acknowledged"


def test_only_a_lost_end_can_be_acknowledged(own: Installation):
    assert refused(own.run("audit", "acknowledge-loss"))
    change(own, "UPDATE audit_entry SET actor = 'x' WHERE number = 2")
    assert refused(own.run("audit", "acknowledge-loss"))
    assert "entry 2 is not what was written" in refused(own.run("audit", "verify"))


def test_a_server_is_backed_up_by_its_own_tools(own: Installation, tmp_path: Path, migrated_server: str):
    result = own.run("db", "backup", str(tmp_path / "backup"), COALITION_DATABASE_URL=migrated_server)
    assert "back it up with pg_dump" in refused(result)


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("postgresql://u:p@db.example.org/c", False),
        ("postgresql://u:p@db.example.org/c?sslmode=require", False),
        ("postgresql://u:p@db.example.org/c?sslmode=verify-full", True),
        ("postgresql://u@127.0.0.1/c", True),
        ("postgresql:///c?host=/var/run/postgresql", True),
        ("postgresql:///c?host=db.example.org", False),
    ],
)
def test_a_database_on_another_machine_needs_a_checked_connection(own: Installation, url: str, fine: bool):
    result = own.run("keys", "check", COALITION_DATABASE_URL=url)
    assert result.returncode != 0
    assert ("names another machine" in result.stderr) is not fine


def test_a_backup_goes_on_when_a_file_goes_meanwhile(own: Installation, tmp_path: Path):
    uploads = own.data / "files" / "an-upload"
    uploads.mkdir(parents=True)
    (uploads / "sheet").write_bytes(b"sealed")
    (uploads / "profile.part").write_bytes(b"half")
    # It is listed, and there is nothing to copy any more.
    (uploads / "plan").symlink_to(uploads / "gone")
    own.done("db", "backup", str(tmp_path / "backup"))
    assert [path.name for path in (tmp_path / "backup" / "files" / "an-upload").iterdir()] == ["sheet"]
