"""Configuration: one frozen value, parsed from a mapping, refused when it is wrong.

The installation's secrets are not configuration: they are files of mode 0600 in the data folder, created once.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from coalition.collector import collector_at
from coalition.encryption import HeldKeys, KeyFile, KeyService, MasterKeys, create_secret, parse_keys, write_secret
from coalition.mailer import check_sender, mailer_at
from coalition.scanner import scanner_at


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
    master_key: str = field(default="", repr=False)
    """Master keys given by the environment, the current one first; empty means the file in the data folder."""
    key_command: str = ""
    """A command that wraps and unwraps keys, in front of a key service; empty means none."""
    log_collector: str = ""
    """Where a copy of the log is sent: tls://HOST:PORT; empty means nowhere."""
    virus_scanner: str = ""
    """The scanner that is asked about every file kept as evidence: unix:/PATH; empty means none."""

    mail: str = ""
    """The server that takes e-mail: smtp://HOST:PORT, where TLS begins with STARTTLS, or smtps://; empty means none."""
    mail_sender: str = ""
    """The address that e-mail comes from."""
    mail_password_file: str = ""
    """The file of the password that the mail server asks for; empty means that it asks for none."""
    address: str = ""
    """Where people reach the site, for the link in an e-mail: https://HOST; empty leaves the link out."""

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Config":
        """Read COALITION_* variables.

        Raises ConfigurationError for a value that cannot be used or a variable that does not exist.
        """
        unknown = [name for name in env if name.startswith("COALITION_") and name not in VARIABLES]
        if unknown:
            raise ConfigurationError(f"unknown setting {', '.join(sorted(unknown))}")
        data = Path(env.get("COALITION_DATA") or "var").absolute()
        if env.get("COALITION_MAIL") and not env.get("COALITION_MAIL_SENDER"):
            raise ConfigurationError("COALITION_MAIL needs COALITION_MAIL_SENDER: the address that e-mail comes from")
        return cls(
            data=data,
            database_url=_database_url(env.get("COALITION_DATABASE_URL") or f"sqlite:///{data / 'coalition.sqlite3'}"),
            https=_flag(env, "COALITION_HTTPS"),
            trusted_hosts=tuple((env.get("COALITION_TRUSTED_HOSTS") or "").split()),
            proxies=_count(env, "COALITION_PROXIES"),
            master_key=_read_by(parse_keys, "COALITION_MASTER_KEY", env.get("COALITION_MASTER_KEY") or ""),
            key_command=env.get("COALITION_KEY_COMMAND") or "",
            log_collector=_read_by(collector_at, "COALITION_LOG_COLLECTOR", env.get("COALITION_LOG_COLLECTOR") or ""),
            virus_scanner=_read_by(scanner_at, "COALITION_VIRUS_SCANNER", env.get("COALITION_VIRUS_SCANNER") or ""),
            mail=_read_by(mailer_at, "COALITION_MAIL", env.get("COALITION_MAIL") or ""),
            mail_sender=_read_by(check_sender, "COALITION_MAIL_SENDER", env.get("COALITION_MAIL_SENDER") or ""),
            mail_password_file=env.get("COALITION_MAIL_PASSWORD_FILE") or "",
            address=_read_by(_check_address, "COALITION_ADDRESS", env.get("COALITION_ADDRESS") or "").rstrip("/"),
        )

    @property
    def files(self) -> Path:
        """The folder of what background jobs made."""
        return self.data / "files"

    @property
    def evidence(self) -> Path:
        """The folder of the files kept as evidence, sealed."""
        return self.data / "evidence"

    @property
    def queue(self) -> Path:
        """The file of the embedded job queue."""
        return self.data / "queue.sqlite3"

    @property
    def text_index(self) -> Path:
        """The file of the text index: a cache, made anew from the records when it is gone."""
        return self.data / "text-index.db"

    @property
    def keys(self) -> Path:
        """The database of the wrapped keys. It is mirrored, never archived with the data."""
        return self.data / "secrets" / "keys.sqlite3"

    @property
    def master_key_file(self) -> Path:
        """The file of the master key, unless the environment or a key service has it."""
        return self.data / "secrets" / "master.key"

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
    "COALITION_MASTER_KEY": "master key in base64, instead of the file secrets/master.key; several: the current first",
    "COALITION_KEY_COMMAND": "command in front of a key service that wraps and unwraps keys, instead of a master key",
    "COALITION_LOG_COLLECTOR": "collector that gets a copy of the log: tls://HOST:PORT, with ?ca=FILE if need be",
    "COALITION_VIRUS_SCANNER": "socket of ClamAV's clamd, which is asked about every file: unix:/PATH",
    "COALITION_MAIL": "server that takes e-mail: smtp://HOST:587 (STARTTLS) or smtps://HOST:465; default none",
    "COALITION_MAIL_SENDER": "address that e-mail comes from; needed with COALITION_MAIL",
    "COALITION_MAIL_PASSWORD_FILE": "file of the password for the mail server, readable by the site's user only",
    "COALITION_ADDRESS": "where people reach the site, https://HOST: the link in an e-mail; default no link",
    "COALITION_TESTS_REQUIRE": "read by the test-suite only: all = nothing may be skipped",
}
"""Every variable with its meaning; deploy/env.example documents the same."""


