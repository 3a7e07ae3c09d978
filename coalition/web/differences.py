"""Changed answers in the reader's words: for the history of a record, and for two people who answered at once.

The page about two people's answers sends again all that was typed, beside what was chosen: it works without scripts,
and nothing is lost when somebody saves once more in between.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from flask import request

from coalition.domain.history import (
    TOGETHER,
    Difference,
    Kind,
    Side,
    Stretch,
    shortened,
    with_values,
    word_differences,
)
from coalition.domain.incidents import Facts
from coalition.domain.vocabulary import Basis
from coalition.i18n import _
from coalition.i18n.facts import title_of
from coalition.services.history import Conflict, SavedBy
from coalition.web.answers import Answer, answers
from coalition.web.forms.base import clean

ROWS = frozenset({"victims", "perpetrators", "sources", "proceedings", "needs"})
"""Facts that are rows: one that is put in before others does not make these look changed."""
_LONG = 80
"""Characters from which on it is shown which words changed, instead of both texts."""


@dataclass(frozen=True)
class Line:
    """How one answer became another; one of the two may be empty."""

    key: str
    old: str
    new: str
    stretches: tuple[Stretch, ...] = ()
    """Word by word, where the texts are long or lists; else both are shown whole."""
    language: str = ""
    """Language of the texts where it is not the page's own."""


def said(facts: Facts, names: Iterable[str]) -> tuple[Answer, ...]:
    """Return what some facts say, whatever the others do."""
    wanted = set(names)
    # Contacts and the like are told of records with consent only.
    alone = replace(Facts(basis=Basis.CONSENT), **{name: getattr(facts, name) for name in wanted})
    left_out = {_("Not agreed to"), *([] if "basis" in wanted else [_("What allows the record")])}
    return tuple(item for part in answers(alone).values() for item in part if item.key not in left_out)


def said_by(values: Mapping[str, Any], names: Iterable[str]) -> tuple[Answer, ...]:
    """Return what some facts say that are given as JSON by name."""
    return said(with_values(Facts(), {name: values[name] for name in names if name in values}), names)


def lines(before: Facts, after: Facts) -> tuple[Line, ...]:
    """Return what of the answers differs between two states of a record, in the order of the facts."""
    changed = [item.name for item in fields(Facts) if getattr(before, item.name) != getattr(after, item.name)]
    return tuple(line for names in _groups(changed) for line in _lines(before, after, names))


