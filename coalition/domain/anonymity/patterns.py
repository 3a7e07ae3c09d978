"""What shows its kind by its form: links, addresses, telephone and document numbers, dates, ages, plates."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from coalition.domain.anonymity.text import LETTER
from coalition.domain.anonymity.words import Words


class Kind(StrEnum):
    """What a flagged span may give away."""

    NAME = "name"
    """A person's name, or a word with a capital that is no known common one."""
    PLACE = "place"
    """A town, quarter, street or building."""
    DAY = "day"
    """A day, a date or an hour; the month is public."""
    AGE = "age"
    """An exact age; an age band is not."""
    PHONE = "phone"
    EMAIL = "email"
    ACCOUNT = "account"
    """The handle of an account."""
    LINK = "link"
    NUMBER = "number"
    """The number of a document, a case, a person or a bank account."""
    PLATE = "plate"
    """A vehicle's licence plate."""
    OWN = "own"
    """What the record itself keeps back: its place, its sources, its contact, its file numbers."""


@dataclass(frozen=True)
class Span:
    """A part of the plain text, from `start` up to and without `end`."""

    kind: Kind
    start: int
    end: int


_TLDS = (
    "com|net|org|info|biz|eu|edu|gov|int|io|app|me|tv|online|site|blog|news|cat|al|ad|am|at|az|by|be|ba|bg|ca|hr|cy|cz|"
    "dk|ee|fi|fr|ge|de|gr|va|hu|is|ie|it|kz|kg|lv|li|lt|lu|mt|md|mc|mn|nl|mk|no|pl|pt|ro|ru|sm|rs|sk|si|es|se|ch|tj|tr|"
    "tm|ua|gb|uk|us|uz|"
    "бг|рф|укр|срб|мкд|ею|бел|қаз|ευ|ελ|հայ|გე"
)
_ADDRESS = r"[^\s<>\"]*[^\s<>\".,;:!?)]"
_AT = r"(?:@|\s?[\[({]\s?(?:at|ет|маймунско а|при|собака)\s?[\])}]\s?)"
_DOT = r"(?:\.|\s?[\[({]\s?(?:dot|точка)\s?[\])}]\s?)"
_DIGITS = r"\d[\d ().\-/]{4,}\d"

_NUMBERED = r"(?=[\w/-]*\d)\w[\w/.-]*\b"

# In this order: what was found first keeps its span.
_FIXED = (
    (Kind.EMAIL, rf"[\w.+%-]+{_AT}[\w-]+(?:{_DOT}[\w-]+)+"),
    (Kind.LINK, rf"\b(?:(?:https?|ftp|hxxps?):/{{0,2}}|www\.){_ADDRESS}"),
    (Kind.LINK, rf"(?<![\w.@-])(?:[^\W_][\w-]*\.)+(?:{_TLDS})(?![\w-])(?:/[^\s<>\"]*)?"),
    (Kind.ACCOUNT, r"(?<![\w.])@\w[\w.]{1,}\w|(?<!\w)(?:u|r|fb|ig|tg)/\w{3,}"),
    (Kind.NUMBER, r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"),
    (Kind.DAY, r"(?<![\d.])(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2} ?[-./] ?\d{1,2} ?[-./] ?(?:\d{4}|\d{2}))(?!\d)"),
    (Kind.DAY, r"(?<![\d.:])(?:[01]?\d|2[0-3]):[0-5]\d(?!\d)(?: ?(?:h|ч|часа|am|pm|a\.m\.|p\.m\.|uhr))?"),
    (Kind.DAY, r"(?i:(?<![\w.])\d{1,2}(?:[.:]\d{2})? ?(?:a\.?m|p\.?m|o'clock|часа|uhr|ч\.)(?!\w))"),
    (Kind.DAY, r"(?i:\b(?:on|на|am|le|στις|dne|dana|la|в|il|el|den|gün)) [0-3]?\d[./](?:0[1-9]|1[0-2])\b(?![.,]?\d|%)"),
    (Kind.NUMBER, rf"(?i:№|#|\b(?:no|nr|num|αρ)\.|\b(?:number|номер|егн|n°)) ?{_NUMBERED}"),
    (Kind.PHONE, r"(?i:\b(?:tel|phone|mobile|gsm|тел|телефон|гсм|τηλ|τηλέφωνο)\.?:?) ?\+?\d[\d ().\-/]{3,}\d"),
    (Kind.PHONE, rf"(?<![\w.,/-])(?:(?:\+|\(\+)\d[\d ().\-/]{{5,}}\d|0{_DIGITS}|\(0\d+\){_DIGITS})(?!\w)"),
    (Kind.PLATE, r"\b[A-ZА-ЯΑ-Ω]{1,3}[ -]?\d{3,4}[ -]?[A-ZА-ЯΑ-Ω]{1,3}\b|\b[A-ZА-ЯΑ-Ω]{3}[ -]\d{3,4}\b"),
    (Kind.PLATE, r"\b\d{2} ?[A-Z]{1,3} ?\d{2,4}\b|\b[A-ZÄÖÜ]{1,3}-[A-Z]{1,2} ?\d{1,4}\b|\b[A-Z]{2}\d{2} ?[A-Z]{3}\b"),
    (Kind.NUMBER, r"\b[A-ZА-ЯΑ-Ω]{1,3}[ -]?\d{5,}\b|\b\d{1,6}/(?:19|20)\d{2}\b"),
    (Kind.PLACE, r"(?i:\b(?:бл\.|блок|вх\.|ап\.|ет\.|flat|apt\.?|apartment|буд\.|διαμ\.)) ?№? ?\d{1,4}\b"),
    (Kind.PLACE, r"(?<![\d.])-?\d{1,2}\.\d{4,}[°NSСЮ]*[ ,;]+-?\d{1,3}\.\d{4,}"),
)  # fmt: skip
_MANY_DIGITS = re.compile(r"(?<![\w.,])\d(?:[ .\-/]?\d){5,}(?![\w,])")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:[ .]\d{3})+|(?:19|20)\d{2} ?[-/] ?(?:19|20)?\d{2}")
_LONGEST_NUMBER = 15
"""Digits of the longest telephone number (ITU-T E.164)."""
_ORDINAL = r"(?:st|nd|rd|th|er|º|ª|\.|η|ης|-?(?:ви|ри|ти|ми|го|ого|е|и|та|ва))?"
_BETWEEN = r"(?:,? ?(?:of|de|di|del|d'|the|месец|το|του)? ?)"
_CASE = "(?:a|u|om|em|а|у|ом|ем|е|ja|ju)?"
"""Endings that a month takes in most Slavic languages."""
_NUMBER = (
    r"(?:\d{1,3}|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:-\w+)?|\w{1,9}teen|ten|eleven|twelve"
    r"|one|two|three|four|five|six|seven|eight|nine)"
)


