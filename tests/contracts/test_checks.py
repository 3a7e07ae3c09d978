"""What `make check` looks for is found when it is there."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLANTED = {
    "key.pem": "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n",  # pragma: allowlist secret - planted
    "token.py": "NAME = 'ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8'\n",  # pragma: allowlist secret - planted
    "tests/token.py": "NAME = 'ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8'\n",  # pragma: allowlist secret - planted
    "random.py": "KEY = 'c3VwZXJzZWNyZXRrZXlmb3J0ZXN0aW5nMTIzNDU2Nzg5MA=='\n",
    "compose.yaml": "password: kept-here-in-clear-4711\n",
    "environment": "DATABASE=postgresql://user:kept-in-clear@db/coalition\n",  # pragma: allowlist secret - planted
}
SOUND = {
    "alphabet.py": "ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'\n",
    "tests/test_x.py": "PASSWORD = 'four plain words together'\n",
    "page.html": "<p>Enter your password</p>\n",
}


def run(*command: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False)


def looked_through(folder: Path, files: dict[str, str]) -> subprocess.CompletedProcess[str]:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)
    return run(str(ROOT / "deploy" / "checks" / "secrets_in_tree.py"), *files, folder=folder)


@pytest.mark.parametrize("name", PLANTED)
def test_a_secret_is_found_and_not_repeated(tmp_path: Path, name: str):
    done = looked_through(tmp_path, {name: PLANTED[name]})
    assert done.returncode == 1
    assert done.stdout.startswith(f"{name}:1: ")
    assert not any(word in done.stdout for word in ("ghp_", "c3Vw", "4711", "kept-in-clear", "MIIE"))


def test_what_is_no_secret_is_not_taken_for_one(tmp_path: Path):
    done = looked_through(tmp_path, SOUND)
    assert (done.returncode, done.stdout) == (0, "3 files looked through, 0 possible secrets\n")


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("B301", "import pickle\npickle.loads(b'')\n"),
        ("B307", "eval(input())\n"),
        ("B602", "import subprocess\nsubprocess.run('ls ' + input(), shell=True)\n"),
        ("B608", "def of(name, run):\n    run(\"SELECT * FROM incident WHERE name = '%s'\" % name)\n"),
        ("B324", "import hashlib\nhashlib.md5(b'x')\n"),
        ("B501", "import requests\nrequests.get('https://example.org', verify=False)\n"),
    ],
)
def test_dangerous_code_is_found(tmp_path: Path, rule: str, code: str):
    file = tmp_path / "planted.py"
    file.write_text(code)
    done = run("-m", "bandit", "--quiet", "--configfile", "pyproject.toml", str(file))
    assert done.returncode == 1
    assert rule in done.stdout
