"""Which scenario happens to whom: draws that belong together, so that sentence and codes agree."""

from typing import NamedTuple

from coalition.demo.decks import Shelf
from coalition.demo.wording import (
    Attackers,
    Motivation,
    Phrase,
    Scenario,
    Subject,
    attackers,
    motivations,
    phrases,
    scenarios,
    tell,
)
from coalition.domain.codebook import codebook

NEIGHBOUR_SHARE = 0.6
"""Of what happens at home, how much the neighbours do."""

_NOTHING = Phrase("", "")
_UNNAMED = Phrase("-", "-")
"""The subject of sentences that name their own victim and have no room for another."""


class Told(NamedTuple):
    """A scenario, and everybody in it."""

    motivation: Motivation
    codes: tuple[str, ...]
    """All motivations, in the code book's order."""
    scenario: Scenario
    subject: Subject
    attackers: Attackers
    location: str
    bias: Phrase
    sentence: Phrase

    @property
    def manner(self) -> str:
        """Return what was attacked, and whether anybody stood opposite: "person", "remote" or "property"."""
        if self.subject.victims.kind == "place":
            return "property"
        return "remote" if self.scenario.by == "unseen" else "person"

    @property
    def unidentified(self) -> bool:
        """Tell whether nobody knows who did it."""
        return self.attackers.facts.relation == "unknown"


class Teller:
    """Draws what happened. Nothing is told again before everything was told once."""

    def __init__(self, shelf: Shelf) -> None:
        """Keep the decks."""
        self._shelf = shelf

    def tell(self, kind: str, motivation_code: str, *, several: bool) -> Told:
        """Draw a scenario: `kind` is a type of incident, or a reason for not counting it."""
        motivation = motivations()[motivation_code]
        scenario = self._scenario(kind, motivation, several=several)
        codes = self._codes(kind, motivation, scenario) if several else (motivation.code,)
        subject = self._subject(kind, motivation, scenario, women="gender" in codes)
        location = subject.at or self._shelf.draw(("at", scenario.at), lambda: scenario.at)
        doers = self._attackers(kind, scenario, location)
        bias = self._bias(motivation, subject, codes)
        sentence = tell(scenario, subject, self._where(scenario, location), doers.by, bias)
        return Told(motivation, codes, scenario, subject, doers, location, bias, sentence)

    def _scenario(self, kind: str, motivation: Motivation, *, several: bool) -> Scenario:
        def fitting() -> list[Scenario]:
            # With two motivations the sentence has to name both.
            found = scenarios(kind, motivation.code)
            return [item for item in found if not several or (item.names_bias and item.victims is None)]

        return self._shelf.draw(("scenario", kind, motivation.code, several), fitting)

    def _codes(self, kind: str, motivation: Motivation, scenario: Scenario) -> tuple[str, ...]:
        """Return the motivation with a second one that fits what was attacked: a site has no gender."""
        site = kind == "property_attack" or scenario.victims is not None
        seconds = tuple(code for code in motivation.seconds if not (site and code == "gender"))
        if not seconds:
            return (motivation.code,)
        second = self._shelf.draw(("second", motivation.code, seconds), lambda: seconds)
        return codebook()["bias_motivations"].sorted((motivation.code, second))

    def _subject(self, kind: str, motivation: Motivation, scenario: Scenario, *, women: bool) -> Subject:
        if scenario.victims is not None:
            return Subject(_UNNAMED, "it", "m", scenario.victims)
        if kind == "property_attack":
            name: tuple[object, ...] = ("sites", motivation.code, scenario.building)
            return self._shelf.draw(name, lambda: _sites(motivation, scenario))
        name = ("people", motivation.code, scenario.alone, women)
        return self._shelf.draw(name, lambda: _people(motivation, scenario, women=women))

    def _attackers(self, kind: str, scenario: Scenario, location: str) -> Attackers:
        group = scenario.by or ("few" if scenario.by_few else "strangers")
        if kind == "property_attack":
            group = "unseen"
        elif location == "home" and not scenario.by and self._shelf.chance(NEIGHBOUR_SHARE):
            group = "neighbours"
        return self._shelf.draw(("attackers", group), lambda: attackers(group))

    def _where(self, scenario: Scenario, location: str) -> Phrase:
        if not scenario.says_where:
            return _NOTHING
        return self._shelf.draw(("places", location), lambda: phrases("places", location))

    def _bias(self, motivation: Motivation, subject: Subject, codes: tuple[str, ...]) -> Phrase:
        own = subject.bias or self._shelf.draw(("bias", motivation.code), lambda: motivation.bias)
        if len(codes) == 1:
            return own
        others = [motivations()[code].bias[0] for code in codes if code != motivation.code]
        joined = [own, *others]
        return Phrase(" and ".join(item.en for item in joined), " и ".join(item.bg for item in joined))


def _sites(motivation: Motivation, scenario: Scenario) -> list[Subject]:
    return [site for site in motivation.sites if site.building or not scenario.building]


def _people(motivation: Motivation, scenario: Scenario, *, women: bool) -> list[Subject]:
    fitting = [person for person in motivation.people if not (scenario.alone and person.is_group)]
    return [person for person in fitting if not women or person.victims.gender == "woman"]
