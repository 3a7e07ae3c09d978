"""The command line: a contract. Every command says what it did, or in one line on standard error why it did not."""

import csv
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any

import click
import sqlalchemy.exc

from coalition import __version__
from coalition.config import Config, ConfigurationError, create_secrets
from coalition.db import tables
from coalition.demo import loading
from coalition.domain.errors import (
    AlreadyExists,
    CoalitionError,
    NotFound,
    UnknownCode,
    UnreadableFile,
    UnusableName,
    WeakPassword,
)
from coalition.domain.vocabulary import SIGN_IN_ROLES
from coalition.i18n import UnusableLanguage, check_languages
from coalition.services import accounts, imports, organisations, reports, settings, submissions, summaries
from coalition.services.imports import ImportLine, Outcome
from coalition.services.work import OPERATOR, Runtime, make_runtime, reading, unit_of_work
from coalition.worker import Worker

_PASSWORD_REASONS = {
    "too_short": "the password needs at least 12 characters",
    "too_long": "the password has more than 256 characters",
    "too_plain": "the password repeats the same few characters",
    "too_common": "the password is mostly a common word or the person's own name",
}


_SENTENCES: dict[type[Exception], Callable[[Any], str]] = {
    NotFound: lambda error: f"there is no {error.kind} {error.key}",
    AlreadyExists: lambda error: f"{error.kind} {error.key} exists already",
    UnknownCode: lambda error: f"{error.text!r} is not among the {error.list_name}",
    WeakPassword: lambda error: _PASSWORD_REASONS[error.reason],
    UnusableName: lambda _: "a name has 1 to 200 characters",
    UnicodeEncodeError: lambda _: "what was given is not UTF-8 text",
    UnicodeDecodeError: lambda _: "what was given is not UTF-8 text",
    socket.gaierror: lambda _: "this is no address of this computer",
}

_LOOK_EVERY = 0.2
"""Seconds after which `serve` notices that one of its processes has ended."""
_BACKLOG = 2048
"""Connections that may wait for a server process."""
_MISSING = ("no such table", "no such column", "undefinedtable", "undefinedcolumn")
"""How SQLite's messages, and the classes of PostgreSQL's errors, say that the tables are not there or not current."""


def _sentence(error: Exception) -> str:
    """Say an error in one line."""
    if isinstance(error, sqlalchemy.exc.DBAPIError):
        return _database_sentence(error.orig or error)
    say = _SENTENCES.get(type(error), str)
    return say(error) or type(error).__name__


def _database_sentence(error: BaseException) -> str:
    # The database's own message may hold what somebody wrote: it is looked at, never shown.
    text = f"{type(error).__name__} {error}".lower()
    if "locked" in text:
        return "the database is busy; try again"
    if any(words in text for words in _MISSING):
        return "the database cannot be used; has `coalition db upgrade` been run?"
    return f"the database refused: {type(error).__name__}"


_EXPECTED = (CoalitionError, ConfigurationError, UnusableLanguage, sqlalchemy.exc.DBAPIError, OSError, UnicodeError)


def _plainly(command: Callable[..., None]) -> Callable[..., None]:
    """Turn an expected error into one line on standard error and exit status 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - click's
        try:
            command(*args, **kwargs)
        except _EXPECTED as error:
            raise click.ClickException(" ".join(_sentence(error).split())) from None

    return run


def _config() -> Config:
    return Config.from_env(os.environ)


def _runtime() -> Runtime:
    config = _config()
    if not config.session_key_file.exists():
        raise ConfigurationError(f"{config.data} holds no installation yet; run: coalition db upgrade")
    return _open(config)


def _open(config: Config) -> Runtime:
    runtime = make_runtime(config)
    click.get_current_context().call_on_close(runtime.engine.dispose)
    return runtime


def main() -> None:
    """Run the command line: every error is one line on standard error and a status other than 0."""
    # What the commands write is about victims: nobody but the user who runs them may read it.
    os.umask(0o077)
    try:
        commands.main(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        sys.exit(error.exit_code)
    except click.ClickException as error:
        click.echo(f"Error: {' '.join(error.format_message().split())}", err=True)
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("Error: stopped", err=True)
        sys.exit(1)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="coalition")
def commands() -> None:
    """Record hate crime together: the site of a coalition of civil society organisations.

    State lives in the folder COALITION_DATA (default var/); COALITION_DATABASE_URL may name another database.
    """


@commands.group()
def db() -> None:
    """Look after the database."""


@db.command("upgrade")
@_plainly
def db_upgrade() -> None:
    """Create the installation's folder, secrets and tables, or bring them up to date."""
    config = _config()
    create_secrets(config)
    runtime = _open(config)
    tables.upgrade(runtime.engine)
    click.echo(f"The database is at revision {tables.head()}.")


