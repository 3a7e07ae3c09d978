"""The file of a profile, written from what it says: TOML in one form, so that two texts can be compared line by line.

Comments are no part of what a file says: whoever wants to keep theirs changes the file itself.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_TOP = (
    "body",
    "name",
    "version",
    "from_year",
    "until_year",
    "language",
    "purpose",
    "statistics_only",
    "date",
    "motivations_joiner",
    "sources_joiner",
    "deadline_month",
    "deadline_day",
    "recipient",
)
_BARE = re.compile("[A-Za-z0-9_-]+")
"""A key that needs no quotation marks."""


def profile_text(data: Mapping[str, Any]) -> str:
    """Write what the file of a profile says, as `coalition.domain.profile_checks.checked` returns it."""
    return "\n".join(_lines(data)) + "\n"


def _lines(data: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{key} = {_value(data[key])}" for key in _TOP if key in data)
    for name, words in data.get("labels", {}).items():
        if words:
            yield from ("", f"[labels.{_key(name)}]")
            yield from (f"{_key(code)} = {_value(text)}" for code, text in words.items())
    yield from ("", "[texts]")
    yield from (f"{key} = {_value(text)}" for key, text in data.get("texts", {}).items())
    for name in ("export", "columns"):
        for column in data.get(name, ()):
            yield from ("", f"[[{name}]]")
            yield from (f"{key} = {_value(value)}" for key, value in column.items())


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quoted(name)


def _value(value: object) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, Sequence):
        return "[" + ", ".join(_value(inner) for inner in value) + "]"
    return str(value)


def _text(value: str) -> str:
    if "\n" not in value:
        return _quoted(value)
    # The line break after the quotation marks is not part of the text.
    return '"""\n' + "\n".join(_quoted(line)[1:-1] for line in value.split("\n")) + '"""'


def _quoted(line: str) -> str:
    # TOML takes JSON's escapes, but not this one character as it is.
    return json.dumps(line, ensure_ascii=False).replace("\x7f", "\\u007f")
