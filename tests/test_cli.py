"""The command line as people and scripts use it: its own folder, one line when something is wrong.

A process per command takes most of its time to import what is imported here already, so a command runs in this process
unless the test is about processes.
"""

import csv
import hashlib
import json
import os
import re
import signal
import socket
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from io import BytesIO
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

import click
import psycopg.errors
import pytest
import sqlalchemy.exc
from click.testing import CliRunner
from pypdf import PdfReader

from coalition.cli import COMMANDS, commands
from coalition.config import Config
from coalition.db import tables
from coalition.domain.exports import COLUMNS
from coalition.domain.names import Name
from coalition.domain.throttling import Origin
from coalition.domain.vocabulary import SIGN_IN_ROLES, Role
from coalition.services import sign_in
from coalition.services.work import NOBODY, make_runtime, unit_of_work
from tests.conftest import PASSWORD
from tests.installation import Installation, children, refused

CONTRACT = (
    "db upgrade",
    "db grant",
    "db backup",
    "keys rotate",
    "keys reseal",
    "keys check",
    "keys signature",
    "keys mirror",
    "audit verify",
    "audit list",
    "audit send",
    "audit acknowledge-loss",
    "demo load",
    "demo accounts",
    "settings show",
    "settings set",
    "organisations create",
    "users create",
    "users invite",
    "users reset-factor",
    "users set-role",
    "users set-affiliation",
    "users end-sessions",
    "incidents import",
    "incidents export",
    "incidents list",
    "incidents erase",
    "duplicates candidates",
    "duplicates link",
    "duplicates unlink",
    "index rebuild",
    "mail test",
    "mail send",
    "retention run",
    "consent withdraw",
    "consent corrections",
    "forms blank",
    "submission build",
    "submission diff",
    "submission fetch",
    "submission list",
    "submission match",
    "submission package",
    "submission verify",
    "profiles list",
    "profiles show",
    "profiles check",
    "profiles import",
    "official import",
    "official list",
    "report build",
    "summary publish",
    "serve",
    "worker",
)
YEAR = "2020"
PATIENCE = 60
"""Seconds to wait for a process on a busy machine."""
ROWS = (
    ("2020-05", "Bulgaria", "Anti-Roma hate crime", "Threats", "Near Shore", "A family was threatened."),
    ("2020-05", "Bulgaria", "Anti-Roma hate crime", "Threats", "Near Shore", "A family was threatened."),
    ("2020", "Utopia", "Anti-Roma hate crime", "Threats", "Near Shore", "Nowhere."),
    (
        "2020-07",
        "Bulgaria",
        "Anti-Muslim hate crime, Gender-based hate crime",
        "Violent attacks against people",
        "Near Shore",
        "A woman was beaten.",
    ),
    ("2020-08", "Romania", "Anti-Semitic hate crime", "Attacks against property", "Near Shore", "Graffiti."),
    ("2019", "Bulgaria", "Disability hate crime", "Threats", "Near Shore", "A man was threatened."),
)


