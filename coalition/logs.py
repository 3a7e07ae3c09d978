"""What the log of the processes may say: that something failed, of which class and at which place; never what it was
about. A message of a library may hold an address, a cookie or what somebody typed (GDPR Art. 5(1)(f); ASVS 5.0 16.2.5).

Our own code logs without content. This module makes the libraries around it do the same.
"""

import logging
from typing import Final

_OF_LIBRARIES: Final = ("gunicorn.error", "waitress", "waitress.queue")
_OWN: Final = "coalition"
_NOT_HTTP: Final = "Invalid request"
"""How Gunicorn begins a line that quotes what it could not read, and from whom."""


def place_of(error: BaseException) -> str:
    """Return the class of an error and the file and line that raised it: enough to find it, and no content."""
    frames = error.__traceback__
    while frames and frames.tb_next:
        frames = frames.tb_next
    where = f"{frames.tb_frame.f_code.co_filename}:{frames.tb_lineno}" if frames else "-"
    return f"{type(error).__name__} at {where}"


class WithoutContent(logging.Filter):
    """Replaces what a record says by what it may say."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, its content left out."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            self._say(record, f"failure: {place_of(error)}")
        elif record.name in _OF_LIBRARIES and _quotes(record):
            self._say(record, "the web server refused or dropped a request")
        return True

    @staticmethod
    def _say(record: logging.LogRecord, text: str) -> None:
        record.msg, record.args = text, ()
        record.exc_info = record.exc_text = record.stack_info = None


def _quotes(record: logging.LogRecord) -> bool:
    """Tell whether a server's line may quote a request: Gunicorn warns of those it cannot read, Waitress quotes in its
    errors and in its notes about readers who left.
    """
    if record.name == "waitress":
        return record.levelno >= logging.ERROR or record.levelno <= logging.INFO
    return str(record.msg).startswith(_NOT_HTTP)


_FILTER: Final = WithoutContent()


def keep_content_out() -> None:
    """Hold the loggers of this process to the rule. Doing it twice changes nothing."""
    for name in (_OWN, *_OF_LIBRARIES):
        logging.getLogger(name).addFilter(_FILTER)