@commands.group("settings")
def settings_group() -> None:
    """See and change what the coalition says of itself."""


@settings_group.command("show")
@_plainly
def settings_show() -> None:
    """Print the settings in force."""
    with reading(_runtime(), OPERATOR) as work:
        own = settings.read(work)
    for language, name in own.name.items():
        click.echo(f"name {language}: {name}")
    click.echo(f"country: {own.country}")
    click.echo(f"languages: {' '.join(own.languages)}")
    click.echo(f"time zone: {own.time_zone}")
    click.echo(f"emergency number: {own.emergency_number}")
    click.echo(f"contact: {own.contact}")


@settings_group.command("set")
@click.option("--name", "names", multiple=True, metavar="LANGUAGE=NAME", help="The coalition's name in a language.")
@click.option("--country", help="ISO 3166-1 code of the coalition's country.")
@click.option("--languages", help="Languages of the site, separated by spaces; the first is the default.")
@click.option("--time-zone", help="Such as Europe/Sofia.")
@click.option("--emergency-number", help="Shown before the first question of the recording form.")
@click.option("--contact", help="Where the public and ODIHR reach the coalition.")
@_plainly
def settings_set(names: Sequence[str], **values: str | None) -> None:
    """Change settings; what is not named stays."""
    with unit_of_work(_runtime(), OPERATOR) as work:
        changes: dict[str, Any] = {key: value for key, value in values.items() if value is not None}
        if names:
            changes["name"] = {**settings.read(work).name, **dict(_pair(text) for text in names)}
        if "languages" in changes:
            changes["languages"] = tuple(changes["languages"].split())
            check_languages(changes["languages"])
        settings.change(work, **changes)
    click.echo("Changed.")


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals and value):
        raise click.BadParameter(f"{text!r} is not LANGUAGE=NAME")
    return key, value


@commands.group()
def demo() -> None:
    """Load an invented coalition to look at."""


@demo.command("load")
@click.option("--incidents", default=180, show_default=True, type=click.IntRange(0, 1_000_000))
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same incidents.")
@_plainly
def demo_load(incidents: int, seed: int) -> None:
    """Load organisations, people and incidents, all invented, and publish two years."""
    with unit_of_work(_runtime(), OPERATOR) as work:
        logins = loading.load_demo(work, incidents=incidents, seed=seed)
    click.echo(f"Loaded {incidents} invented incidents.")
    _print_logins(logins)


@demo.command("accounts")
@_plainly
def demo_accounts() -> None:
    """Print how to sign in to the demo."""
    _print_logins(loading.demo_logins(_config().data))


def _print_logins(logins: Sequence[loading.DemoLogin]) -> None:
    width = max(len(login.email) for login in logins)
    for login in logins:
        of = f", {login.organisation}" if login.organisation else ""
        click.echo(f"  {login.email:{width}}  {login.password}  {login.role.replace('_', ' ')}{of}")


@commands.group("organisations")
def organisations_group() -> None:
    """Look after member organisations."""


@organisations_group.command("create")
@click.argument("code")
@click.argument("name")
@_plainly
def organisations_create(code: str, name: str) -> None:
    """Create the member organisation NAME with a short CODE."""
    with unit_of_work(_runtime(), OPERATOR) as work:
        created = organisations.create_organisation(work, code, name)
    click.echo(f"Created organisation {created.code}.")


@commands.group()
def users() -> None:
    """Look after people who can sign in."""