def leaves(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield (*path, name)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation that `db upgrade` made and nobody has used."""
    made = Installation(tmp_path_factory.mktemp("installed") / "data")
    made.done("db", "upgrade")
    return made


@pytest.fixture
def own(installed: Installation, tmp_path: Path) -> Installation:
    """An installation of the test's own."""
    return installed.copied(tmp_path)


@dataclass(frozen=True)
class Job:
    """What the whole job said and made."""

    installation: Installation
    folder: Path
    said: dict[str, str]
    complaints: str


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """Do a coalition's year by commands alone."""
    folder = tmp_path_factory.mktemp("job")
    own = Installation(folder / "data")
    with (folder / "export.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows((COLUMNS, *ROWS))
    said = {
        "upgrade": own.done("db", "upgrade"),
        "settings": own.done("settings", "set", "--name", "en=Our Coalition", "--name", "bg=Нашата коалиция"),
        "organisation": own.done("organisations", "create", "help", "Help Centre"),
        "user": own.done(
            *("users", "create", "Ana@example.org", "--name", "Ana", "--role", "case_worker"),
            *("--organisation", "HELP", "--password-stdin"),
            stdin=f"{PASSWORD}\n",
        ),
        "coordinator": own.done(
            *("users", "create", "co@example.org", "--name", "Co", "--role", "coordinator", "--password-stdin"),
            stdin=PASSWORD,
        ),
    }
    imported = own.run(
        *("incidents", "import", str(folder / "export.csv"), "--organisation", "HELP"),
        *("--accepted", "--report", str(folder / "rows.csv")),
    )
    assert imported.returncode == 0
    said["import"] = imported.stdout
    for name in ("first", "second"):
        said[name] = own.done("submission", "build", YEAR, "--output", str(folder / name))
    for language in ("en", "bg"):
        file = folder / "reports" / f"{language}.pdf"
        said[language] = own.done("report", "build", YEAR, "--language", language, "--output", str(file))
    said["publish"] = own.done("summary", "publish", YEAR)
    return Job(own, folder, said, imported.stderr)


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


# --- help and errors ---------------------------------------------------------------------------------------


def test_the_commands_are_those_of_the_contract():
    assert {" ".join(words) for words in leaves(commands)} == set(CONTRACT)


@pytest.mark.parametrize("words", [(), *((name.split()[0],) for name in CONTRACT), *(n.split() for n in CONTRACT)])
def test_every_command_explains_itself(words: tuple[str, ...]):
    result = CliRunner().invoke(commands, [*words, "--help"])
    assert result.exit_code == 0
    usage, _, rest = result.output.partition("\n\n")
    assert usage.startswith("Usage: ")
    assert rest.strip()[0].isupper()


def test_the_list_of_commands_says_what_each_says_of_itself():
    for name, entry in COMMANDS.items():
        command = commands.get_command(click.Context(commands), name)
        assert command is not None
        assert command.name == name
        assert command.get_short_help_str(limit=200) == entry.line


def test_help_needs_no_installation(tmp_path: Path):
    with Installation(tmp_path / "data").process("incidents", "import", "--help") as process:
        said, complaints = process.communicate(timeout=PATIENCE)
    assert (process.returncode, complaints) == (0, "")
    for option in ("--organisation", "--accepted", "--dry-run", "--report"):
        assert option in said
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nonsense",), "No such command"),
        (("users", "create", "a@example.org", "--name", "A"), "--role"),
        (("submission", "build", "1066", "--output", "out"), "1066"),
        (("submission", "build", YEAR), "--output"),
        (("settings", "set", "--languages", "en tlh"), "tlh"),
        (("settings", "set", "--country", "Utopia"), "Utopia"),
        (("organisations", "create", "A B", "Name"), "A B"),
        (("incidents", "import", "missing.csv", "--organisation", "NOWHERE"), "NOWHERE"),
        (("report", "build", YEAR, "--language", "tlh", "--output", "report.pdf"), "tlh"),
        (("demo", "accounts"), "demo"),
    ],
)
def test_every_error_is_one_line_that_names_what_is_wrong(
    installed: Installation, arguments: tuple[str, ...], words: str
):
    assert words in refused(installed.run(*arguments))


@pytest.mark.parametrize(
    ("options", "stdin", "words"),
    [
        (("--role", "lead", "--organisation", "NOWHERE"), PASSWORD, "NOWHERE"),
        (("--role", "lead"), PASSWORD, "organisation"),
        (("--role", "coordinator"), "short\n", "12 characters"),
    ],
)
def test_an_account_that_cannot_be_is_refused_in_one_line(
    installed: Installation, options: tuple[str, ...], stdin: str, words: str
):
    command = ("users", "create", "a@example.org", "--name", "A", *options, "--password-stdin")
    assert words in refused(installed.run(*command, stdin=stdin))


