"""What is kept of a form that could not be saved: everything that was typed but secrets, for one person and one day."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

LASTS: Final = timedelta(hours=24)
"""So long a form that could not be saved waits for its person (GDPR Art. 5(1)(e): no longer than its purpose needs)."""
MOST: Final = 40
"""So many forms are kept for one person; the oldest makes room for the newest."""
SECRET: Final = frozenset(
    {"csrf_token", "password", "present", "new", "again", "passkey", "recovery", "carried", "next", "once"}
)
"""Fields that are never kept: passphrases, codes, and what belongs to one showing of a form."""
_ONCE: Final = re.compile(r"[A-Za-z0-9_-]{20,64}")


def worth_keeping(fields: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the fields of a form that may be kept, in their order."""
    return tuple((name, value) for name, value in fields if name not in SECRET)


def expired_before(now: datetime) -> datetime:
    """Return the moment before which whatever was kept is to be gone."""
    return now - LASTS


def once_of(text: str) -> str:
    """Return the one-time name of a form as the server made it, empty for anything else."""
    return text if _ONCE.fullmatch(text) else ""
