"""The documentation is executed: every setting and permission is explained, every command that is named exists."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest

from coalition.cli import COMMANDS, commands
from coalition.config import VARIABLES, Config
from coalition.documents import cleaner, images, sheet_reader, spreadsheet
from coalition.domain import authentication, evidence, interchange, kept_forms, throttling
from coalition.domain.access import Permission
from coalition.domain.approvals import ADMISSION_LASTS, ERASURE_LASTS
from coalition.domain.diagrams import diagram_of_states
from coalition.domain.recovery import CODES
from coalition.domain.reviews import STEPS
from coalition.domain.throttling import BUDGETS, FREE, Counter, Use
from coalition.domain.uploads import KEPT
from coalition.services.factors import MOST_FACTORS
from coalition.services.passkeys import CHALLENGE_LASTS

ROOT = Path(__file__).resolve().parents[2]
README, CONTRIBUTING, SECURITY = (ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "SECURITY"))
DOCUMENTS = sorted({*ROOT.glob("*.md"), *(ROOT / "deploy").glob("*.md")})
ENVIRONMENT = ROOT / "deploy" / "env.example"


def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def code_in(document: Path) -> Iterator[str]:
    """Yield every piece of code: the lines of blocks, and what stands in backticks."""
    text = text_of(document)
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from re.sub(r"\\\n *", "", block).splitlines()
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))


def named(document: Path, program: str) -> list[list[str]]:
    """Return the words after a program's name wherever a document calls it."""
    call = re.compile(rf"(?:.*/bin/|(?:\S+=\S+ +)*){program} +(?:-C +\S+ +)?(.+)")
    lines = (re.split(r"\s[#|&;]", piece.strip())[0] for piece in code_in(document))
    return [found[1].split() for found in map(call.fullmatch, lines) if found]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_make_target_that_is_named_exists(document: Path):
    asked = {words[0] for words in named(document, "make")}
    assert asked <= targets() | {"help"}


def test_the_two_commands_come_first_in_the_readme():
    text = text_of(README)
    assert "make run" in text.partition("\n## ")[0]
    assert "make test" in text.partition("\n## ")[0]
    assert {"run", "test"} <= {words[0] for words in named(README, "make")}


def test_contributing_names_every_target_that_a_contributor_needs():
    asked = {words[0] for words in named(CONTRIBUTING, "make")}
    assert {"run", "test", "check", "help", "format", "messages", "lock"} <= asked


def command_of(words: list[str]) -> click.Command:
    """Return the command that some words begin with."""
    found: click.Command = commands
    for word in words:
        if not isinstance(found, click.Group):
            break
        command = found.get_command(click.Context(found), word)
        assert command is not None, f"coalition {' '.join(words)}: there is no command {word!r}"
        found = command
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_and_option_that_is_named_exists(document: Path):
    for words in named(document, "coalition"):
        if words[0].startswith("-") or not re.fullmatch(r"[a-z]+", words[0]):
            continue
        command = command_of(words)
        known = {option for item in command.params for option in item.opts} | {"--help"}
        assert {word.split("=")[0] for word in words if word.startswith("--")} <= known, words


def test_the_readme_shows_every_group_of_commands():
    shown = {words[0] for words in named(README, "coalition")}
    assert set(COMMANDS) - {"demo"} <= shown


def test_every_setting_is_in_the_example_with_its_meaning():
    lines = ENVIRONMENT.read_text(encoding="utf-8").splitlines()
    for variable in VARIABLES:
        (place,) = [n for n, line in enumerate(lines) if line.lstrip("# ").startswith(f"{variable}=")]
        assert lines[place - 1].startswith("# "), f"{variable} is not explained"
        assert lines[place - 1].endswith("."), f"{variable} is not explained in a sentence"