@pytest.mark.parametrize("arguments", [("serve",), ("worker",), ("summary", "publish", YEAR), ("settings", "show")])
def test_before_the_first_upgrade_a_command_says_what_to_run(tmp_path: Path, arguments: tuple[str, ...]):
    assert "coalition db upgrade" in refused(Installation(tmp_path / "data").run(*arguments))
    assert not (tmp_path / "data").exists()


def test_an_installation_whose_tables_are_missing_says_what_to_run(tmp_path: Path, installed: Installation):
    own = Installation(tmp_path / "data")
    (own.data / "secrets").mkdir(parents=True)
    key = installed.data / "secrets" / "session.key"
    (own.data / "secrets" / "session.key").write_bytes(key.read_bytes())
    for arguments in (("organisations", "create", "HELP", "Help"), ("serve",)):
        assert "db upgrade" in refused(own.run(*arguments))


@pytest.mark.parametrize(
    ("kind", "own_words", "words"),
    [
        (sqlalchemy.exc.OperationalError, sqlite3.OperationalError("database is locked"), "the database is busy"),
        (sqlalchemy.exc.OperationalError, sqlite3.OperationalError("no such table: account"), "coalition db upgrade"),
        (sqlalchemy.exc.ProgrammingError, psycopg.errors.UndefinedTable("is not there"), "coalition db upgrade"),
        (sqlalchemy.exc.IntegrityError, sqlite3.IntegrityError("secret"), "the database refused: IntegrityError"),
        (sqlalchemy.exc.DataError, psycopg.errors.StringDataRightTruncation("secret"), "StringDataRightTruncation"),
    ],
)
def test_an_error_of_the_database_is_one_line_without_what_somebody_wrote(
    installed: Installation,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[sqlalchemy.exc.DBAPIError],
    own_words: Exception,
    words: str,
):
    def fail(*_arguments: object) -> None:
        raise kind("INSERT secret", {"name": "secret"}, own_words)

    monkeypatch.setattr("coalition.services.organisations.create_organisation", fail)
    line = refused(installed.run("organisations", "create", "HELP", "secret"))
    assert words in line
    assert "secret" not in line


