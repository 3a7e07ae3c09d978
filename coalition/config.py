"""Configuration: one frozen value, parsed from a mapping, refused when it is wrong.

The installation's secrets are not configuration: they are files of mode 0600 in the data folder, created once.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class ConfigurationError(Exception):
    """A setting cannot be used; the message names it."""


@dataclass(frozen=True)
class Config:
    """What the process is told from outside."""

    data: Path
    """The folder of the installation's state: database, files, secrets, queue."""
    database_url: str
    https: bool = False
    """Whether people reach the site over HTTPS: cookies are then marked Secure."""
    trusted_hosts: tuple[str, ...] = ()
    """Host names the site answers to; empty means any."""
    proxies: int = 0
    """How many reverse proxies in front may be believed about address and scheme."""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Config":
        """Read COALITION_* variables.

        Raises ConfigurationError for a value that cannot be used or a variable that does not exist.
        """
        unknown = [name for name in env if name.startswith("COALITION_") and name not in VARIABLES]
        if unknown:
            raise ConfigurationError(f"unknown setting {', '.join(sorted(unknown))}")
        data = Path(env.get("COALITION_DATA") or "var").absolute()
        return cls(
            data=data,
            database_url=_database_url(env.get("COALITION_DATABASE_URL") or f"sqlite:///{data / 'coalition.sqlite3'}"),
            https=_flag(env, "COALITION_HTTPS"),
            trusted_hosts=tuple((env.get("COALITION_TRUSTED_HOSTS") or "").split()),
            proxies=_count(env, "COALITION_PROXIES"),
        )

    @property
    def files(self) -> Path:
        """The folder of what background jobs made."""
        return self.data / "files"

    @property
    def queue(self) -> Path:
        """The file of the embedded job queue."""
        return self.data / "queue.sqlite3"

    @property
    def session_key_file(self) -> Path:
        """The file of the key that signs session cookies."""
        return self.data / "secrets" / "session.key"


VARIABLES: Mapping[str, str] = {
    "COALITION_DATA": "folder of the installation's state; default var/",
    "COALITION_DATABASE_URL": "database, default SQLite inside COALITION_DATA; postgresql://… for PostgreSQL",
    "COALITION_HTTPS": "1 when people reach the site over HTTPS",
    "COALITION_TRUSTED_HOSTS": "host names the site answers to, separated by spaces; default any",
    "COALITION_PROXIES": "number of reverse proxies in front; default 0",
    "COALITION_TESTS_REQUIRE": "read by the test-suite only: all = nothing may be skipped",
}
"""Every variable with its meaning; deploy/env.example documents the same."""


def _database_url(url: str) -> str:
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ConfigurationError("COALITION_DATABASE_URL must begin with sqlite:/// or postgresql://")
    return url


def _flag(env: Mapping[str, str], name: str) -> bool:
    text = (env.get(name) or "0").lower()
    if text not in {"0", "1", "true", "false", "yes", "no"}:
        raise ConfigurationError(f"{name} must be 0 or 1")
    return text in {"1", "true", "yes"}


def _count(env: Mapping[str, str], name: str) -> int:
    text = env.get(name) or "0"
    if not text.isdecimal():
        raise ConfigurationError(f"{name} must be a number")
    return int(text)


def create_secrets(config: Config) -> None:
    """Create the data folder and the installation's own secrets, readable by its user only; keep what exists."""
    config.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    config.session_key_file.parent.mkdir(exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(config.session_key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32))


def session_key(config: Config) -> str:
    """Return the key that signs session cookies.

    Raises ConfigurationError when the installation has none yet.
    """
    try:
        return config.session_key_file.read_text().strip()
    except FileNotFoundError:
        raise ConfigurationError(f"{config.data} holds no installation yet; run: coalition db upgrade") from None
