"""Sentences as descriptions have them, in many languages: with what gives a person away, and without."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SENTENCES = tomllib.loads((Path(__file__).parent / "descriptions.toml").read_text(encoding="utf-8"))
HARMLESS: dict[str, list[str]] = SENTENCES["harmless"]


class Labelled(NamedTuple):
    """A text, its language, what in it has to be flagged, and what that is."""

    text: str
    language: str
    secret: str
    kind: str

    @property
    def span(self) -> tuple[int, int]:
        """Where the secret stands; its first letter may have become a capital."""
        start = self.text.casefold().index(self.secret.casefold())
        return start, start + len(self.secret)


def labelled() -> Iterator[Labelled]:
    """Yield every name and town in every sentence of its language, and every other secret in its own."""
    for kind, table in (("name", "people"), ("place", "towns")):
        for language, own in SENTENCES[table].items():
            for sentence in own["sentences"]:
                for secret in own["names"]:
                    yield Labelled(_sentence(sentence, secret), language, secret, kind)
    for own in SENTENCES["forms"]:
        for secret in own["secrets"]:
            yield Labelled(_sentence(own["sentence"], secret), own["language"], secret, own["kind"])


def _sentence(sentence: str, secret: str) -> str:
    text = sentence.format(secret)
    return text[0].upper() + text[1:]
