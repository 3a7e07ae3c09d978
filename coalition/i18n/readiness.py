"""What stands between a year and its submission, as one sentence."""

from collections.abc import Callable, Mapping

from coalition.domain.readiness import Obstacle, Tally, obstacles
from coalition.i18n import _, format_list, format_number, ngettext


def _waiting(number: int) -> str:
    return ngettext("%(shown)s waits to be decided", "%(shown)s wait to be decided", number, **_n(number))


def _questions(number: int) -> str:
    return ngettext("%(shown)s has an open question", "%(shown)s have an open question", number, **_n(number))


def _incomplete(number: int) -> str:
    return ngettext("%(shown)s has something missing", "%(shown)s have something missing", number, **_n(number))


def _unconsented(number: int) -> str:
    return ngettext("%(shown)s lacks a consent", "%(shown)s lack a consent", number, **_n(number))


def _alike(number: int) -> str:
    return ngettext(
        "%(shown)s may be the same incident as another one",
        "%(shown)s may be the same incident as another one each",
        number,
        **_n(number),
    )


def _drafts(number: int) -> str:
    return ngettext("%(shown)s is still a draft", "%(shown)s are still drafts", number, **_n(number))


def _n(number: int) -> dict[str, object]:
    return {"shown": format_number(number)}


_WORDS: Mapping[Obstacle, Callable[[int], str]] = {
    Obstacle.WAITING: _waiting,
    Obstacle.QUESTIONS: _questions,
    Obstacle.INCOMPLETE: _incomplete,
    Obstacle.UNCONSENTED: _unconsented,
    Obstacle.ALIKE: _alike,
    Obstacle.DRAFTS: _drafts,
}


def in_the_way(tally: Tally) -> str:
    """Return the sentence that says what stands in the way of a submission."""
    found = obstacles(tally)
    if not found:
        return _("Nothing stands in the way.") if tally.ready else _("Nothing of this year was handed in yet.")
    return _("Of the records, %(list)s.", list=format_list([_WORDS[obstacle](number) for obstacle, number in found]))
