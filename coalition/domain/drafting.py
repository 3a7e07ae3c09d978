"""A first sentence for a public description, put together from a record's codes; a person mends it.

The order and the measure are those of ODIHR's own descriptions (16,944 of them): who, what bias was shown, the
offence, by whom, injury, police. Only codes and small numbers go in: never a name, a day or a place.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from coalition.domain.codebook import read_data
from coalition.domain.incidents import Facts, Perpetrators, Victims

USUAL_WORDS = (19, 39)
"""Words of ODIHR's descriptions: the median, and the number that nine of ten stay under."""
_PEOPLE = {"person", "group"}
_AGREEING = re.compile(r"\[([^\]|]*)\|([^\]|]*)\|([^\]|]*)\|([^\]|]*)\]")
_FORMS = ("m", "f", "n", "pl")
_COUNTED = 10
"""The largest number that is written as a word; more people are several, which identifies fewer."""


def words_of(text: str) -> int:
    """Count the words of a text."""
    return len(text.split())


@cache
def _phrases() -> Mapping[str, Mapping[str, Any]]:
    return read_data("drafts.toml")


def drafts_in(language: str) -> bool:
    """Tell whether a text can be proposed in a language."""
    return language in _phrases()


def drafted(facts: Facts, language: str) -> str:
    """Return a proposed description; empty for a language without phrases, or as long as nobody knows what happened."""
    if not drafts_in(language) or not (facts.offences or facts.motivations):
        return ""
    draft = _Draft(facts, _phrases()[language])
    return " ".join(sentence for sentence in draft.sentences() if sentence)


@dataclass(frozen=True)
class _Said:
    """A phrase, and how the words about it agree: "m", "f", "n" or "pl"."""

    text: str
    form: str


@dataclass(frozen=True)
class _Draft:
    facts: Facts
    words: Mapping[str, Any]

    def sentences(self) -> Iterable[str]:
        """Yield the sentences in order, empty where nothing is known."""
        yield self._deed()
        several = self._victim.form == "pl"
        harm = next((row.harm for row in self.facts.victims if row.harm), "")
        yield self.words["harm"].get(harm, ("", ""))[several] if self._of_people else ""
        yield self.words["police"].get(self.facts.case_status, "")
        repeated = any(row.earlier == "several" for row in self.facts.victims)
        yield self.words["series"] if repeated or "pattern" in {item.code for item in self.facts.indicators} else ""

    # --- who was targeted ----------------------------------------------------------------------------------

    @property
    def _row(self) -> Victims:
        return self.facts.victims[0] if self.facts.victims else Victims("person")

    @property
    def _of_people(self) -> bool:
        return self._row.kind in _PEOPLE

    @property
    def _victim(self) -> _Said:
        row = self._row
        if row.kind in {"institution", "place"}:
            return self._thing("institution" if row.kind == "institution" else "site")
        before, after = self._qualifiers()
        several = (row.number or 0) > 1 or row.kind == "group" or len(self.facts.victims) > 1
        if several:
            return _Said(f"{self._many(row, before)} {after}".strip(), "pl")
        person, form = self._person(row.age_band, row.gender, before)
        return _Said(f"{_with_article(self.words, person)} {after}".strip(), form)

    def _thing(self, kind: str) -> _Said:
        form = "f" if kind == "institution" else "m"
        of = next((self.words["of"][code] for code in self.facts.motivations if code in self.words["of"]), "")
        return _Said(self.words[kind].format(qualifier=of) if of else self.words[f"{kind}_plain"], form)

    def _qualifiers(self) -> tuple[str, str]:
        """Return what stands before and after the noun: only for who belongs to the group, or was taken to."""
        codes = (*self.facts.motivations, *self._row.sub_grounds)
        before = next((self.words["before"][code] for code in codes if code in self.words["before"]), "")
        after = " ".join(self.words["after"][code] for code in codes if code in self.words["after"])
        return ("", "") if self._row.link == "association" else (before, after)

    def _many(self, row: Victims, before: str) -> str:
        people = self._people(row, before)
        number = sum(item.number or 1 for item in self.facts.victims) if row.kind != "group" else row.number or 0
        return self._count(number, people, row.gender)

    def _count(self, number: int, people: str, gender: str) -> str:
        if not 1 < number <= _COUNTED:
            return str(self.words["several"]).format(people=people)
        return f"{self._number(number, gender)} {people}"

    def _number(self, number: int, gender: str) -> str:
        numbers = self.words.get("numbers_m") if gender == "man" else None
        return str((numbers or self.words["numbers"])[number])

    def _people(self, row: Victims | Perpetrators, before: str = "") -> str:
        return self._noun(row.age_band, row.gender, before, several=True)

    def _person(self, age_band: str, gender: str, before: str = "") -> tuple[str, str]:
        forms = self.words.get("forms", {}).get(age_band, ("m", "f", "m"))
        return self._noun(age_band, gender, before, several=False), forms[_gender(gender)]

    def _noun(self, age_band: str, gender: str, before: str, *, several: bool) -> str:
        nouns = self.words["people"].get(age_band, self.words["people"]["other"])
        return str(nouns[2 * _gender(gender) + several]).format(f"{before} " if before else "")

    # --- what was done, and by whom --------------------------------------------------------------------------

    def _deed(self) -> str:
        victim = self._victim
        where = self.words["where"].get(self.facts.location_type, "") if self._of_people else ""
        parts = (victim.text, self.words["be"], self._acts(), where, self._by())
        return _sentence(_agree(" ".join(part for part in parts if part), victim.form))

    def _acts(self) -> str:
        known = self.words["person" if self._of_people else "thing"]
        # The table's order is that of the telling: words before blows.
        acts = [text for code, text in known.items() if code in self.facts.offences]
        bias = [self.words["bias"][code] for code in self.facts.motivations if code in self.words["bias"]]
        if self._of_people and bias and "expression" in {item.code for item in self.facts.indicators}:
            acts.insert(0, self.words["insults"].format(bias=_joined(bias, self.words["and"])))
        return _joined(acts or [self.words["attacked"]], self.words["and"])

    def _by(self) -> str:
        rows = self.facts.perpetrators
        who = _joined([self._doers(row) for row in rows], self.words["and"]) if rows else ""
        return str(self.words["by"]).format(who=who) if who else ""

    def _doers(self, row: Perpetrators) -> str:
        several = row.number != 1
        if row.relation in self.words["relation"]:
            return str(self.words["relation"][row.relation][several])
        if row.gender not in {"man", "woman", "mixed"} and not row.number:
            return str(self.words["unknown"])
        if not several:
            known = row.gender in {"man", "woman"}
            return (
                _with_article(self.words, self._person(row.age_band, row.gender)[0])
                if known
                else self.words["one_unknown"]
            )
        people = self._people(row)
        if row.number and 2 < row.number <= _COUNTED:  # noqa: PLR2004 - two are a pair, three a group
            return str(self.words["group_of"]).format(number=self._number(row.number, row.gender), people=people)
        return self._count(row.number or 0, people, row.gender)


def _gender(gender: str) -> int:
    return {"man": 0, "woman": 1}.get(gender, 2)


def _with_article(words: Mapping[str, Any], noun: str) -> str:
    """Put the indefinite article before a noun, in languages that have one."""
    article = words["numbers"][1]
    if not article:
        return noun
    return f"{article}n {noun}" if noun[:1] in set("aeio") else f"{article} {noun}"


def _agree(text: str, form: str) -> str:
    return _AGREEING.sub(lambda found: found[_FORMS.index(form) + 1], text)


def _joined(parts: list[str], last: str) -> str:
    return f" {last} ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
