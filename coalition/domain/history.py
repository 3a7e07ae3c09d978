"""What changed in a record, field by field: undoing it, doing it again, and setting two people's answers side by side.

A change holds, for every fact that differs, its old and its new value as JSON (`written`). Values are read back without
asking the code book, for it may have moved on since. Saves of one person in one sitting become one change (`joined`),
so that a form that saves itself every few seconds does not fill the database. What a fact was in between is then known
by a digest only, which is enough to tell whether somebody changed it (`seen_at`).
"""

import difflib
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from coalition.domain.incidents import (
    Clearance,
    Facts,
    Indicator,
    Need,
    PartialDate,
    Perpetrators,
    Proceeding,
    Source,
    Victims,
)
from coalition.domain.interchange import facts_to_json

SITTING = timedelta(minutes=15)
"""How long the saves of one person count as one change."""

TOGETHER: tuple[tuple[str, ...], ...] = (
    ("country", "region", "municipality"),
    ("chosen_type", "type_reason"),
    ("chosen_scope", "scope_reason"),
    ("case_status", "reason_not_reported"),
    ("descriptions", "clearances"),
    ("basis", "consents", "consent_by", "consent_way", "consent_date"),
)
"""Facts that make sense only together: whoever takes one person's answer to one of them takes it to all."""

# ---------------------------------------------------------------------------------------------------- as JSON and back


def written(facts: Facts) -> dict[str, Any]:
    """Return every fact as JSON-ready data, as the product's own format writes it."""
    return facts_to_json(facts)


def read(values: Mapping[str, Any]) -> Facts:
    """Return the facts that `written` wrote; facts that are not there are not said, unknown ones are passed over."""
    known = {item.name for item in fields(Facts)}
    return Facts(**{name: read_value(name, value) for name, value in values.items() if name in known})


def read_value(name: str, value: Any) -> Any:  # noqa: ANN401 - JSON, and the value of any fact
    """Return the value of one fact that `written` wrote."""
    reader = _READERS.get(name)
    return reader(value) if reader else value


def _partial_date(value: str | None) -> PartialDate | None:
    return PartialDate.parse(value) if value else None


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _parts(kind: type[Any]) -> Callable[[Any], tuple[Any, ...]]:
    known = {item.name for item in fields(kind)}

    def read_parts(value: Any) -> tuple[Any, ...]:  # noqa: ANN401 - JSON
        return tuple(
            kind(**{name: _IN_PARTS.get(name, _same)(inner) for name, inner in row.items() if name in known})
            for row in value
        )

    return read_parts


def _same(value: Any) -> Any:  # noqa: ANN401 - whatever it is
    return value


_IN_PARTS: Mapping[str, Callable[[Any], Any]] = {"date": _partial_date, "follow_up": _day, "sub_grounds": tuple}
_READERS: Mapping[str, Callable[[Any], Any]] = {
    "date": _partial_date,
    "consent_date": _day,
    "consents": frozenset,
    "offences": tuple,
    "motivations": tuple,
    "descriptions": dict,
    "indicators": _parts(Indicator),
    "victims": _parts(Victims),
    "perpetrators": _parts(Perpetrators),
    "sources": _parts(Source),
    "proceedings": _parts(Proceeding),
    "needs": _parts(Need),
    "clearances": _parts(Clearance),
}
"""How facts are read that JSON holds in another form."""

# ------------------------------------------------------------------------------------------------------------- changes


@dataclass(frozen=True)
class Changed:
    """One fact that a change changed."""

    old: Any
    new: Any
    trail: tuple[tuple[int, str], ...] = ()
    """Of several saves in one: the version that each of them made, and the mark of the value then."""

    @property
    def differs(self) -> bool:
        """Whether it is not back where it was."""
        return bool(self.old != self.new)


@dataclass(frozen=True)
class Change:
    """What one save changed, or several of one person in one sitting: the record's versions before and after."""

    first_version: int
    version: int
    fields: Mapping[str, Changed]

    @property
    def differing(self) -> tuple[str, ...]:
        """The facts that are not back where they were, by name."""
        return tuple(sorted(name for name, changed in self.fields.items() if changed.differs))


@dataclass(frozen=True)
class Mark:
    """A value of which only the digest is known."""

    digest: str


