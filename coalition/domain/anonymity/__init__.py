"""Whether a public description tells who was concerned: what may give a person away is found, and a person decides.

A description that leaves the coalition names no person, no day and no town, as those that ODIHR publishes (GDPR
Art. 5(1)(c), recital 26). Names, places, days, exact ages, telephone numbers, addresses, accounts, links, numbers and
plates are flagged in Latin, Cyrillic and Greek. What ODIHR's pattern needs is not: the month, the country, age bands,
groups, how many people there were. Nothing is changed: each flagged span is taken out by a person, or cleared with a
reason.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from coalition.domain.anonymity.names import Reader
from coalition.domain.anonymity.own import Own, own_of, own_spans
from coalition.domain.anonymity.patterns import Kind, Span, spans_by_form
from coalition.domain.anonymity.text import plain, same
from coalition.domain.anonymity.words import languages_of, words_for
from coalition.domain.incidents import Clearance, Facts

__all__ = [
    "Flag",
    "Judged",
    "Kind",
    "Own",
    "cleared",
    "flagged",
    "flags_of",
    "flags_of_record",
    "open_flags",
    "own_of",
    "same",
    "still_needed",
]

_AT_ONCE = 2000
"""Characters that are read together: some patterns take a time that grows with the square of the length."""


@dataclass(frozen=True)
class Flag:
    """A span of a text that may give a person away: from character `start` up to and without `end`."""

    kind: Kind
    start: int
    end: int
    text: str

    @property
    def key(self) -> str:
        """What two flags have in common that are cleared together: letters, not case or spelling tricks."""
        return same(self.text)


def flagged(text: str, language: str, known: tuple[Own, ...] = ()) -> tuple[Flag, ...]:
    """Return what in a text may give a person away, in the order of the text and without overlaps.

    `language` is the code of the text's language; of a language without lists the forms and capitals still count.
    `known` is what the record itself keeps back (`own_of`): it is flagged whatever the lists say.
    """
    return tuple(
        Flag(span.kind, start + span.start, start + span.end, piece[span.start : span.end])
        for start, piece in _in_pieces(text)
        for span in _found(piece, language, known)
    )


def _found(text: str, language: str, known: tuple[Own, ...]) -> Iterator[Span]:
    seen = plain(text)
    words = words_for(languages_of(seen.text, language))
    found = [*own_spans(seen.text, words, known), *spans_by_form(seen.text, words), *Reader(seen.text, words).spans()]
    for span in _apart(found):
        yield Span(span.kind, *seen.original(span.start, span.end))


def _in_pieces(text: str) -> Iterator[tuple[int, str]]:
    """Yield a text in pieces that are read in a moment whatever they hold, cut where a sentence or a word ends."""
    start = 0
    while start < len(text):
        end = min(start + _AT_ONCE, len(text))
        if end < len(text):
            ends = (text.rfind(mark, start + 1, end) for mark in ("\n", ". ", " "))
            end = next((at + 1 for at in ends if at > 0), end)
        yield start, text[start:end]
        start = end


def _apart(spans: Iterable[Span]) -> list[Span]:
    """Keep of overlapping spans the first, made longer by the others, and put them into the order of the text."""
    kept: list[Span] = []
    for span in spans:
        over = [other for other in kept if other.start < span.end and span.start < other.end]
        if not over:
            kept.append(span)
            continue
        kept = [other for other in kept if other not in over]
        start = min(span.start, *(other.start for other in over))
        end = max(span.end, *(other.end for other in over))
        kept.append(Span(over[0].kind, start, end))
    return sorted(kept, key=lambda span: span.start)


def flags_of(facts: Facts) -> Mapping[str, tuple[Flag, ...]]:
    """Return the flags of every description of a record, by language."""
    known = own_of(facts)
    return {language: flagged(text, language, known) for language, text in facts.descriptions.items() if text}


def cleared(flag: Flag, language: str, clearances: Iterable[Clearance]) -> Clearance | None:
    """Return the clearance of a flag: that of the same words in the same language, with a reason; None without."""
    return next(
        (item for item in clearances if item.language == language and item.reason and same(item.text) == flag.key), None
    )


def open_flags(facts: Facts) -> tuple[tuple[str, Flag], ...]:
    """Return (language, flag) of all that may give a person away and that nobody has cleared.

    A record with any is not submitted: `coalition.domain.completeness` names it "descriptions: flagged".
    """
    return tuple(
        (language, flag)
        for language, flags in flags_of(facts).items()
        for flag in flags
        if cleared(flag, language, facts.clearances) is None
    )


@dataclass(frozen=True)
class Judged:
    """A flagged span, and why it is harmless; an empty reason means that nobody has said so."""

    language: str
    kind: Kind
    text: str
    reason: str


def flags_of_record(facts: Facts) -> tuple[Judged, ...]:
    """Return every flagged span of a record once, for the second person who reads what is to leave."""
    judged: dict[tuple[str, str], Judged] = {}
    for language, flags in flags_of(facts).items():
        for flag in flags:
            given = cleared(flag, language, facts.clearances)
            reason = given.reason if given else ""
            judged.setdefault((language, flag.key), Judged(language, flag.kind, flag.text, reason))
    return tuple(judged.values())


def still_needed(clearances: Sequence[Clearance], facts: Facts) -> tuple[Clearance, ...]:
    """Return the clearances whose span is still in its text; the others go, so that none waits for a later text."""
    present = {(language, flag.key) for language, flags in flags_of(facts).items() for flag in flags}
    kept = {(item.language, same(item.text)): item for item in clearances if item.reason}
    return tuple(item for place, item in kept.items() if place in present)