def test_a_database_that_somebody_holds_is_busy(own: Installation, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("coalition.db.engine._PRAGMAS", ("PRAGMA busy_timeout=1",))
    with sqlite3.connect(own.data / "coalition.sqlite3", isolation_level=None) as holder:
        holder.execute("BEGIN IMMEDIATE")
        assert refused(own.run("organisations", "create", "HELP", "Help")) == "the database is busy; try again"
    holder.close()


def test_a_setting_of_the_environment_that_does_not_exist_is_refused(installed: Installation):
    line = refused(installed.run("settings", "show", COALITION_HTPPS="1"))
    assert "COALITION_HTPPS" in line
    assert "COALITION_DATABASE_URL" in refused(installed.run("settings", "show", COALITION_DATABASE_URL="mysql://x"))


# --- the installation --------------------------------------------------------------------------------------


def test_upgrading_an_empty_folder_makes_secrets_that_only_its_user_reads(installed: Installation):
    key = installed.data / "secrets" / "session.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(installed.data.stat().st_mode) == 0o700
    assert stat.S_IMODE((installed.data / "coalition.sqlite3").stat().st_mode) == 0o600
    assert len(key.read_text().strip()) == 64


def test_upgrading_again_keeps_the_secrets_and_the_rows(job: Job):
    own = job.installation
    key = own.data / "secrets" / "session.key"
    before = key.read_bytes()
    assert own.done("db", "upgrade") == job.said["upgrade"] == f"The database is at revision {tables.head()}.\n"
    assert key.read_bytes() == before
    with sqlite3.connect(own.data / "coalition.sqlite3") as connection:
        assert connection.execute("SELECT count(*) FROM incident").fetchone() == (5,)
    connection.close()


def test_two_installations_share_no_secret(job: Job, installed: Installation):
    keys = [(own.data / "secrets" / "session.key").read_text() for own in (job.installation, installed)]
    assert keys[0] != keys[1]


# --- the whole job -----------------------------------------------------------------------------------------


def test_every_command_says_what_it_did(job: Job):
    assert job.said["organisation"] == "Created organisation HELP.\n"
    assert job.said["user"] == "Created case worker ana@example.org.\n"
    assert job.said["import"] == "5 imported, 0 imported before, 1 bad.\n"
    assert job.said["first"].startswith("4 incidents of 2020: 4 descriptive, 0 statistical.")
    assert job.said["publish"] == "Published 2020: 4 incidents.\n"


def test_a_bad_row_is_named_and_the_command_succeeds(job: Job):
    assert job.complaints == "line 4: Country: 'Utopia' is not an OSCE participating State\n"


def test_the_report_of_an_import_has_a_row_for_every_row(job: Job):
    found = rows(job.folder / "rows.csv")
    assert list(found[0]) == ["line", "outcome", "reference", "message"]
    assert [(row["line"], row["outcome"]) for row in found] == [
        ("2", "imported"),
        ("3", "imported"),
        ("4", "error"),
        ("5", "imported"),
        ("6", "imported"),
        ("7", "imported"),
    ]
    assert len({row["reference"] for row in found if row["outcome"] == "imported"}) == 5
    assert found[2]["message"] == "Country: 'Utopia' is not an OSCE participating State"


def test_importing_again_adds_nothing_and_a_dry_run_stores_nothing(job: Job):
    command = ("incidents", "import", str(job.folder / "export.csv"), "--organisation", "HELP")
    assert job.installation.run(*command).stdout == "0 imported, 5 imported before, 1 bad.\n"
    job.installation.done("organisations", "create", "OTHER", "Other Member")
    dry = job.installation.run(*command[:-1], "OTHER", "--dry-run")
    assert (dry.returncode, dry.stdout) == (0, "5 would be imported, 0 imported before, 1 bad.\n")
    with sqlite3.connect(job.installation.data / "coalition.sqlite3") as connection:
        assert connection.execute("SELECT count(*) FROM incident").fetchone() == (5,)
    connection.close()


def test_a_file_without_one_good_row_is_an_error(own: Installation, tmp_path: Path):
    own.done("organisations", "create", "BAD", "Bad Rows")
    file = tmp_path / "bad.csv"
    file.write_text(f"{','.join(COLUMNS)}\n2020,Utopia,x,Threats,y,z\n")
    result = own.run("incidents", "import", str(file), "--organisation", "BAD")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == "Error: bad.csv: no row could be read"
    file.write_text("some,other,table\n1,2,3\n")
    assert "no column" in refused(own.run("incidents", "import", str(file), "--organisation", "BAD"))


def test_a_report_that_cannot_be_written_is_found_out_before_anything_is_imported(own: Installation, tmp_path: Path):
    own.done("organisations", "create", "HELP", "Help Centre")
    file = tmp_path / "export.csv"
    with file.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text).writerows((COLUMNS, *ROWS))
    command = ("incidents", "import", str(file), "--organisation", "HELP", "--report")
    nowhere = tmp_path / "nowhere" / "rows.csv"
    assert str(nowhere) in refused(own.run(*command, str(nowhere)))
    with sqlite3.connect(own.data / "coalition.sqlite3") as connection:
        assert connection.execute("SELECT count(*) FROM incident").fetchone() == (0,)
    connection.close()


def test_an_import_that_fails_leaves_the_report_of_an_earlier_one(own: Installation, tmp_path: Path):
    report = tmp_path / "rows.csv"
    report.write_text("earlier\n")
    refused(own.run("incidents", "import", "missing.csv", "--organisation", "NOWHERE", "--report", str(report)))
    assert report.read_text() == "earlier\n"