def mark(value: Any) -> str:  # noqa: ANN401 - JSON
    """Return what tells a value from others; it is stored sealed, like the values themselves."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def same(one: Any, other: Any) -> bool:  # noqa: ANN401 - JSON or marks
    """Tell whether two values are the same, also where only a mark is known of one of them."""
    if isinstance(one, Mark) or isinstance(other, Mark):
        return _digest(one) == _digest(other)
    return bool(one == other)


def _digest(value: Any) -> str:  # noqa: ANN401 - JSON or a mark
    return value.digest if isinstance(value, Mark) else mark(value)


def compared(before: Facts, after: Facts) -> dict[str, Changed]:
    """Return the facts that differ, with their old and their new value."""
    old, new = written(before), written(after)
    return {name: Changed(old[name], new[name]) for name in new if old[name] != new[name]}


def one_sitting(first_at: datetime, now: datetime) -> bool:
    """Tell whether a save now belongs to the sitting that began then."""
    return timedelta(0) <= now - first_at < SITTING


def joined(earlier: Change, later: Change) -> Change:
    """Return two changes, of which the later follows at once, as one: the old values stay, the new ones are replaced.

    A fact that is back where it was keeps its trail only, and is none of `differing`.
    """
    names = {**earlier.fields, **later.fields}
    both = {name: _joined(earlier, later, name) for name in names}
    return Change(earlier.first_version, later.version, both)


def _joined(earlier: Change, later: Change, name: str) -> Changed:
    first, last = earlier.fields.get(name), later.fields.get(name)
    trail = (*_trail(earlier, first), *_trail(later, last))
    old = first.old if first else last.old if last else None
    new = last.new if last else first.new if first else None
    return Changed(old, new, trail)


def _trail(change: Change, changed: Changed | None) -> tuple[tuple[int, str], ...]:
    if changed is None:
        return ()
    return changed.trail or ((change.version, mark(changed.new)),)


def as_text(changed: Mapping[str, Changed]) -> str:
    """Return the facts of a change as they are stored, before they are sealed: [old, new] by name."""
    told = {
        name: [item.old, item.new, *([[list(step) for step in item.trail]] if item.trail else [])]
        for name, item in changed.items()
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def from_text(text: str) -> dict[str, Changed]:
    """Return the facts that `as_text` wrote."""
    return {
        name: Changed(old, new, tuple((int(version), str(digest)) for trail in more for version, digest in trail))
        for name, (old, new, *more) in json.loads(text).items()
    }


# ------------------------------------------------------------------------------------------------------- back and forth


def replay(start: Facts, changes: Iterable[Change]) -> Facts:
    """Return the facts after some changes, which are in the order in which they were made."""
    values = written(start)
    for change in changes:
        values |= {name: changed.new for name, changed in change.fields.items()}
    return read(values)


def undone(present: Facts, changes: Iterable[Change], to_version: int) -> Facts:
    """Return the facts as they were at a version: the present ones without what was changed since.

    Of a sitting that had begun then and went on, everything is undone.
    """
    values = written(present)
    for change in _latest_first(changes):
        if change.version > to_version:
            values |= {name: changed.old for name, changed in change.fields.items()}
    return read(values)


def seen_at(present: Facts, changes: Iterable[Change], version: int) -> dict[str, Any]:
    """Return each fact as somebody saw it who opened the record at a version, as JSON or as a mark."""
    values: dict[str, Any] = written(present)
    for change in _latest_first(changes):
        if change.version > version:
            values |= {name: _value_at(change, changed, version) for name, changed in change.fields.items()}
    return values


def _latest_first(changes: Iterable[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: change.version, reverse=True)


def _value_at(change: Change, changed: Changed, version: int) -> Any:  # noqa: ANN401 - JSON or a mark
    so_far = [digest for made, digest in _trail(change, changed) if made <= version]
    if change.first_version >= version or not so_far:
        return changed.old
    found = Mark(so_far[-1])
    return next((known for known in (changed.old, changed.new) if same(known, found)), found)


# ---------------------------------------------------------------------------------------------------------- two at once


class Side(StrEnum):
    """Who changed something since both saw the same."""

    MINE = "mine"
    THEIRS = "theirs"
    BOTH = "both"
    """A real conflict: nobody but a person can choose."""


@dataclass(frozen=True)
class Difference:
    """Facts that belong together, and of which two people have different answers."""

    names: tuple[str, ...]
    side: Side
    base: Mapping[str, Any]
    """What both saw, as JSON; a fact of which that is not known any more is left out."""
    theirs: Mapping[str, Any]
    mine: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What it is called in a form."""
        return self.names[0]


def differences(base: Mapping[str, Any], theirs: Mapping[str, Any], mine: Mapping[str, Any]) -> tuple[Difference, ...]:
    """Set two people's answers side by side, fact by fact, in the order of `mine`; what both say alike is left out.

    All are JSON by name of the fact; values of `base` may be marks (`seen_at`), and it and `theirs` may hold more.
    """
    return tuple(
        _difference(names, base, theirs, mine)
        for names in _together(mine)
        if any(not same(theirs[name], mine[name]) for name in names)
    )


