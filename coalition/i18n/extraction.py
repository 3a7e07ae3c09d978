"""Put the code book and the region names into the message catalogues: an extraction method for Babel."""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from typing import IO, Any

Message = tuple[int, str, tuple[str, str], list[str]]
TEXTS = ("label", "meaning", "hint", "example", "not_here")
"""The fields of an entry that people read."""


def extract_toml(
    fileobj: IO[bytes],
    keywords: Collection[str],  # noqa: ARG001 - Babel passes these three by name
    comment_tags: Collection[str],  # noqa: ARG001
    options: Mapping[str, Any],  # noqa: ARG001
) -> Iterator[Message]:
    """Yield every label and help text of a code book file, with the list's name as context.

    The help on whole lists stands in the table `help`, and so has that as its context.

    A file may name the tables that are worth translating under `translated`; the others are shown as they are.
    """
    data = tomllib.loads(fileobj.read().decode())
    translated = data.get("translated", list(data))
    for list_name, entries in data.items():
        if not isinstance(entries, dict) or list_name not in translated:
            continue
        for code, entry in entries.items():
            yield from _messages(list_name, code, entry)


def _messages(list_name: str, code: str, entry: str | Mapping[str, Any]) -> Iterator[Message]:
    if isinstance(entry, str):
        yield 0, "pgettext", ("regions", entry), [f"Region {code}"]
        return
    for key in TEXTS:
        if key in entry:
            yield 0, "pgettext", (list_name, entry[key]), []
