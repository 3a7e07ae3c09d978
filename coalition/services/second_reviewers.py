"""Whether a reviewer decides alone, as the coalition's setting and the reviewer's own organisation have it."""

from collections.abc import Collection

from coalition.db.settings import second_reviewer
from coalition.domain.reviews import Opinion, Step, needs_second, takes_effect
from coalition.domain.vocabulary import Role
from coalition.services.work import Work


def may_not_decide_alone(work: Work, organisations: Collection[str]) -> bool:
    """Tell whether the actor's decision on records of these organisations waits for a second person.

    The command line is trusted: whoever runs it can write to the database.
    """
    if work.actor.role is Role.OPERATOR:
        return False
    return needs_second(work.actor.affiliation, organisations, always=second_reviewer(work.session))


def opinion_of(work: Work, verdict: Step, reason: str = "", other: str = "") -> Opinion:
    """Return what the actor says should become of an incident; `other` is the id of the record of a link."""
    return Opinion(work.actor.id, work.actor.affiliation, verdict, reason, other)


def settles(work: Work, opinion: Opinion, standing: Opinion | None, organisations: Collection[str]) -> bool:
    """Tell whether the actor's opinion holds at once; otherwise it is proposed."""
    return takes_effect(opinion, standing, organisations, always=second_reviewer(work.session))