def _groups(changed: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for name in changed:
        group = next((group for group in TOGETHER if name in group), (name,))
        found = tuple(item for item in group if item in changed)
        if found[0] == name:
            yield found


def _lines(before: Facts, after: Facts, names: tuple[str, ...]) -> Iterator[Line]:
    old, new = said(before, names), said(after, names)
    pairs = _rows_beside(old, new) if ROWS & set(names) else _same_questions(old, new)
    for one, other in pairs:
        known = other or one
        if known is not None:
            yield line_of(known, one.value if one else "", other.value if other else "")


def line_of(answer: Answer, old: str, new: str) -> Line:
    """Return how an answer changed, word by word where that is easier to read."""
    return Line(answer.key, old, new, _stretches(old, new), answer.language)


def _same_questions(old: Iterable[Answer], new: Iterable[Answer]) -> Iterator[tuple[Answer | None, Answer | None]]:
    one, other = ({item.key: item for item in some} for some in (old, new))
    for key in {**one, **other}:
        pair = one.get(key), other.get(key)
        if pair[0] is None or pair[1] is None or pair[0].value != pair[1].value:
            yield pair


def _rows_beside(old: Sequence[Answer], new: Sequence[Answer]) -> Iterator[tuple[Answer | None, Answer | None]]:
    """Yield rows that changed beside what they became; those that only moved are left out."""
    matcher = difflib.SequenceMatcher(None, [item.value for item in old], [item.value for item in new], autojunk=False)
    for what, a, b, c, d in matcher.get_opcodes():
        if what == "equal":
            continue
        for place in range(max(b - a, d - c)):
            yield old[a + place] if a + place < b else None, new[c + place] if c + place < d else None


def _stretches(old: str, new: str) -> tuple[Stretch, ...]:
    if not (old and new):
        return ()
    if _is_list(old) and _is_list(new) and "\n" in old + new and {*old.split("\n")} != {*new.split("\n")}:
        return tuple(_entries(old.split("\n"), new.split("\n")))
    if max(len(old), len(new)) > _LONG or "\n" in old + new:
        return shortened(word_differences(old, new))
    return ()


def _is_list(text: str) -> bool:
    return all(len(entry) <= _LONG for entry in text.split("\n"))


def _entries(old: Sequence[str], new: Sequence[str]) -> Iterator[Stretch]:
    """Yield what became of the entries of a list, each on a line of its own."""
    gone = set(old) - set(new)
    found = [*((Kind.NEW if entry not in old else Kind.SAME, entry) for entry in new)]
    found += [(Kind.GONE, entry) for entry in old if entry in gone]
    for place, (kind, entry) in enumerate(found):
        if place:
            yield Stretch(Kind.SAME, "\n")
        yield Stretch(kind, entry)


# --- two people at once ------------------------------------------------------------------------------------

CHOOSE = "choose-"
"""Begins the name of a field that says whose answer is taken."""
THEIRS = "theirs"
"""The field that says which version held the others' answers on the page where somebody chose."""
_NOT_TYPED = frozenset({"csrf_token", "go", "rows", THEIRS})


@dataclass(frozen=True)
class Option:
    """One of two answers to choose from."""

    value: str
    label: str
    lines: tuple[Line, ...]
    """What it says; the words that are not as before are marked where both are known."""
    chosen: bool


@dataclass(frozen=True)
class Choice:
    """One question that two people answered differently."""

    field: str
    title: str
    note: str
    """Who changed it."""
    before: tuple[Answer, ...] | None
    """What both saw; None where that is not known any more."""
    options: tuple[Option, Option]
    error: str


def choosing() -> bool:
    """Tell whether this request says which answers somebody chose."""
    return THEIRS in request.form


def typed() -> list[tuple[str, str]]:
    """Return what was typed, cleaned as every form cleans it, without what was chosen about it."""
    return [
        (clean(name), clean(value))
        for name, value in request.form.items(multi=True)
        if name not in _NOT_TYPED and not name.startswith(CHOOSE)
    ]


def sides_chosen(conflict: Conflict) -> dict[str, Side]:
    """Return what was chosen of the differences that there are now.

    Where only one of the two changed anything, that one's answer is taken unless the other was chosen. What was chosen
    does not hold for an answer that was changed once more since.
    """
    given = request.form.get(THEIRS, "")
    seen = int(given) if given.isdecimal() and len(given) < len("1000000000") else 0
    found = {}
    for item in conflict.differences:
        said_so = request.form.get(CHOOSE + item.name, "")
        saved = conflict.saved.get(item.name)
        if said_so in {Side.MINE, Side.THEIRS} and (saved is None or saved.version <= seen):
            found[item.name] = Side(said_so)
        elif item.side is not Side.BOTH:
            found[item.name] = item.side
    return found


def choices(conflict: Conflict, chosen: Mapping[str, Side]) -> tuple[Choice, ...]:
    """Return the questions that two people answered differently, in words; one that was not answered has an error."""
    unanswered = conflict.without_choice(chosen) if choosing() else ()
    return tuple(
        _choice(item, conflict.saved.get(item.name), chosen.get(item.name), missing=item in unanswered)
        for item in conflict.differences
    )


def _choice(item: Difference, saved: SavedBy | None, chosen: Side | None, *, missing: bool) -> Choice:
    known = all(name in item.base for name in item.names)
    before = said_by(item.base, item.names) if known else None
    theirs = Option(
        Side.THEIRS.value,
        _label_of_theirs(saved),
        _lines_of(before, said_by(item.theirs, item.names)),
        chosen is Side.THEIRS,
    )
    mine = Option(
        Side.MINE.value,
        _("Keep what you typed"),
        _lines_of(before, said_by(item.mine, item.names)),
        chosen is Side.MINE,
    )
    return Choice(
        field=CHOOSE + item.name,
        title=title_of(*item.names),
        note=_note(item.side, saved),
        before=before,
        options=(theirs, mine),
        error=_("Choose one of the two answers.") if missing else "",
    )


def _label_of_theirs(saved: SavedBy | None) -> str:
    if saved is None:
        return _("Take what is saved")
    if saved.own:
        return _("Take what you saved in another window")
    return _("Take what %(name)s saved", name=saved.name) if saved.name else _("Take what was saved")


def _note(side: Side, saved: SavedBy | None) -> str:
    """Say who changed an answer, as far as that is known."""
    if side is Side.MINE:
        return _("Only you changed this.")
    if saved is None:
        return _("What is saved is not what you typed.") if side is Side.BOTH else _("Only the others changed this.")
    if saved.own:
        return _("You changed this in another window.")
    if not saved.name:
        return _("This was changed at the command line.")
    if side is Side.BOTH:
        return _("%(name)s changed this, and you changed it too.", name=saved.name)
    return _("Only %(name)s changed this.", name=saved.name)


def _lines_of(before: Iterable[Answer] | None, now: Iterable[Answer]) -> tuple[Line, ...]:
    known = {item.key: item.value for item in before or ()}
    return tuple(_line_beside(item, known.get(item.key, "")) for item in now)


def _line_beside(answer: Answer, before: str) -> Line:
    marked = before and before != answer.value and max(len(before), len(answer.value)) > _LONG
    stretches = word_differences(before, answer.value) if marked else ()
    return Line(answer.key, before, answer.value, stretches, answer.language)
