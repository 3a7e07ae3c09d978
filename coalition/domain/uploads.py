"""A member's spreadsheet on its way in: its stages, and how long it is kept."""

from datetime import timedelta
from enum import StrEnum
from typing import Final


class Stage(StrEnum):
    """Where an upload stands."""

    READING = "reading"
    """A job looks at it."""
    REFUSED = "refused"
    """It cannot be read."""
    MAPPING = "mapping"
    """A person says what its columns hold."""
    CHECKING = "checking"
    """A job compares it with what is recorded."""
    CHECKED = "checked"
    """A person looks at what would be recorded."""
    STORING = "storing"
    """A job records it."""
    DONE = "done"


class Act(StrEnum):
    """What a job does with an upload."""

    READ = "read"
    CHECK = "check"
    STORE = "store"


STAGE_OF: Final = {Act.READ: Stage.READING, Act.CHECK: Stage.CHECKING, Act.STORE: Stage.STORING}
BEFORE: Final = {
    Act.READ: frozenset({Stage.READING, Stage.MAPPING, Stage.CHECKED, Stage.REFUSED}),
    Act.CHECK: frozenset({Stage.MAPPING, Stage.CHECKED}),
    Act.STORE: frozenset({Stage.CHECKED}),
}
"""From which stages an act can be asked for."""
KEPT: Final = timedelta(hours=24)
"""How long a file, or the list of its bad rows, is kept after somebody last did something with it."""
