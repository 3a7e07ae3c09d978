"""Names of people and places: by lists, by what stands before them, and by a capital inside a sentence."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from coalition.domain.anonymity.patterns import STREET_NUMBER, Kind, Span
from coalition.domain.anonymity.text import LETTER, fold
from coalition.domain.anonymity.words import Words, general, given_names, phrases, towns

_WORD = re.compile(rf"{LETTER}+(?:'{LETTER}+)*")
_SURNAME = re.compile(
    r"(?:(?:[oe]vic|[oe]wic[sz]|ovych|[oe]va|[oe]v|oglu|opoulos|opoulou|opulos|idis|idou|akis|enko|escu|shvili"
    r"|[ow]ski|owska|sdottir|zadeh|ullah)"
    r"|(?:[ое]в|[ое]ва|[ое]вич|[ое]вић|[ое]вна|енко|швили|оглу|пулос)"
    r"|(?:οπουλοσ|οπουλου|ιδησ|ιδου|ακησ|ογλου))(?:a|e|u|i|om|em|ym|а|у|е|ы|ым|ой|ом|им|і)?$"
)
_SHORTEST_SURNAME = 6
_INITIALS = re.compile(r"(?<![\w.])([^\W\d_a-zа-я])\. ?([^\W\d_a-zа-я])\.(?! ?[^\W\d_a-zа-я]\.)")
_LONGEST_ACRONYM = 6
_QUOTED_NAME = 3
"""Words in quotation marks, each with a capital, up to which they are taken for a name and not for what was said."""
_LONGEST_ABBREVIATION = 3
_LONGEST_HONORIFIC = 4
"""Letters of the longest title after which any word with a capital is a name: "Miss Brown", but "Officer British"."""
_ABBREVIATIONS = frozenset({"prof", "blvd", "проф", "просп", "λεωφ"})
"""Longer ones, in which a full stop ends no sentence either."""
_SHOUTED = 0.6
"""Share of capital letters from which a text is all in capitals."""
_SHORTEST_STEM = 4
_SHORTEST_STREET = 5
"""Letters from which the word for a street is looked for at the end of others, as in "Sonnenstraße"."""
_LOOK_BACK = 40
"""Characters before a word that say whether a sentence begins with it."""


@dataclass(frozen=True)
class Token:
    """A word of a plain text."""

    text: str
    start: int
    end: int
    first: bool
    """Whether a sentence, or something said, begins with it: then its capital says nothing."""
    base: str
    """The folded word without what an apostrophe adds: the possessive, a Turkish case."""

    @property
    def capital(self) -> bool:
        """Whether it begins with a capital."""
        return self.text[0].isupper() or self.text[0].istitle()

    @property
    def shouted(self) -> bool:
        """Whether it is written in capitals only."""
        return len(self.text) > 1 and self.text.isupper()


def tokens_of(text: str, words: Words) -> list[Token]:
    """Return the words of a plain text."""
    return [
        Token(found[0], *found.span(), _begins(text, found.start(), words), _base(found[0]))
        for found in _WORD.finditer(text)
    ]


def _base(word: str) -> str:
    before, _mark, _after = word.partition("'")
    return fold(before if len(before) > 1 else word)


def _begins(text: str, at: int, words: Words) -> bool:
    before = text[max(0, at - _LOOK_BACK) : at].rstrip(" ([*-")
    if not before or before[-1] in "\n!?:;.":
        return not _after_abbreviation(before, words)
    return before[-1] == '"' and not _is_quoted_name(text, at)


def _after_abbreviation(before: str, words: Words) -> bool:
    """Tell whether a full stop ends an abbreviation, not a sentence: an initial, a title, the word for a street."""
    if not before.endswith("."):
        return False
    last = re.search(r"[^\s.]+(?=\.$)", before)
    word = last[0] if last else ""
    if len(word) == 1:
        return word.isalpha()
    short = len(word) <= _LONGEST_ABBREVIATION or fold(word) in _ABBREVIATIONS
    return short and fold(word) in words.titles | words.streets | words.streets_after


def _is_quoted_name(text: str, at: int) -> bool:
    inside, closing, _rest = text[at:].partition('"')
    found = _WORD.findall(inside)
    whole = bool(closing) and not inside.rstrip().endswith(("!", "?", "."))
    return whole and 0 < len(found) <= _QUOTED_NAME and all(word[0].isupper() for word in found)


class Reader:
    """Reads one plain text for names."""

    def __init__(self, text: str, words: Words) -> None:
        """Take the text apart."""
        self.text = text
        self.words = words
        self.tokens = tokens_of(text, words)
        letters = [letter for letter in text if letter.isalpha()]
        self.shouted = bool(letters) and sum(map(str.isupper, letters)) > _SHOUTED * len(letters)
        self.by_capitals = words.capitals and not self.shouted
        self.harmless: Collection[int] = ()
        in_phrases = self._listed(phrases(), lambda _first, _length: True)
        self.harmless = {index for first, last in in_phrases for index in range(first, last)}
        self.town_names = [*self._listed(towns(), self._is_town)]
        self.in_town = {index for first, last in self.town_names for index in range(first, last)}

    def spans(self) -> Iterator[Span]:
        """Yield what looks like a name."""
        for found in _INITIALS.finditer(self.text):
            if fold(found[1] + found[2]) not in general("no_initials"):
                yield Span(Kind.NAME, *found.span())
        for run in self._runs():
            yield from self._named(run)
        yield from self._lower_case_names()
        for first, last in self.town_names:
            yield Span(Kind.PLACE, self.tokens[first].start, self.tokens[last - 1].end)

    # --- lists ---------------------------------------------------------------------------------------------

    def _is_town(self, first: int, length: int) -> bool:
        token = self.tokens[first]
        if not token.capital:
            return length > 1 and all(len(item.text) >= _SHORTEST_STEM for item in self.tokens[first : first + length])
        if length > 1:
            # In Bulgarian the second word has none, and the first may only begin a sentence.
            return self.tokens[first + length - 1].capital or not token.first
        if token.base in self.words.plain:
            return False
        return not (token.first or not self.by_capitals) or token.base not in self.words.everyday

    def _listed(
        self, names: dict[str, tuple[tuple[str, ...], ...]], counts: Callable[[int, int], bool]
    ) -> Iterator[tuple[int, int]]:
        """Yield where names of several words stand, as numbers of words."""
        bases = [token.base for token in self.tokens]
        index = 0
        while index < len(bases):
            fitting = (
                len(name)
                for name in names.get(bases[index], ())
                if tuple(bases[index : index + len(name)]) == name and self._close(index, index + len(name))
            )
            length = next((length for length in fitting if counts(index, length)), 0)
            if length and index not in self.harmless:
                yield index, index + length
            index += length or 1

    def _close(self, first: int, last: int) -> bool:
        return all(self._gap(index) in {" ", "-", "\n"} for index in range(first + 1, last))

    def _gap(self, index: int) -> str:
        return self.text[self.tokens[index - 1].end : self.tokens[index].start]

    # --- one word ------------------------------------------------------------------------------------------

    def _is_listed(self, token: Token) -> bool:
        return is_given(token.base, declined=self.words.declines)

    def _is_given(self, token: Token) -> bool:
        return self._is_listed(token) and token.base not in self.words.plain

    def _is_surname(self, token: Token) -> bool:
        return is_surname(token.base) and token.base not in self.words.plain

    def _is_suspicious(self, index: int) -> bool:
        """Tell whether a word with a capital is taken for a name by itself."""
        token = self.tokens[index]
        if index in self.harmless or len(token.text) == 1:
            return False
        if index in self.in_town:
            return True
        if self._is_given(token) or self._is_surname(token):
            says_nothing = token.first or not self.by_capitals
            return not says_nothing or token.base not in self.words.everyday or self._leads_on(index)
        if token.first or not self.by_capitals:
            return self._ends_like_a_street(token)
        return not (self.words.is_plain(token.base) or self._is_acronym(token) or token.base in self._streets)

    def _leads_on(self, index: int) -> bool:
        """Tell whether a word that may be a given name is followed by what may be its surname."""
        if index + 1 == len(self.tokens) or self._gap(index + 1) != " " or not self.tokens[index + 1].capital:
            return False
        following = self.tokens[index + 1]
        return not (self.words.is_plain(following.base) or self._is_acronym(following))

    def _ends_like_a_street(self, token: Token) -> bool:
        return any(
            token.base.endswith(word) and len(token.base) > len(word) + 2
            for word in self.words.streets_after
            if len(word) >= _SHORTEST_STREET
        )

    @property
    def _streets(self) -> frozenset[str]:
        return self.words.streets | self.words.streets_after

    @staticmethod
    def _is_acronym(token: Token) -> bool:
        core = token.text.partition("'")[0].rstrip("sи")
        return core.isupper() and 1 < len(core) <= _LONGEST_ACRONYM

    # --- words that stand together --------------------------------------------------------------------------

    def _runs(self) -> Iterator[list[int]]:
        """Yield the longest sequences of words with a capital that belong together."""
        run: list[int] = []
        for index, token in enumerate(self.tokens):
            if run and not self._belongs(run[-1], index):
                yield run
                run = []
            if token.capital or (run and self._is_particle(index)):
                run.append(index)
        if run:
            yield run

    def _belongs(self, last: int, index: int) -> bool:
        if index != last + 1:
            return False
        gap = self._gap(index)
        initial = len(self.tokens[last].text) == 1 and gap in {".", ". "}
        together = gap in {" ", "-"} or initial
        begins = self.tokens[index].first and not initial
        return together and not begins and (self.tokens[index].capital or self._is_particle(index))

    def _is_particle(self, index: int) -> bool:
        """Tell whether a small word leads on to the next part of a name: "van der Berg"."""
        last = index + 1 == len(self.tokens)
        if last or self.tokens[index].base not in general("particles") or self._gap(index + 1) not in {" ", "-"}:
            return False
        return self.tokens[index + 1].capital or self._is_particle(index + 1)

    def _named(self, run: Sequence[int]) -> Iterator[Span]:
        """Yield the name within a run of words with capitals, with what belongs to it."""
        certain = {index for index in run if self._is_suspicious(index)} | self._addressed(run)
        if self._is_numbered_street(run):
            certain |= set(run)
        if not certain:
            return
        part = [index for index in run if index in certain or self._is_part(index, run, certain)]
        for group in _consecutive(part):
            yield self._span(group)

    def _span(self, part: Sequence[int]) -> Span:
        first, last = part[0], part[-1]
        start, end = self.tokens[first].start, self.tokens[last].end
        if not self._is_street(first, last):
            return Span(self._kind(first, part), start, end)
        if first and self.tokens[first - 1].base in self.words.streets:
            start = self.tokens[first - 1].start
        number = STREET_NUMBER.match(self.text, end)
        return Span(Kind.PLACE, start, number.end() if number else end)

    def _addressed(self, run: Sequence[int]) -> set[int]:
        """Return the words after a title or the word for a street, which name something in every language."""
        found = set()
        for index in run:
            before = self._word_before(index)
            if not before or self.tokens[index].first or index in self.harmless:
                continue
            certain = not self.words.is_plain(self.tokens[index].base) or self.text[self.tokens[index].start - 2] == "."
            titled = before in self.words.titles and (certain or len(before) <= _LONGEST_HONORIFIC)
            if titled or (before in self.words.streets and (certain or self._numbered(index))):
                found.add(index)
        return found

    def _word_before(self, index: int) -> str:
        """Return the word before another, with what a hyphen joins to it; empty where something stands between."""
        if not index or self._gap(index).strip(' ."'):
            return ""
        before = self.tokens[index - 1]
        joined = index > 1 and self._gap(index - 1) == "-"
        return f"{self.tokens[index - 2].base}-{before.base}" if joined else before.base

    def _numbered(self, index: int) -> bool:
        found = STREET_NUMBER.match(self.text, self.tokens[index].end)
        return found is not None

    def _is_numbered_street(self, run: Sequence[int]) -> bool:
        """Tell whether words with capitals end in one for a street, and a number follows: "Lange Straße 12"."""
        last = run[-1]
        return len(run) > 1 and self.tokens[last].base in self.words.streets_after and self._numbered(last)

    def _is_part(self, index: int, run: Sequence[int], certain: Collection[int]) -> bool:
        """Tell whether a word belongs to the name beside it: a given name, an initial, an unknown word before it."""
        token = self.tokens[index]
        if index in self.harmless:
            return False
        if self._is_listed(token) or token.base in self._streets:
            return True
        beside = index + 1 in certain or index - 1 in certain
        if len(token.text) == 1:
            return beside and self.text[token.end : token.end + 1] == "."
        if not token.capital:
            return beside
        unknown = not self.words.is_plain(token.base) and token.base not in self.words.starters | self.words.titles
        at_the_edge = index == run[0] or not self.by_capitals
        return at_the_edge and not self.shouted and beside and unknown and not self._is_acronym(token)

    def _is_street(self, first: int, last: int) -> bool:
        before = first and self.tokens[first - 1].base in self.words.streets and self._gap(first).strip(' ."') == ""
        following = last + 1 < len(self.tokens) and self.tokens[last + 1].base in self.words.streets_after
        return (
            bool(before)
            or following
            or any(self.tokens[index].base in self._streets for index in range(first, last + 1))
        )

    def _kind(self, first: int, part: Sequence[int]) -> Kind:
        people = any(self._is_given(self.tokens[index]) for index in part if index not in self.in_town)
        if people:
            return Kind.NAME
        after_preposition = bool(first) and self.tokens[first - 1].base in self.words.near and self._gap(first) == " "
        return Kind.PLACE if after_preposition or self.in_town.intersection(part) else Kind.NAME

    def _lower_case_names(self) -> Iterator[Span]:
        """Yield a given name and a surname that somebody wrote without capitals, or a given name after a title."""
        for one, two in pairwise(self.tokens):
            if one.capital and two.capital:
                continue
            whole = self._is_listed(one) and one.base not in self.words.everyday and is_surname(two.base)
            titled = one.base in self.words.titles and len(one.base) > 1 and self._is_listed(two)
            if whole and self.text[one.end : two.start] == " ":
                yield Span(Kind.NAME, one.start, two.end)
            elif titled and two.base not in self.words.everyday | self.words.plain:
                yield Span(Kind.NAME, two.start, two.end)


def _consecutive(numbers: Sequence[int]) -> Iterator[list[int]]:
    """Yield the parts of a rising sequence that leave no number out."""
    group: list[int] = []
    for number in numbers:
        if group and number != group[-1] + 1:
            yield group
            group = []
        group.append(number)
    if group:
        yield group


@cache
def _stems() -> frozenset[str]:
    """Return given names without the vowel that changes in most declensions."""
    return frozenset(
        stem
        for name in given_names()
        for stem in (name, re.sub(r"(?:οσ|ησ|ασ|[aeoуаеияйоьηαο])$", "", name))
        if len(stem) >= _SHORTEST_STEM
    )


def is_given(word: str, *, declined: bool) -> bool:
    """Tell whether a folded word is a given name; `declined` allows for the endings of its cases."""
    if word in given_names():
        return True
    return declined and any(word[-length:] in general("endings") and word[:-length] in _stems() for length in (1, 2, 3))


def is_surname(word: str) -> bool:
    """Tell whether a folded word ends as surnames do and few other words."""
    return len(word) >= _SHORTEST_SURNAME and _SURNAME.search(word) is not None and word not in general("no_surnames")