@users.command("create")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", required=True, type=click.Choice([role.value for role in SIGN_IN_ROLES]))
@click.option("--organisation", metavar="CODE", help="Needed for a case worker or a lead.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@_plainly
def users_create(email: str, name: str, role: str, organisation: str | None, *, password_stdin: bool) -> None:
    """Create an account; asks for the password unless it comes from standard input."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
        password.encode()  # bytes that are no text are found out before anything is made of them
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with unit_of_work(_runtime(), OPERATOR) as work:
        account, _ = accounts.create_account(
            work, email=email, name=name, role=role, organisation_code=organisation, password=password
        )
    click.echo(f"Created {account.role.replace('_', ' ')} {account.email}.")


@commands.group("incidents")
def incidents_group() -> None:
    """Read incidents from files."""


@incidents_group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--organisation", required=True, metavar="CODE", help="The member whose incidents they are.")
@click.option("--accepted", is_flag=True, help='Store them as already reviewed, basis "public source".')
@click.option("--dry-run", is_flag=True, help="Say what would happen and store nothing.")
@click.option("--report", type=click.Path(path_type=Path), help="Write line,outcome,reference,message as CSV.")
@_plainly
def incidents_import(file: Path, organisation: str, *, accepted: bool, dry_run: bool, report: Path | None) -> None:
    """Read FILE, CSV or XLSX in the six columns of ODIHR's published export.

    Rows read before are left alone. A bad row is named with its line and reason, the others still arrive; the
    command fails only if no row could be read.
    """
    runtime = _runtime()
    if report:
        # A report that cannot be written is found out now, not when the incidents are stored. What an earlier
        # import wrote there stays until this one is done.
        report.open("a").close()
    with reading(runtime, OPERATOR) as work:
        plan = imports.plan_import(work, file, organisation)
    lines = plan.dry_lines() if dry_run else _store_in_parts(runtime, plan, accepted=accepted)
    if report:
        _write_import_report(report, lines)
    counts = Counter(line.outcome for line in lines)
    for line in lines:
        if line.outcome is Outcome.ERROR:
            click.echo(f"line {line.line}: {line.message}", err=True)
    verb = "would be imported" if dry_run else "imported"
    click.echo(
        f"{counts[Outcome.IMPORTED]} {verb}, {counts[Outcome.UNCHANGED]} imported before, {counts[Outcome.ERROR]} bad."
    )
    if lines and counts[Outcome.ERROR] == len(lines):
        raise UnreadableFile(f"{file.name}: no row could be read")


def _store_in_parts(runtime: Runtime, plan: imports.Plan, *, accepted: bool) -> list[ImportLine]:
    """Store part by part, so that nobody's saving waits for a large file; interrupted, it is simply run again."""
    stored: list[ImportLine] = []
    for rows in plan.parts():
        with unit_of_work(runtime, OPERATOR) as work:
            stored += imports.store_import(work, plan, rows, accepted=accepted)
    return imports.in_order(stored, plan.settled)


def _write_import_report(path: Path, lines: Sequence[ImportLine]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("line", "outcome", "reference", "message"))
        writer.writerows((line.line, line.outcome.value, line.reference, line.message) for line in lines)


@commands.group()
def submission() -> None:
    """The yearly submission to ODIHR."""


@submission.command("build")
@click.argument("year", type=click.IntRange(1990, 2100))
@click.option("--output", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the files.")
@_plainly
def submission_build(year: int, output: Path) -> None:
    """Write the submission of data year YEAR."""
    runtime = _runtime()
    with reading(runtime, OPERATOR) as work:
        manifest = submissions.build_submission(work, year, output)
    counts = manifest["counts"]
    with unit_of_work(runtime, OPERATOR) as work:
        submissions.note_build(work, year, counts)
    click.echo(
        f"{counts['incidents']} incidents of {year}: {counts['descriptive']} descriptive, "
        f"{counts['statistical']} statistical. Written to {output}."
    )


@commands.group()
def report() -> None:
    """The PDF report."""


@report.command("build")
@click.argument("year", type=click.IntRange(1990, 2100))
@click.option("--language", required=True, help="One of the coalition's languages.")
@click.option("--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The PDF file.")
@_plainly
def report_build(year: int, language: str, output: Path) -> None:
    """Write the report on data year YEAR as PDF."""
    runtime = _runtime()
    with reading(runtime, OPERATOR) as work:
        incidents = reports.build_report(work, year, language, output)
    with unit_of_work(runtime, OPERATOR) as work:
        reports.note_build(work, year, language)
    click.echo(f"Report on {incidents} incidents of {year} written to {output}.")


@commands.group()
def summary() -> None:
    """The public summary."""


@summary.command("publish")
@click.argument("year", type=click.IntRange(1990, 2100))
@_plainly
def summary_publish(year: int) -> None:
    """Publish the summary of data year YEAR as it stands now."""
    runtime = _runtime()
    with reading(runtime, OPERATOR) as work:
        counted = summaries.preview_summary(work, year)
    with unit_of_work(runtime, OPERATOR) as work:
        published = summaries.publish_summary(work, year, counted)
    click.echo(f"Published {year}: {published.incidents} incidents.")


def _ready() -> tuple[Config, Runtime]:
    runtime = _runtime()
    if not tables.is_current(runtime.engine):
        raise ConfigurationError("the database is not up to date; run: coalition db upgrade")
    with reading(runtime, OPERATOR) as work:
        check_languages(settings.read(work).languages)
    return runtime.config, runtime


@commands.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Server processes.")
@_plainly
def serve(host: str, port: int, workers: int) -> None:
    """Serve the site. One process does everything; more than one run background jobs in a process of their own."""
    config, runtime = _ready()
    socket.getaddrinfo(host, port)
    if workers == 1:
        _serve_embedded(config, runtime, host, port)
    else:
        _serve_many(host, port, workers)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _serve_embedded(config: Config, runtime: Runtime, host: str, port: int) -> None:
    # Imported here so that every other command starts without a web server and the pages.
    from waitress import create_server  # noqa: PLC0415

    from coalition.app import create_app  # noqa: PLC0415

    application = create_app(config, runtime)
    server = create_server(
        application,
        host=host,
        port=port,
        threads=8,
        ident=None,
        # The application itself decides how many proxies it believes; without any, their headers go no further.
        clear_untrusted_proxy_headers=not config.proxies,
    )
    signal.signal(signal.SIGTERM, _stop)
    worker = Worker(runtime)
    worker.start()
    click.echo(f"Serving on http://{host}:{port}")
    try:
        server.run()
    finally:
        worker.stop()


def _serve_many(host: str, port: int, workers: int) -> None:
    # The port is taken here, before anything runs: that it is busy is one line, not Gunicorn's five attempts.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=_BACKLOG) as listener:
        gunicorn = (
            "gunicorn",
            f"--bind=fd://{listener.fileno()}",
            f"--workers={workers}",
            "--threads=4",
            "--worker-class=gthread",
            "--no-control-socket",
            "coalition.wsgi:application",
        )
        _run_together(
            {
                "web server": _Module(gunicorn, files=(listener.fileno(),)),
                "worker": _Module(("coalition", "worker")),
            }
        )


@dataclass(frozen=True)
class _Module:
    """A Python module to run as a process, and the open files it inherits."""

    words: tuple[str, ...]
    files: tuple[int, ...] = ()

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", *self.words]
        return subprocess.Popen(command, pass_fds=self.files)  # noqa: S603 - our own command


def _run_together(modules: Mapping[str, _Module]) -> None:
    """Run modules until one ends or we are told to stop; then stop them all and wait for them.

    Raises ClickException when one ended badly that nobody had told to stop.
    """
    processes: dict[str, subprocess.Popen[bytes]] = {}
    told: list[int] = []

    def forward(number: int, _frame: FrameType | None) -> None:
        told.append(number)
        for process in processes.values():
            process.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, forward)
    try:
        for name, module in modules.items():
            processes[name] = module.start()
        failed = _first_to_fail(processes, told)
    finally:
        _end(processes.values())
    if failed:
        raise click.ClickException(f"the {failed} stopped with status {processes[failed].returncode}")


def _first_to_fail(processes: Mapping[str, subprocess.Popen[bytes]], told: Sequence[int]) -> str | None:
    """Wait until a process ends or we are told to stop; returns the name of one that ended badly by itself."""
    while not told and all(process.poll() is None for process in processes.values()):
        time.sleep(_LOOK_EVERY)
    return None if told else next((name for name, process in processes.items() if process.poll()), None)


def _end(processes: Collection[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait()


@commands.command()
@_plainly
def worker() -> None:
    """Run background jobs until told to stop."""
    _, runtime = _ready()
    Worker(runtime).run_forever()
