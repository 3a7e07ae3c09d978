"""The walls: layers by import-linter, one commit, one clock, no environment and no HTML where they do not belong."""

import ast
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from coalition.db import incidents as storage
from coalition.domain.disclosure import FIELD_CLASSES
from coalition.domain.incidents import Facts

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "coalition").rglob("*.py"))
CODE = [module for module in MODULES if "migrations" not in module.parts]


def name_of(module: Path) -> str:
    return module.relative_to(ROOT).as_posix()


def calls(module: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of everything that a module calls or reads by attribute."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            yield node.lineno, ast.unparse(node)


def users_of(*endings: str) -> set[str]:
    """Return the modules that use an attribute ending so."""
    return {
        name_of(module)
        for module in CODE
        for _, dotted in calls(module)
        if any(f".{dotted}".endswith(f".{ending}") for ending in endings)
    }


def test_the_layers_hold():
    command = Path(sysconfig.get_path("scripts")) / "lint-imports"
    result = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout


def test_a_module_in_no_layer_and_an_import_that_points_upward_are_noticed(tmp_path: Path):
    # The contracts are only as good as their configuration: break them on a copy and see.
    for package in ("coalition",):
        for module in MODULES:
            target = tmp_path / module.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(module.read_bytes())
        assert (tmp_path / package).is_dir()
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    with (tmp_path / "coalition" / "domain" / "reviews.py").open("a") as rules:
        rules.write("\nfrom coalition.services import work\nimport flask\n")
    (tmp_path / "coalition" / "helpers.py").write_text('"""An attic."""\n')
    program = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports; sys.exit(lint_imports())"
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert result.returncode != 0
    for broken in ("coalition.helpers", "coalition.domain.reviews", "flask"):
        assert broken in result.stdout + result.stderr


def test_there_is_one_commit():
    # The keys are a database of their own: kept before the data are, destroyed after.
    assert users_of("commit") == {"coalition/services/work.py", "coalition/db/migrating.py", "coalition/db/keys.py"}


def test_there_is_one_clock():
    assert users_of("datetime.now", "datetime.today", "datetime.utcnow", "date.today", "time.time") == {
        "coalition/services/work.py"
    }


def test_the_environment_is_read_where_a_process_starts():
    assert users_of("os.environ", "os.getenv") == {"coalition/cli/opening.py", "coalition/wsgi.py"}


def test_only_the_engine_the_text_index_and_a_submission_being_built_name_a_database():
    # The last two are files of their own beside the database, whichever that is; the second is gone with the build.
    assert users_of("sqlite3.connect", "psycopg.connect") == {
        "coalition/db/engine.py",
        "coalition/db/text_index.py",
        "coalition/documents/submissions.py",
    }
    made = {name_of(module) for module in CODE if "create_engine(" in module.read_text(encoding="utf-8")}
    assert made == {"coalition/db/engine.py"}


def test_every_module_says_what_it_is_for():
    silent = [name_of(module) for module in CODE if not ast.get_docstring(ast.parse(module.read_text("utf-8")))]
    assert silent == []


def test_every_layer_has_a_contract_and_every_contract_has_a_name():
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layered = {name.strip() for layer in tool["contracts"][0]["layers"] for name in layer.split("|")}
    packages = {path.stem for path in (ROOT / "coalition").iterdir() if path.suffix == ".py" or path.is_dir()}
    ours = packages - {"__init__", "__pycache__", "static", "migrations"}
    assert ours == layered
    assert tool["contracts"][0]["exhaustive"] is True


def test_every_fact_is_classified_and_stored():
    names = set(Facts.__dataclass_fields__)
    assert {name for name in FIELD_CLASSES if "." not in name} == names
    columns = {column.key for column in storage.Incident.__table__.columns}
    parts = {part.key for part in storage.PARTS}
    kept_as_parts = names & {*parts, "descriptions", "consents"}
    assert names - columns - kept_as_parts == {"date"}


@pytest.mark.parametrize("word", ["to" + "do", "fix" + "me", "xx" + "x"])
def test_nothing_is_put_off_in_a_comment(word: str):
    folders = ("coalition", "templates", "tests", "deploy")
    files = [
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".html", ".css", ".js", ".sh", ".toml"} and "vendor" not in path.parts
    ]
    assert len(files) > 100
    found = [name_of(path) for path in files if word in _words(path)]
    assert found == []


def _words(path: Path) -> set[str]:
    return {word.strip(":()#*/.,").lower() for word in path.read_text(encoding="utf-8").split()}
