"""How well a case is verified: three checks of each source, one question about them all, and the level that follows.

Nobody publishes a rule for this. Tell MAMA counts only what is corroborated and has a senior case worker look at every
case; RVRN records from interviews only; hatecrimemap checks of each source whether it tells of a fact, is still there
and is published. The levels below are this software's own, and are marked as ours wherever they are explained.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from coalition.domain.criterion import Finding
from coalition.domain.incidents import Source


class VerificationLevel(StrEnum):
    """How well a case is verified, weakest first.

    Unverified: of no source was it found that it tells of what happened. One source: at least one does. Corroborated:
    at least two do, and a person found two of them that do not depend on each other. Documented: corroborated, and one
    of the sources that tell of it is published and still there, so that anybody can look.

    A level says how a case is known, not whether it is true, and the lack of a press report says nothing against a
    person: no level is needed for a case to count. A record that nobody has checked has no level at all.
    """

    UNVERIFIED = "unverified"
    ONE_SOURCE = "one_source"
    CORROBORATED = "corroborated"
    DOCUMENTED = "documented"


CHECKS = ("fact", "live", "published")
"""The checks of one source, by the names of the fields of `SourceCheck`."""

_TWO = 2

PUBLISHED: Mapping[str, Finding] = {
    "media": Finding.YES,
    "social_media": Finding.UNCLEAR,
    "victim_interview": Finding.NO,
    "witness": Finding.NO,
    "staff_observation": Finding.NO,
}
"""What the kind of a source alone says of whether anybody can read it; of other kinds it says nothing."""


@dataclass(frozen=True)
class SourceCheck:
    """What a reviewer checked of one source. Each answer is a Finding, or empty: not looked at."""

    kind: str
    """Of the source, as it was then."""
    fact: str = ""
    """Whether it tells of what happened, not of an opinion about it."""
    live: str = ""
    """Whether it can still be found where it is said to be."""
    published: str = ""
    """Whether anybody can read it."""

    @property
    def looked_at(self) -> bool:
        """Whether anything of it was checked."""
        return any(getattr(self, name) for name in CHECKS)


def level(checks: Iterable[SourceCheck], independent: str) -> VerificationLevel:
    """Return the level that follows from the checks; `independent` answers whether two sources are (a Finding)."""
    telling = [check for check in checks if check.fact == Finding.YES]
    if not telling:
        return VerificationLevel.UNVERIFIED
    if len(telling) < _TWO or independent != Finding.YES:
        return VerificationLevel.ONE_SOURCE
    if any(check.published == check.live == Finding.YES for check in telling):
        return VerificationLevel.DOCUMENTED
    return VerificationLevel.CORROBORATED


def proposed_checks(sources: Iterable[Source]) -> tuple[SourceCheck, ...]:
    """Return what the software can say of sources without looking at one: only whether they are published.

    A link makes a source of unknown kind worth a look. Nothing is fetched: whether a page is still there is found by a
    person, because a request from the coalition's server would tell others which cases it works on.
    """
    return tuple(SourceCheck(source.kind, published=_published(source)) for source in sources)


def _published(source: Source) -> str:
    known = PUBLISHED.get(source.kind)
    if known is not None:
        return known.value
    return Finding.UNCLEAR.value if source.url else ""
