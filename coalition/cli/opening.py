"""The installation that a command works on: configuration and runtime."""

import os

import click

from coalition.config import Config, ConfigurationError
from coalition.db import tables
from coalition.i18n import check_languages
from coalition.services import settings
from coalition.services.work import OPERATOR, Runtime, make_runtime, reading


def read_config() -> Config:
    """Return what the environment says."""
    return Config.from_env(os.environ)


def open_runtime() -> Runtime:
    """Return the runtime of the installation.

    Raises ConfigurationError when there is none yet.
    """
    config = read_config()
    if not config.session_key_file.exists():
        raise ConfigurationError(f"{config.data} holds no installation yet; run: coalition db upgrade")
    return open_with(config)


def open_with(config: Config) -> Runtime:
    """Return a runtime that is closed when the command ends."""
    runtime = make_runtime(config)
    click.get_current_context().call_on_close(runtime.dispose)
    return runtime


def ready() -> tuple[Config, Runtime]:
    """Return the configuration and runtime of an installation that can be served.

    Raises ConfigurationError for a database that is not up to date, UnusableLanguage.
    """
    runtime = open_runtime()
    if not tables.is_current(runtime.engine):
        raise ConfigurationError("the database is not up to date; run: coalition db upgrade")
    with reading(runtime, OPERATOR) as work:
        check_languages(settings.read(work).languages)
    return runtime.config, runtime
