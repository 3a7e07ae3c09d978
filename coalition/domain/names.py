"""A name in several languages."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from coalition.domain.errors import UnusableName

LONGEST = 200
"""Characters; a longer name is a text that went astray."""


@dataclass(frozen=True)
class Name:
    """What something is called: one main name, and others by language code."""

    main: str
    others: Mapping[str, str] = field(default_factory=dict)

    def in_language(self, code: str) -> str:
        """Return the name in a language, else the main name."""
        return self.others.get(code) or self.main


def checked(text: str) -> str:
    """Return a name on one line, without outer or doubled spaces.

    Raises UnusableName when nothing is left, or more than a name holds.
    """
    name = " ".join(text.split())
    if not name or len(name) > LONGEST:
        raise UnusableName(name)
    return name