def _database_url(url: str) -> str:
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            url = "postgresql+psycopg://" + url.removeprefix(prefix)
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ConfigurationError("COALITION_DATABASE_URL must begin with sqlite:/// or postgresql://")
    if not _stays_here(url):
        raise ConfigurationError("COALITION_DATABASE_URL names another machine: add ?sslmode=verify-full")
    return url


def _stays_here(url: str) -> bool:
    """Tell whether nobody on the network can read along: a file, a socket, this machine, or TLS with a checked name."""
    parts = urlsplit(url)
    options = parse_qs(parts.query)
    hosts = {parts.hostname or "", *options.get("host", ())} - {""}
    here = all(host.startswith("/") or host in {"localhost", "127.0.0.1", "::1"} for host in hosts)
    return here or options.get("sslmode") == ["verify-full"]


def _check_address(address: str) -> None:
    """Raise ValueError for what is no address of a site: a link in an e-mail leads there."""
    parts = urlsplit(address)
    here = parts.hostname in {"localhost", "127.0.0.1"}
    whole = parts.hostname and not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    if not whole or parts.scheme != ("http" if here and parts.scheme == "http" else "https"):
        raise ValueError("the address of the site is https://HOST, without a path")


def _read_by(reader: Callable[[str], object], name: str, text: str) -> str:
    """Return a setting as it is, once what reads it later can read it; an empty one is not read."""
    try:
        if text:
            reader(text)
    except ValueError as error:
        raise ConfigurationError(f"{name}: {error}") from None
    return text


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
    if not (config.master_key or config.key_command):
        KeyFile(config.master_key_file).create()
    create_secret(config.session_key_file, f"{secrets.token_hex(32)}\n")


def session_keys(config: Config) -> tuple[str, ...]:
    """Return the keys that signed cookies are good with, the one that signs them first.

    Raises ConfigurationError when the installation has none yet.
    """
    try:
        return tuple(config.session_key_file.read_text().split())
    except FileNotFoundError:
        raise ConfigurationError(f"{config.data} holds no installation yet; run: coalition db upgrade") from None


def renew_session_key(config: Config) -> None:
    """Sign cookies with a new key from the next start on; the last one is good until it is renewed again."""
    last, *_ = session_keys(config)
    write_secret(config.session_key_file, f"{secrets.token_hex(32)}\n{last}\n")


def master_keys(config: Config) -> MasterKeys:
    """Return whatever wraps the members' keys in this installation."""
    if config.key_command:
        return KeyService(config.key_command)
    return HeldKeys(parse_keys(config.master_key)) if config.master_key else KeyFile(config.master_key_file)
