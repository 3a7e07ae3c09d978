"""A name in several languages."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Name:
    """What something is called: one main name, and others by language code."""

    main: str
    others: Mapping[str, str] = field(default_factory=dict)

    def in_language(self, code: str) -> str:
        """Return the name in a language, else the main name."""
        return self.others.get(code) or self.main