def test_the_example_is_a_configuration_that_works():
    lines = [line for line in ENVIRONMENT.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    config = Config.from_env(dict(line.split("=", 1) for line in lines))
    assert config.https
    commented = [
        line.removeprefix("# ")
        for line in ENVIRONMENT.read_text(encoding="utf-8").splitlines()
        if re.match(r"# COALITION_\w+=", line)
    ]
    assert Config.from_env(dict(line.split("=", 1) for line in (*lines, *commented)))


def test_every_permission_is_explained():
    section = text_of(CONTRIBUTING).partition("## Permissions")[2].partition("\n## ")[0]
    assert set(re.findall(r"`([a-z]+:[a-z]+)`", section)) == {permission.value for permission in Permission}


def test_the_diagram_of_states_is_drawn_from_the_table_in_force():
    (drawn,) = re.findall(r"^```mermaid\n(.*?)\n```$", text_of(CONTRIBUTING), re.MULTILINE | re.DOTALL)
    assert drawn == diagram_of_states()
    told = set(re.findall(r"^    (\w+) --> (\w+): ", drawn, re.MULTILINE))
    assert told == {(before.value, after.value) for (before, _), leads_to in STEPS.items() for after in leads_to}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_is_linked_exists(document: Path):
    for target in re.findall(r"\]\(([^)]+)\)", text_of(document)):
        parts = urlsplit(target)
        if parts.scheme or not parts.path or parts.path.startswith("deploy/readme/"):
            continue
        assert (document.parent / parts.path).exists(), f"{document.name} links to {target}"


@pytest.mark.parametrize("document", [README, CONTRIBUTING, SECURITY], ids=lambda path: path.name)
def test_every_path_that_is_named_exists(document: Path):
    folders = ("coalition", "templates", "translations", "tests", "deploy")
    paths = [piece for piece in code_in(document) if re.fullmatch(rf"(?:{'|'.join(folders)})/[\w./-]+", piece)]
    inside = [
        piece
        for piece in code_in(document)
        if re.fullmatch(r"(?:domain|db|services|web|i18n|documents)/[\w./]+", piece)
    ]
    missing = [path for path in paths if not (ROOT / path).exists()]
    missing += [path for path in inside if not (ROOT / "coalition" / path).exists()]
    assert missing == []


def test_every_test_that_shows_a_requirement_exists():
    shown = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text_of(SECURITY))
    missing = [
        f"{file}::{name}"
        for file, name in sorted(set(shown))
        if not (ROOT / file).is_file() or not re.search(rf"^def {name}\(", text_of(ROOT / file), re.MULTILINE)
    ]
    assert missing == []
    assert len(shown) == text_of(SECURITY).count(".py::"), "a test is not named as `tests/file.py::name`"


