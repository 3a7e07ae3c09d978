"""Look for keys, tokens and passwords in every file that is, or would be, committed. Exits with 1 when one is found.

What is looked for with which rules:

* tokens and keys that are known by their form, such as private keys and the tokens of services, in every file, the
  tests included;
* text too random to be words, in every file but the tests, whose addresses, digests and codes are invented;
* words such as `password = …`, in every file but Python's: there ruff (S105 to S107) looks for them, line by line.

A constant of more than twenty characters in which none is repeated is an alphabet and no secret. There is no list of
known findings: one that is none is said so beside it, with `pragma: allowlist secret` and the reason. Nothing is asked
of the network.
"""

import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from detect_secrets.core.scan import scan_file
from detect_secrets.settings import default_settings

_RANDOM = ("Base64HighEntropyString", "HexHighEntropyString")
_WORDS = ("KeywordDetector",)
_FEW = 20
_LEFT_OUT = {
    "common_passwords.txt": "a published list of passwords, so that nobody chooses one of them",
    "requirements.txt": "digests of packages",
    "requirements-dev.txt": "digests of packages",
    "messages.pot": "extracted from files that are looked through themselves",
}


def files() -> list[Path]:
    """Return every file that git knows, or would take up."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, check=True, capture_output=True).stdout.decode().split("\0")
    return sorted(path for name in set(listed) if name and (path := Path(name)).is_file() and not path.is_symlink())


def rules_left_out(path: Path) -> tuple[str, ...]:
    """Return the rules that are not for this file."""
    if path.parts[0] == "tests":
        return (*_RANDOM, *_WORDS)
    return _WORDS if path.suffix == ".py" else ()


def findings(paths: Iterable[Path]) -> list[str]:
    """Return a line for each finding, without the secret."""
    groups: dict[tuple[str, ...], list[Path]] = defaultdict(list)
    for path in paths:
        if path.name not in _LEFT_OUT:
            groups[rules_left_out(path)].append(path)
    lines = []
    for left_out, group in groups.items():
        with default_settings() as rules:
            rules.disable_plugins(*left_out)
            # Whether a token is still good is asked of the service it belongs to: not here.
            rules.disable_filters("detect_secrets.filters.common.is_ignored_due_to_verification_policies")
            lines += [
                f"{path}:{found.line_number}: {found.type}"
                for path in group
                for found in scan_file(str(path))
                if not _is_alphabet(found.secret_value or "")
            ]
    return sorted(lines)


def _is_alphabet(text: str) -> bool:
    return len(text) > _FEW and len(set(text)) == len(text)


def main() -> None:
    """Look at the files named, else at all."""
    paths = [Path(name) for name in sys.argv[1:]] or files()
    found = findings(paths)
    for line in found:
        print(line)
    print(f"{len(paths)} files looked through, {len(found)} possible secrets")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
