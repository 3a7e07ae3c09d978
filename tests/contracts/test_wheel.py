"""The wheel: everything that an installation reads is in it, nothing else is, and it runs where no checkout is."""

import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from coalition import __version__
from coalition.config import Config, create_secrets

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("coalition", "templates", "translations")
SINGLE = ("pyproject.toml", "README.md", "LICENSE", ".gitignore", "deploy/build_hook.py")
LEFTOVERS = (
    "templates/pages/.home.html.swp",
    "templates/pages/home.html.orig",
    "templates/notes.md",
    "translations/bg/LC_MESSAGES/messages.mo",
    "translations/messages.pot",
    "coalition/__pycache__/leftover.cpython-311.pyc",
    "coalition/leftover.swp",
)
"""What editors and tools leave behind in a checkout."""

TRY = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from coalition import paths
from coalition.app import create_app
from coalition.config import Config
from coalition.db import migrating
from coalition.demo import generate
from coalition.documents.annual_report import annual_report
from coalition.i18n import available_languages
from coalition.services import summaries
from coalition.services.work import OPERATOR, make_runtime, unit_of_work

unpacked = Path(sys.argv[1]).resolve()
for place in (paths.TEMPLATES, paths.TRANSLATIONS, paths.STATIC, paths.MIGRATIONS):
    assert unpacked in place.parents, place
config = Config.from_env({"COALITION_DATA": sys.argv[2]})
runtime = make_runtime(config)
migrating.upgrade(runtime.engine)
assert len(list(generate(5, 1, 2025).incidents)) == 5
with unit_of_work(runtime, OPERATOR) as work:
    summary = summaries.publish_summary(work, 2025)
assert annual_report(summary, "bg").startswith(b"%PDF-")
client = create_app(config, runtime).test_client()
print(*available_languages())
for path in ("/en/method", "/bg/method", "/bg/figures/2025"):
    response = client.get(path)
    assert response.status_code == 200, path
    print(response.get_data(as_text=True).split("<h1", 1)[1].split(">", 1)[1].split("</h1>")[0].strip())
for asset in ("/static/css/base.css", "/static/icons.svg", "/static/js/site.js"):
    assert client.get(asset).status_code == 200, asset
"""


def files_in(folder: str, *suffixes: str) -> set[str]:
    """Return a checkout's files as they are called in it."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and (not suffixes or path.suffix in suffixes)
        and path.suffix not in {".swp", ".orig", ".pyc"}
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the checkout in which somebody has been working."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in SOURCES:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in SINGLE:
        (copy / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    for name in LEFTOVERS:
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_bytes(b"left behind")
    result = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel"],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    (made,) = (copy / "dist").glob("*.whl")
    assert not list((copy / "templates").rglob("*.mo"))
    return made


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_wheel_holds_exactly_what_an_installation_reads(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    package = files_in("coalition")
    templates = {f"coalition/{name}" for name in files_in("templates", ".html", ".css", ".svg", ".txt", ".xml")}
    catalogues = {f"coalition/{name.removesuffix('.po')}.mo" for name in files_in("translations", ".po")}
    assert held == package | templates | catalogues
    assert "coalition/translations/bg/LC_MESSAGES/messages.mo" in held
    for kind in ("domain/data/codebook.toml", "demo/data/coalition.toml", "migrations/HEAD", "static/icons.svg"):
        assert f"coalition/{kind}" in held
    assert not [name for name in held if name.endswith((".po", ".pot", ".swp", ".pyc"))]


def test_the_catalogues_are_compiled_from_their_sources(unpacked: Path):
    for file in unpacked.rglob("*.mo"):
        assert file.read_bytes()[:4] in {b"\xde\x12\x04\x95", b"\x95\x04\x12\xde"}


def test_the_wheel_says_what_it_is(wheel: Path):
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        about = Parser().parsestr(archive.read(name).decode())
        points = archive.read(name.replace("METADATA", "entry_points.txt")).decode()
        assert name.replace("METADATA", "licenses/LICENSE") in archive.namelist()
    assert (about["Name"], about["Version"]) == ("coalition", __version__)
    assert about["License-Expression"] == "AGPL-3.0-or-later"
    assert "coalition = coalition.cli:main" in points


def test_the_application_runs_from_the_wheel_alone(unpacked: Path, tmp_path: Path):
    config = Config.from_env({"COALITION_DATA": str(tmp_path / "data")})
    create_secrets(config)
    result = subprocess.run(
        [sys.executable, "-I", "-c", TRY, str(unpacked), str(config.data)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    languages, english, bulgarian, figures = result.stdout.splitlines()
    assert languages.split()[:1] == ["en"]
    assert "bg" in languages.split()
    assert english.isascii()
    assert not bulgarian.isascii()
    assert not figures.isascii()
