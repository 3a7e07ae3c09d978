"""What happened to whom, in words: scenarios, victims, places, and the sentence they make in two languages.

Whole sentences are written by hand in both languages; only phrases that need no agreement are put into them,
and the endings that do need it are written out beside each other (see data/scenarios.toml).
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any, NamedTuple

from coalition.domain.incidents import Perpetrators, Victims

_ENDINGS = re.compile(r"\[([^\]|]*)\|([^\]|]*)\|([^\]|]*)\|([^\]|]*)\]")


@cache
def read_data(name: str) -> dict[str, Any]:
    """Return a TOML file of the demo's own data."""
    return tomllib.loads(resources.files("coalition.demo").joinpath("data", name).read_text(encoding="utf-8"))


@cache
def circumstances(*path: str) -> Any:  # noqa: ANN401 - whatever stands there: a text, a list or a table
    """Return what stands at this place of data/circumstances.toml."""
    node: Any = read_data("circumstances.toml")
    for key in path:
        node = node[key]
    return node


class Phrase(NamedTuple):
    """The same words in both languages."""

    en: str
    bg: str


@dataclass(frozen=True)
class Subject:
    """Who or what was attacked, as the beginning of a sentence."""

    who: Phrase
    en_form: str
    bg_form: str
    victims: Victims
    bias: Phrase | None = None
    """Instead of the motivation's own adjectives."""
    at: str = ""
    """For a site: its type of location."""
    building: bool = False

    @property
    def is_group(self) -> bool:
        """Tell whether this is a family, a couple or more people together."""
        return self.en_form == "group" and self.victims.number != 1

    @cached_property
    def whom(self) -> Phrase:
        """The phrase inside a sentence."""
        return Phrase(_inside(self.who.en), _inside(self.who.bg))


@dataclass(frozen=True)
class Attackers:
    """Who did it, as the agent of a passive sentence."""

    by: Phrase
    facts: Perpetrators


@dataclass(frozen=True)
class Scenario:
    """One thing that can happen."""

    sentence: Phrase
    offences: tuple[str, ...]
    at: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    """Bias indicators that lie in the scenario itself."""
    chosen_type: str = ""
    by: str = ""
    """Which attackers fit, where not everyone does."""
    by_few: bool = False
    building: bool = False
    """For property: fits buildings only."""
    alone: bool = False
    """Fits one person or two, not a family or a group."""
    when: str = ""
    """The time of day, where the sentence states it."""
    victims: Victims | None = None
    """Whoever the sentence itself names."""

    @cached_property
    def says_where(self) -> bool:
        """Tell whether the sentence has room for a place."""
        return "{where}" in self.sentence.en

    @cached_property
    def names_bias(self) -> bool:
        """Tell whether the sentence has room for the motivations' adjectives."""
        return "{bias" in self.sentence.en


@dataclass(frozen=True)
class Motivation:
    """What the demo knows of one bias motivation."""

    code: str
    organisations: tuple[str, ...]
    weight: int
    types: Mapping[str, int]
    bias: tuple[Phrase, ...]
    ground: str
    seconds: tuple[str, ...]
    people: tuple[Subject, ...]
    sites: tuple[Subject, ...]


def tell(scenario: Scenario, subject: Subject, where: Phrase, by: Phrase, bias: Phrase) -> Phrase:
    """Return the sentence that says what happened."""
    grammar, whom = read_data("grammar.toml"), subject.whom
    english, bulgarian = grammar["en"][subject.en_form], grammar["bg"][subject.bg_form]
    en = scenario.sentence.en.format(
        who=subject.who.en,
        whom=whom.en,
        bias=bias.en,
        bias_first=bias.en[0].upper() + bias.en[1:],
        by=by.en,
        where=where.en,
        **english,
    )
    bg = _agreeing(scenario.sentence.bg, bulgarian["ending"]).format(
        who=subject.who.bg, whom=whom.bg, bias=bias.bg, by=by.bg, where=where.bg, was=bulgarian["was"]
    )
    # A place may speak of "their home".
    return Phrase(en.format(**english) if "{" in en else en, smooth(bg))