def _together(names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yield the facts in groups, each where its first one stands."""
    offered = list(names)
    done: set[str] = set()
    for name in offered:
        if name not in done:
            group = next((group for group in TOGETHER if name in group), (name,))
            found = tuple(item for item in group if item in offered)
            done.update(found)
            yield found


def _difference(
    names: tuple[str, ...], base: Mapping[str, Any], theirs: Mapping[str, Any], mine: Mapping[str, Any]
) -> Difference:
    i_changed = any(not same(base[name], mine[name]) for name in names)
    they_changed = any(not same(base[name], theirs[name]) for name in names)
    side = Side.BOTH if i_changed and they_changed else Side.THEIRS if they_changed else Side.MINE
    return Difference(
        names=names,
        side=side,
        base={name: value for name, value in _known(names, base, theirs, mine) if not isinstance(value, Mark)},
        theirs={name: theirs[name] for name in names},
        mine={name: mine[name] for name in names},
    )


def _known(names: Iterable[str], base: Mapping[str, Any], *others: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what both saw; where only its mark is known, the value that fits, if there is one."""
    for name in names:
        fitting = (other[name] for other in others if same(base[name], other[name]))
        yield name, next(fitting, base[name]) if isinstance(base[name], Mark) else base[name]


def chosen(found: Iterable[Difference], choices: Mapping[str, Side]) -> dict[str, Any]:
    """Return the values that a person chose, as JSON by name; what nobody chose stays as the others have it."""
    values: dict[str, Any] = {}
    for item in found:
        values |= item.mine if choices.get(item.name) is Side.MINE else item.theirs
    return values


def with_values(facts: Facts, values: Mapping[str, Any]) -> Facts:
    """Return the facts with some of them replaced, given as JSON by name."""
    return replace(facts, **{name: read_value(name, value) for name, value in values.items()})


# -------------------------------------------------------------------------------------------------------- word by word


class Kind(StrEnum):
    """What became of a stretch of a text."""

    SAME = "same"
    GONE = "gone"
    NEW = "new"
    SKIPPED = "skipped"
    """The same, and left out because it is long."""


@dataclass(frozen=True)
class Stretch:
    """A stretch of a text of which the same is to be said."""

    kind: Kind
    text: str


_WORD = re.compile(r"\w")
_PIECES = re.compile(r"\w+|\s+|[^\w\s]")
_MOST_PAIRS = 4_000_000
"""Above so many pairs of words they are not compared one by one: that would take seconds."""
_AROUND = 12
"""Words shown on either side of a change."""


def word_differences(old: str, new: str) -> tuple[Stretch, ...]:
    """Return how one text became another: the stretches that stayed, went and came, in their order."""
    one, other = _PIECES.findall(old), _PIECES.findall(new)
    head = _alike(one, other)
    tail = _alike(one[head:][::-1], other[head:][::-1])
    middle = _compared(one[head : len(one) - tail], other[head : len(other) - tail])
    found = [(Kind.SAME, "".join(one[:head])), *middle, (Kind.SAME, "".join(one[len(one) - tail :]))]
    return tuple(Stretch(kind, text) for kind, text in found if text)


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _compared(one: Sequence[str], other: Sequence[str]) -> Iterator[tuple[Kind, str]]:
    if len(one) * len(other) > _MOST_PAIRS:
        yield Kind.GONE, "".join(one)
        yield Kind.NEW, "".join(other)
        return
    gone = came = ""
    for what, a, b, c, d in difflib.SequenceMatcher(None, one, other, autojunk=True).get_opcodes():
        old, new = "".join(one[a:b]), "".join(other[c:d])
        # A space or a stop between two changes belongs to them: words are read together.
        if what == "equal" and (_WORD.search(old) or not (gone or came)):
            yield from _change(gone, came)
            yield Kind.SAME, old
            gone = came = ""
        else:
            gone, came = gone + old, came + new
    yield from _change(gone, came)


def _change(gone: str, came: str) -> Iterator[tuple[Kind, str]]:
    space = gone[len(gone.rstrip()) :]
    alike = len(space) if came.endswith(space) and gone.strip() and came.strip() else 0
    yield Kind.GONE, gone[: len(gone) - alike]
    yield Kind.NEW, came[: len(came) - alike]
    yield Kind.SAME, gone[len(gone) - alike :]


def shortened(stretches: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """Return how a text changed with no more than a few words around each change."""
    found: list[Stretch] = []
    for place, item in enumerate(stretches):
        if item.kind is not Kind.SAME:
            found.append(item)
            continue
        pieces = _PIECES.findall(item.text)
        before = 2 * _AROUND if place else 0
        after = 2 * _AROUND if place < len(stretches) - 1 else 0
        if len(pieces) <= before + after + 2 * _AROUND:
            found.append(item)
            continue
        cut = len(pieces) - after
        ends = (Kind.SAME, pieces[:before]), (Kind.SKIPPED, pieces[before:cut]), (Kind.SAME, pieces[cut:])
        found += [Stretch(kind, "".join(some)) for kind, some in ends if some]
    return tuple(found)