def test_the_submission_is_the_same_files_every_time(job: Job):
    names = sorted(path.name for path in (job.folder / "first").iterdir())
    signed = ["manifest.json", "manifest.sig"]
    assert names == ["incidents.csv", *signed, "overview.csv", "statistics.csv", "submission.xlsx"]
    for name in names:
        assert (job.folder / "first" / name).read_bytes() == (job.folder / "second" / name).read_bytes(), name


def test_the_manifest_counts_the_incidents_and_vouches_for_the_files(job: Job):
    folder = job.folder / "first"
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["year"] == int(YEAR)
    assert manifest["counts"] == {"incidents": 4, "descriptive": 4, "statistical": 0}
    assert len(manifest["sha256"]) == 4
    for name, checksum in manifest["sha256"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == checksum


def test_the_descriptive_part_is_what_was_imported_of_that_year(job: Job):
    written = [tuple(row.values()) for row in rows(job.folder / "first" / "incidents.csv")]
    assert sorted(written) == sorted(row for row in ROWS if row[0].startswith(YEAR) and row[1] != "Utopia")
    overview = rows(job.folder / "first" / "overview.csv")
    assert [(row["Country"], row["Incidents"]) for row in overview if row["Bias motivation"] == "All incidents"] == [
        ("Bulgaria", "3"),
        ("Romania", "1"),
    ]


@pytest.mark.parametrize(("language", "words"), [("en", "Our Coalition"), ("bg", "Нашата коалиция")])
def test_the_report_is_a_pdf_in_its_language(job: Job, language: str, words: str):
    content = (job.folder / "reports" / f"{language}.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    assert " ".join(words.split()) in " ".join(text.split())


@pytest.mark.parametrize("file", ["rows.csv", "first/incidents.csv", "first/manifest.json", "reports/bg.pdf"])
def test_what_a_command_writes_is_readable_by_its_user_only(job: Job, file: str):
    assert stat.S_IMODE((job.folder / file).stat().st_mode) == 0o600


def test_a_person_created_by_command_can_sign_in(job: Job):
    runtime = make_runtime(Config.from_env({"COALITION_DATA": str(job.installation.data)}))
    with unit_of_work(runtime, NOBODY) as work:
        origin = Origin("ana@example.org", "192.0.2.1")
        account = sign_in.check_password(work, "ana@example.org", PASSWORD, origin)
    runtime.dispose()
    assert (account.role, account.organisation_name) == (Role.CASE_WORKER, Name("Help Centre"))


def test_what_exists_is_not_created_again(job: Job):
    again = job.installation.run("organisations", "create", "Help", "Help Centre")
    assert refused(again) == "organisation HELP exists already"
    command = ("users", "create", "ana@example.org", "--name", "A", "--role", "coordinator", "--password-stdin")
    assert refused(job.installation.run(*command, stdin=PASSWORD)) == "account ana@example.org exists already"


# --- the demo ----------------------------------------------------------------------------------------------


def test_the_demo_is_loaded_once_and_tells_how_to_sign_in(own: Installation, monkeypatch: pytest.MonkeyPatch):
    def interrupted(*_arguments: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("sqlalchemy.orm.Session.commit", interrupted)
        assert refused(own.run("demo", "load", "--incidents", "0")) == "the disk is full"
    first = own.done("demo", "load", "--incidents", "12", "--seed", "3")
    assert first.startswith("Loaded 12 invented incidents.\n")
    code = re.compile(r"code now \d{6}\n")
    assert code.sub("", first).endswith(code.sub("", own.done("demo", "accounts")))
    assert {role.value.replace("_", " ") for role in SIGN_IN_ROLES} <= {
        line.split("  ")[-1].split(",")[0].strip() for line in first.splitlines()[1:]
    }
    secured = re.findall(r"(\w+)@example\.org .*\n +second factor: key ([A-Z2-7]{32}), code now \d{6}\n", first)
    assert {who for who, _key in secured} == {"coordinator", "reviewer", "administrator", "auditor"}
    assert len({key for _who, key in secured}) == 4
    assert stat.S_IMODE((own.data / "demo-accounts.txt").stat().st_mode) == 0o600
    refused(own.run("demo", "load"))


# --- serving -----------------------------------------------------------------------------------------------


@pytest.fixture
def port() -> int:
    """A port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz"):
            return True
    except URLError:
        return False


def test_a_port_that_somebody_uses_is_one_line(installed: Installation):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        line = refused(installed.run("serve", "--port", port, "--workers", "2"))
    assert "Address already in use" in line
    assert port in line


def test_when_the_worker_dies_the_server_stops_too(installed: Installation, port: int):
    with installed.process("serve", "--port", str(port), "--workers", "2") as server:
        until(lambda: answers(port))
        started = children(server.pid)
        os.kill(started["coalition"], signal.SIGKILL)
        _, complaints = server.communicate(timeout=PATIENCE)
    assert server.returncode == 1
    assert complaints.splitlines()[-1] == "Error: the worker stopped with status -9"
    assert "Traceback" not in complaints
    assert not any(Path(f"/proc/{child}").exists() for child in started.values())


@pytest.mark.parametrize(("proxies", "address"), [("1", "198.51.100.7"), ("0", "127.0.0.1")])
def test_an_address_that_a_proxy_names_counts_only_when_there_is_a_proxy(
    own: Installation, port: int, proxies: str, address: str
):
    with own.process("serve", "--port", str(port), COALITION_PROXIES=proxies) as server:
        until(lambda: answers(port))
        browser, page = build_opener(HTTPCookieProcessor(CookieJar())), f"http://127.0.0.1:{port}/en/sign-in"
        with browser.open(page) as shown:
            (token,) = set(re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', shown.read().decode()))
        form = urlencode({"email": "ana@example.org", "password": PASSWORD, "csrf_token": token}).encode()
        with pytest.raises(HTTPError, match="422") as refusal:
            browser.open(Request(page, form, {"X-Forwarded-For": "198.51.100.7"}))
        refusal.value.close()
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=PATIENCE)
    assert server.returncode == 0
    with sqlite3.connect(own.data / "coalition.sqlite3") as connection:
        kept = {key for (key,) in connection.execute("SELECT key FROM sign_in_attempt")}
    connection.close()
    # What slows the next attempt down are digests, among them that of the account and the address together.
    assert hashlib.sha256(f"password\x1fpair\x1fana@example.org\x1f{address}".encode()).hexdigest() in kept


def test_what_odihr_published_is_matched_with_what_was_sent(job: Job, tmp_path: Path):
    sent = [tuple(row.values()) for row in rows(job.folder / "first" / "incidents.csv")]
    stranger = ("2020-05", "Serbia", "Anti-LGBTI hate crime", "Threats", "Somebody Else", "=A man was threatened.")
    published = tmp_path / "published.csv"
    with published.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows((COLUMNS, stranger, *sent[1:]))
    said = job.installation.done("submission", "match", YEAR, str(published), "--output", str(tmp_path / "matches.csv"))
    found = rows(tmp_path / "matches.csv")
    assert list(found[0]) == ["reference", "outcome", "published_line", "changed_fields", "score"]
    assert [row["published_line"] for row in found if row["outcome"] == "included"] == ["3", "4", "5"]
    (missing,) = (row for row in found if row["outcome"] != "included")
    assert (missing["outcome"], missing["published_line"], missing["score"]) == ("not_included", "", "0.0000")
    (other,) = rows(tmp_path / "unmatched.csv")
    assert other == {"published_line": "2", **dict(zip(COLUMNS, (*stranger[:5], f"'{stranger[5]}"), strict=True))}
    assert "4 records of 2020: 3 as they were sent" in said
    never = job.installation.run("submission", "match", "2015", str(published), "--output", str(tmp_path / "never.csv"))
    assert (never.returncode, never.stderr) == (1, "Error: there is no submission 2015\n")
    assert not (tmp_path / "never.csv").exists()