def test_the_requirements_are_counted_as_the_table_has_them():
    introduction, *chapters = text_of(SECURITY).partition("\n## OWASP ASVS")[2].split("\n### ")
    rows = re.findall(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| [^|]+ \| ([^|]+) \|$", "\n".join(chapters), re.MULTILINE)
    numbers = [number for number, _level, _shown in rows]
    assert numbers == sorted(set(numbers), key=lambda number: [int(part) for part in number.split(".")])
    assert len(rows) == "\n".join(chapters).count("\n| ") - 2 * len(chapters), "a row is not written as the others"
    away = sum(shown.startswith("does not apply: ") for *_, shown in rows)
    unmet = sum(shown.startswith("**not met**: ") for *_, shown in rows)
    counted = {
        "requirements": len(rows),
        "of level 1": sum(level == "1" for _, level, _ in rows),
        "of level 2": sum(level == "2" for _, level, _ in rows),
        "are met": len(rows) - away - unmet,
        "of them with a stated deviation": sum("**Deviation**" in shown for *_, shown in rows),
        "are not met": unmet,
        "do not apply": away,
    }
    told = " ".join(introduction.split())
    assert {words: re.findall(rf"(\d+) {words}\b", told) for words in counted} == {
        words: [str(number)] for words, number in counted.items()
    }


def _minutes(time: timedelta) -> int:
    return time // timedelta(minutes=1)


def _hours(time: timedelta) -> int:
    return time // timedelta(hours=1)


MEGA = 1_000_000
LIMITS = {
    "failed sign-ins that cost no wait": f"{FREE[Counter.DEVICE]} per known device, {FREE[Counter.PAIR]} per account "
    f"and address, {FREE[Counter.ACCOUNT]} per account, {FREE[Counter.ADDRESS]} per address, in an hour",
    "wait after more": f"{throttling.FIRST_WAIT.seconds} s, doubled each time, "
    f"{_minutes(throttling.LONGEST_WAIT)} min at most",
    "session": f"{_minutes(authentication.IDLE)} min of rest, {_hours(authentication.LONGEST)} h in all; "
    f"proof {_minutes(authentication.PROOF_LASTS)} min",
    "one-time link, wish to reset a factor": f"{_hours(authentication.INVITATION_LASTS)} h",
    "wish to erase; wish to confirm a person": f"{ERASURE_LASTS.days} days",
    "one person in an hour": f"{BUDGETS[Use.READ]} readings of records, "
    f"{BUDGETS[Use.DOCUMENT]} copies, proofs and sheets, {BUDGETS[Use.EXPORT]} exports, "
    f"{BUDGETS[Use.BEGIN]} records begun, {BUDGETS[Use.COMPARE]} searches before",
    "what was typed and could not be saved": f"a day, {kept_forms.MOST} forms of a person",
    "a started sign-in; a passkey's question; a known device": f"{_minutes(authentication.HALF_WAY)} min; "
    f"{_minutes(CHALLENGE_LASTS)} min; {authentication.DEVICE_LASTS.days} days",
    "second factors of a person; recovery codes": f"{MOST_FACTORS}; {CODES}",
    "a file kept as evidence": f"{evidence.LARGEST} MB and {evidence.MOST} of an incident unless set, "
    f"{evidence.LARGEST_SETTING} MB and {evidence.MOST_SETTING:,} at most; four times the largest in one request; "
    f"a name of {evidence.LONGEST_NAME} characters",
    "looking at one": f"{cleaner.MEMORY // 1_000 // MEGA} GB of address space, {cleaner.SECONDS} s of computing, "
    f"{images.MOST_PIXELS // MEGA} million pixels",
    "a CSV, XLSX or ODS file to import": f"{spreadsheet.MOST_BYTES // MEGA} MB; {spreadsheet.MOST_ROWS:,} rows, "
    f"{spreadsheet.MOST_COLUMNS} columns; a workbook {spreadsheet.MOST_PARTS:,} parts, "
    f"{spreadsheet.MOST_UNPACKED // MEGA} MB unpacked",
    "reading a workbook": f"{sheet_reader.MEMORY // 1_000 // MEGA} GB of memory, {sheet_reader.SECONDS} s, "
    "in a process of its own",
    "a JSON file to import": f"{interchange.MOST_BYTES // MEGA} MB, {interchange.MOST_RECORDS:,} records",
}
"""The limits as they are told, made of those in force. Four times and one day are named in words: see below."""


def test_the_limits_that_are_told_are_those_in_force():
    section = text_of(SECURITY).partition("## Limits")[2].partition("\n**Input.**")[0]
    told = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$", section, re.MULTILINE))
    assert {what: told.get(what) for what in LIMITS} == LIMITS
    assert evidence.AT_ONCE == 4
    assert {kept_forms.LASTS, KEPT} == {timedelta(days=1)}
    assert ADMISSION_LASTS == ERASURE_LASTS
    assert authentication.RESET_LASTS == authentication.INVITATION_LASTS


def test_whoever_sets_up_the_database_is_told_of_both_files_that_say_who_may_connect():
    section = text_of(ROOT / "deploy" / "README.md").partition("## Several processes")[2].partition("\n## ")[0]
    setup = section.partition("```sh\n")[2].partition("```")[0]
    users = [line for line in text_of(ROOT / "deploy" / "postgresql" / "pg_ident.conf").splitlines() if line[0] != "#"]
    assert len(users) == 3
    assert "postgresql/pg_hba.conf" in setup
    assert "three lines of postgresql/pg_ident.conf" in setup


def test_what_the_proxy_lets_through_is_what_the_site_takes_unless_somebody_sets_more():
    sizes = re.findall(r"client_max_body_size (\d+)m;", text_of(ROOT / "deploy" / "nginx.conf"))
    assert evidence.AT_ONCE * evidence.LARGEST + int(sizes[0]) == max(map(int, sizes))