@cache
def _fixed() -> tuple[tuple[Kind, re.Pattern[str]], ...]:
    return tuple((kind, re.compile(pattern)) for kind, pattern in _FIXED)


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) or r"(?!)"


def _with_capital(words: Iterable[str]) -> str:
    return _any_of(word[0].upper() + word[1:] for word in words if word)


@cache
def _spoken(words: Words) -> tuple[tuple[Kind, re.Pattern[str]], ...]:
    """Return the patterns that depend on a language."""
    # In English "may" and "march" are verbs: a month is one with a capital.
    long = f"(?:{_any_of(set(words.months) - {'may', 'march'})}|{_with_capital(words.months)}){_CASE}"
    short = f"(?:{_with_capital(words.short_months)})\\.?"
    month = f"(?:{_insensitive(long)}|{short})"
    relative = "|".join(words.relative).replace("MONTH", f"(?:{_any_of(words.months)})") or "(?!)"
    ages = "|".join(words.ages).replace("N", _NUMBER) or "(?!)"
    return tuple(
        (kind, re.compile(pattern))
        for kind, pattern in (
            (Kind.AGE, _insensitive(f"(?<![\\d\\w-])(?:{ages})")),
            (Kind.DAY, rf"(?<![\w.,])\d{{1,2}} ?{_ORDINAL}{_BETWEEN}{month}(?!\w)(?:,? \d{{4}})?"),
            (Kind.DAY, rf"(?<!\w){month} (?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?![\d\w])(?:,? \d{{4}})?"),
            (Kind.DAY, _insensitive(rf"(?<![\w-])(?:{relative})(?![\w-])")),
            (Kind.DAY, _insensitive(rf"(?<![\w])(?:{_any_of(words.weekdays)})s?(?!\w)")),
            (Kind.DAY, rf"(?<!\w)(?:{_with_capital(words.weekdays_with_capital)})(?!\w)"),
        )
    )


def _insensitive(pattern: str) -> str:
    return f"(?i:{pattern})"


def spans_by_form(text: str, words: Words) -> Iterator[Span]:
    """Yield what a plain text gives away by its form, overlapping where two forms fit."""
    for kind, pattern in (*_fixed(), *_spoken(words)):
        for found in pattern.finditer(text):
            yield Span(kind, *found.span())
    yield from _long_numbers(text)


def _long_numbers(text: str) -> Iterator[Span]:
    """Yield six digits and more that are no number of things."""
    for found in _MANY_DIGITS.finditer(text):
        if not _THOUSANDS.fullmatch(found[0]):
            digits = sum(letter.isdigit() for letter in found[0])
            grouped = digits != len(found[0])
            yield Span(Kind.PHONE if grouped and digits <= _LONGEST_NUMBER else Kind.NUMBER, *found.span())


STREET_NUMBER = re.compile(rf"\"?[ ,]*(?:№|no\.?|бл\.?|вх\.?|ет\.?|ап\.?)? ?\d{{1,4}} ?(?:{LETTER}(?!\w))?")
"""What follows the name of a street: the number of the house."""