def smooth(bulgarian: str) -> str:
    """Return a text that was put together with its prepositions and commas as they are written."""
    for pattern, put in _smoothing():
        bulgarian = pattern.sub(put, bulgarian)
    return bulgarian


@cache
def _smoothing() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(item["find"]), item["put"]) for item in read_data("grammar.toml")["smoothing"])


@cache
def _agreeing(template: str, ending: int) -> str:
    return _ENDINGS.sub(lambda found: found.group(ending + 1), template)


def _inside(phrase: str) -> str:
    """Return a sentence's first words as they look inside it; abbreviations keep their capitals."""
    return phrase if phrase[1:2].isupper() else phrase[0].lower() + phrase[1:]


def _phrase(item: Mapping[str, Any]) -> Phrase:
    return Phrase(item["en"], item["bg"])


def _victims(facts: Mapping[str, Any]) -> Victims:
    return Victims(**{"kind": "person", "link": "member", **facts})


def _person(item: Mapping[str, Any], identity: Mapping[str, Any]) -> Subject:
    en = item["en"].format(pre=identity["pre"], post=identity["post"])
    bias = _phrase(item["bias"]) if "bias" in item else None
    who = Phrase(en, item["bg"].format(bg=identity["bg"]))
    return Subject(who, item["en_form"], item["bg_form"], _victims(item["facts"]), bias)


def _people(data: Mapping[str, Any]) -> Iterator[Subject]:
    """Combine the general people with the motivation's identities, then add the motivation's own people."""
    everyone, nobody_else = read_data("victims.toml"), {"pre": "", "post": "", "bg": ""}
    for identity in data["identities"]:
        alone = identity.get("alone", False)
        general = everyone["people"] + (everyone["families"] if data["families"] else [])
        yield from (_person(item, identity) for item in general if not alone or item["facts"].get("number") == 1)
    yield from (_person(item, nobody_else) for item in data.get("people", []))


def _site(item: Mapping[str, Any]) -> Subject:
    victims = Victims(kind="place", link="association")
    return Subject(_phrase(item), "it", item["form"], victims, at=item["at"], building=item["building"])


@cache
def motivations() -> Mapping[str, Motivation]:
    """Return all motivations by code."""
    return {
        code: Motivation(
            code=code,
            organisations=tuple(data["organisations"]),
            weight=data["weight"],
            types=data["types"],
            bias=tuple(_phrase(item) for item in data["bias"]),
            ground=data["ground"],
            seconds=tuple(data["seconds"]),
            people=tuple(_people(data)),
            sites=tuple(_site(item) for item in data["sites"]),
        )
        for code, data in read_data("victims.toml")["motivations"].items()
    }


def _scenario(item: Mapping[str, Any], kind: str) -> Scenario:
    own = item.get("facts")
    if kind == "property_attack" and "at" in item:
        own = {"kind": "place", "link": "association"}
    return Scenario(
        sentence=_phrase(item),
        offences=tuple(item["offences"]),
        at=tuple(item.get("at", ())),
        extra=tuple(item.get("extra", ())),
        chosen_type=item.get("chosen_type", ""),
        by=item.get("by", ""),
        by_few=item.get("by_few", False),
        building=item.get("building", False),
        alone=item.get("alone", False),
        when=item.get("when", ""),
        victims=_victims(own) if own is not None else None,
    )


@cache
def scenarios(kind: str, motivation: str) -> tuple[Scenario, ...]:
    """Return what can happen: `kind` is a type of incident or a reason for not counting it."""
    groups = read_data("scenarios.toml")[kind]
    return tuple(_scenario(item, kind) for item in [*groups["any"], *groups.get(motivation, [])])


@cache
def attackers(group: str) -> tuple[Attackers, ...]:
    """Return the attackers of one group; "few" are strangers who fit into one car."""
    if group == "few":
        return tuple(item for item in attackers("strangers") if item.facts.number in {1, 2})
    items = circumstances("perpetrators", group)
    return tuple(Attackers(_phrase(item), Perpetrators(**item["facts"])) for item in items)


@cache
def phrases(*path: str) -> tuple[Phrase, ...]:
    """Return the two-language phrases that stand at this place of data/circumstances.toml."""
    return tuple(_phrase(item) for item in circumstances(*path))
