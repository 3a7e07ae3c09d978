"""What can go wrong, in the domain's words. Errors carry data; sentences are made where a language is known."""

from collections.abc import Sequence
from datetime import timedelta


class CoalitionError(Exception):
    """Base of every error that a person, not a programmer, has to hear about."""


class NotPermitted(CoalitionError):
    """The actor may not do this to this subject."""

    def __init__(self, permission: str) -> None:
        """Keep the permission's code, so that the refusal can be logged without any content."""
        super().__init__(permission)
        self.permission = permission


class NotFound(CoalitionError):
    """There is no such record, or none that the actor may know of."""

    def __init__(self, kind: str, key: str) -> None:
        """Keep which kind of record was asked for by which key."""
        super().__init__(f"no {kind} {key}")
        self.kind = kind
        self.key = key


class NotAllowedNow(CoalitionError):
    """The incident's state does not allow this step."""

    def __init__(self, action: str, state: str) -> None:
        """Keep the step and the state that forbids it."""
        super().__init__(f"{action} is not possible in state {state}")
        self.action = action
        self.state = state


class ChangedMeanwhile(CoalitionError):
    """Somebody else saved the record after it was read."""


class AlreadyExists(CoalitionError):
    """A record with this key exists already."""

    def __init__(self, kind: str, key: str) -> None:
        """Keep which kind of record has this key."""
        super().__init__(f"{kind} {key} exists already")
        self.kind = kind
        self.key = key


class Incomplete(CoalitionError):
    """The facts do not yet allow this step; `problems` says which fields are in the way."""

    def __init__(self, problems: Sequence[object]) -> None:
        """Keep the problems, each with its field and code."""
        super().__init__(", ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class UnknownCode(CoalitionError):
    """A code or name that the code book does not hold."""

    def __init__(self, list_name: str, text: str) -> None:
        """Keep which list was searched for which text."""
        super().__init__(f"{text!r} is not in {list_name}")
        self.list_name = list_name
        self.text = text


class WeakPassword(CoalitionError):
    """The password is too short or too easy to guess; `reason` is a code."""

    def __init__(self, reason: str) -> None:
        """Keep the reason's code."""
        super().__init__(reason)
        self.reason = reason


class UnreadableFile(CoalitionError):
    """A file is not what it should be; `reason` is a plain English line for the command line."""

    def __init__(self, reason: str) -> None:
        """Keep the reason."""
        super().__init__(reason)
        self.reason = reason


class RefusedSheet(CoalitionError):
    """A member's own table cannot be read; `reason` is a code of `documents.member_sheet`."""

    def __init__(self, reason: str) -> None:
        """Keep the reason's code."""
        super().__init__(f"the table cannot be read: {reason.replace('_', ' ')}")
        self.reason = reason


class BadFigure(CoalitionError):
    """An official figure, or what is said with it, cannot be; `wrong` is a `domain.official.Wrong`."""

    def __init__(self, wrong: str, text: str = "") -> None:
        """Keep what is wrong, and what was written there."""
        super().__init__(f"{wrong}: {text}")
        self.wrong = wrong
        self.text = text


class RefusedFile(CoalitionError):
    """A file is not taken as evidence; `reason` is a code of `domain.evidence.Refusal`."""

    def __init__(self, reason: str, number: int = 0) -> None:
        """Keep the reason's code, and for a file that is there already its number."""
        super().__init__(reason)
        self.reason = reason
        self.number = number


class UnusableName(CoalitionError):
    """A name is empty or too long."""


class NoConsent(CoalitionError):
    """There is no consent to take back: it was not given, or is withdrawn already."""

    def __init__(self, purposes: Sequence[str]) -> None:
        """Keep the codes of the purposes."""
        super().__init__(f"no consent in force for {', '.join(purposes)}")
        self.purposes = tuple(purposes)


class Held(CoalitionError):
    """The record may not go: its lead or recorder put a hold on it; `reason` is a HoldReason."""

    def __init__(self, reason: str) -> None:
        """Keep the reason's code."""
        super().__init__(f"the record is held: {reason}")
        self.reason = reason


class NotApproved(CoalitionError):
    """Two people have to agree to this, and these two may not; `reason` is a code of `domain.approvals`."""

    def __init__(self, reason: str) -> None:
        """Keep the reason's code."""
        super().__init__(reason)
        self.reason = reason


class OverBudget(CoalitionError):
    """The actor did this so often within an hour that they have to wait; `use` is a Use of `domain.throttling`."""

    def __init__(self, use: str, wait: timedelta) -> None:
        """Keep what was done too often, and how long to wait."""
        super().__init__(use)
        self.use = use
        self.wait = wait


class CannotLink(CoalitionError):
    """Some records cannot be counted as one, or one not by itself; `reason` is a `domain.same_incident.Obstacle`."""

    def __init__(self, reason: str, references: Sequence[str]) -> None:
        """Keep the reason's code and the references that are in the way."""
        super().__init__(reason)
        self.reason = reason
        self.references = tuple(references)
