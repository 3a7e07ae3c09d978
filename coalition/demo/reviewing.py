"""What became of an invented incident: drafts, questions and answers, decisions."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from coalition.demo.decks import Deck
from coalition.demo.model import DemoDecision, DemoMessage
from coalition.demo.wording import circumstances
from coalition.domain.incidents import Facts, Indicator
from coalition.domain.reviews import UNDECIDED, Step
from coalition.domain.vocabulary import Basis, IncidentType, Purpose, RejectionReason, State

_EARLIER_YEARS: Mapping[State, int] = {State.ACCEPTED: 9, State.REJECTED: 1}
_LATEST_YEAR: Mapping[State, int] = {
    State.ACCEPTED: 12,
    State.SUBMITTED: 3,
    State.IN_REVIEW: 1,
    State.RETURNED: 2,
    State.REJECTED: 1,
    State.DRAFT: 2,
}
_REASONS: Mapping[RejectionReason, int] = {
    RejectionReason.SPEECH_OR_DISCRIMINATION: 4,
    RejectionReason.NOT_CRIMINAL: 2,
    RejectionReason.NO_INDICATOR: 2,
    RejectionReason.NOT_ENOUGH_DETAIL: 2,
    RejectionReason.DUPLICATE: 2,
    RejectionReason.NO_CONSENT: 1,
    RejectionReason.NOT_VERIFIED: 2,
}
_TOLD_DIFFERENTLY = {RejectionReason.SPEECH_OR_DISCRIMINATION, RejectionReason.NOT_CRIMINAL}
"""The reasons that lie in what happened, and so have scenarios of their own."""

_MISSING: Mapping[str, int] = {"": 2, "indicators": 1, "date": 1, "consent": 1, "almost_everything": 1}
"""What drafts still lack; "" is a complete one."""


ASKED_SHARE = 0.15
"""The share of records about which the coordinator asked something before deciding."""
ENOUGH_DAYS = 3


@dataclass(frozen=True)
class Fate:
    """Where an incident ends."""

    state: State
    reason: RejectionReason | None = None
    missing: str = ""


class Reviewer:
    """Decides about invented incidents, in proportions."""

    def __init__(self, rng: random.Random, coordinator: str) -> None:
        """Keep the source of randomness and the coordinator's e-mail."""
        self._rng = rng
        self._coordinator = coordinator
        self._earlier = Deck.weighted(rng, _EARLIER_YEARS)
        self._latest = Deck.weighted(rng, _LATEST_YEAR)
        self._reasons = Deck.weighted(rng, _REASONS)
        self._missing = Deck.weighted(rng, _MISSING)
        self._questions = Deck(rng, [item["text"] for item in circumstances("questions")])
        self._conversations = Deck[Mapping[str, str]](rng, circumstances("conversations"))
        self._explanations = {
            RejectionReason(code): Deck(rng, texts) for code, texts in circumstances("rejections").items()
        }

    def fate(self, *, latest: bool) -> Fate:
        """Draw what becomes of the next incident; only the latest data year has undecided ones."""
        state = (self._latest if latest else self._earlier).draw()
        if state is State.REJECTED:
            return Fate(state, reason=self._reasons.draw())
        return Fate(state, missing=self._missing.draw() if state is State.DRAFT else "")

    def story(self, fate: Fate, kind: str) -> str:
        """Return what has to be told so that the fate is deserved: a type of incident, or a reason."""
        return fate.reason.value if fate.reason in _TOLD_DIFFERENTLY else kind

    def shape(self, fate: Fate, facts: Facts) -> Facts:
        """Take out of complete facts whatever the fate needs to be missing."""
        if fate.state is State.DRAFT:
            return _draft(facts, fate.missing)
        return _rejected(facts, fate.reason) if fate.reason else facts

    def review(
        self, fate: Fate, facts: Facts, author: str, recorded_on: date, decided_on: date
    ) -> tuple[DemoDecision | None, tuple[DemoMessage, ...]]:
        """Return the decision, if there is one, and the conversation before it, if there was one."""
        if fate.state is State.DRAFT:
            return None, ()
        # A question, an answer and a decision are three different days.
        asked = (decided_on - recorded_on).days >= ENOUGH_DAYS and self._rng.random() < ASKED_SHARE
        # What nobody works on yet, nobody has asked about.
        talks = asked and fate.state is not State.SUBMITTED
        conversation = self._conversation(facts, author, recorded_on, decided_on) if talks else ()
        if fate.state in UNDECIDED:
            return None, conversation
        return self._decision(fate, decided_on), conversation

    def _decision(self, fate: Fate, decided_on: date) -> DemoDecision:
        if fate.state is State.RETURNED:
            return DemoDecision(Step.RETURN, decided_on, text=self._questions.draw())
        if fate.reason is not None:
            return DemoDecision(Step.REJECT, decided_on, fate.reason, self._explanations[fate.reason].draw())
        return DemoDecision(Step.ACCEPT, decided_on)

    def _conversation(
        self, facts: Facts, author: str, recorded_on: date, decided_on: date
    ) -> tuple[DemoMessage, DemoMessage]:
        item = self._conversations.draw()
        while not _fits(item.get("fits", ""), facts):
            item = self._conversations.draw()
        span = (decided_on - recorded_on).days
        asked, answered = (recorded_on + timedelta(days=span * part // 3) for part in (1, 2))
        return DemoMessage(self._coordinator, item["question"], asked), DemoMessage(author, item["answer"], answered)


def _fits(condition: str, facts: Facts) -> bool:
    """Tell whether a question makes sense for a record."""
    return {
        "": True,
        "year": facts.date is not None and facts.date.precision == "year",
        "odihr": facts.basis == Basis.CONSENT and facts.allows(Purpose.ODIHR),
        "reported": facts.case_status in {"reported", "investigation"},
        "violent_attack": facts.type is IncidentType.VIOLENT_ATTACK,
    }[condition]


def _draft(facts: Facts, missing: str) -> Facts:
    if missing == "indicators":
        return replace(facts, indicators=(), descriptions={})
    if missing == "date":
        return replace(facts, date=None, time="", perpetrators=())
    if missing == "consent":
        return replace(facts, basis="", consents=frozenset(), consent_by="", consent_way="", consent_date=None)
    if missing == "almost_everything":
        return Facts(country=facts.country, narrative=facts.narrative, own_reference=facts.own_reference)
    return facts


def _rejected(facts: Facts, reason: RejectionReason) -> Facts:
    if reason is RejectionReason.NO_INDICATOR:
        return replace(facts, indicators=(Indicator("perception", circumstances("supposition"), "recorder"),))
    if reason is RejectionReason.NOT_ENOUGH_DETAIL:
        return replace(facts, region="", municipality="", location_type="", time="", descriptions={})
    if reason is RejectionReason.SPEECH_OR_DISCRIMINATION:
        return replace(facts, chosen_scope="speech_or_discrimination")
    if reason is RejectionReason.NOT_CRIMINAL:
        return replace(facts, chosen_scope="not_criminal", scope_reason=circumstances("not_criminal"))
    if reason is RejectionReason.NO_CONSENT and facts.basis == Basis.CONSENT:
        withdrawn = {Purpose.STATISTICS, Purpose.ODIHR, Purpose.PUBLISH}
        return replace(facts, consents=facts.consents - withdrawn)
    return facts
