"""Which pages axe has looked at in this run: each is looked at once, whichever journey meets it first."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

REFERENCE = re.compile("[0-9A-Z]{5}-[0-9A-Z]{5}")


@dataclass
class Seen:
    """The pages that axe has looked at and found nothing wrong with, in any journey of this run."""

    folder: Path | None = None
    """Where the processes of the run tell each other: one empty file for each page."""

    def place_of(self, width: int, skeleton: str) -> Path:
        """Return the file of a page: the width of the window, and the page without its words and references."""
        assert self.folder is not None
        whole = f"{width} {REFERENCE.sub('…', skeleton)}"
        return self.folder / hashlib.sha256(whole.encode()).hexdigest()


SEEN = Seen()
