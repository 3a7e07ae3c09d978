"""What the cells of a submission stand for, so that they can be set beside the list that ODIHR publishes in English.

A version is frozen in the language and the wordings of its profile. Country, motivations and type are put back into the
words of the list by the codes that they stand for; what no code is known for stays as it is.
"""

from collections.abc import Iterator, Mapping

from coalition.domain.codebook import CodeList, codebook, countries
from coalition.domain.errors import UnknownCode
from coalition.domain.exports import JOINER
from coalition.domain.profiles import Profile
from coalition.domain.published import LANGUAGE
from coalition.i18n import in_language
from coalition.i18n.labels import label


class SentCells:
    """Puts the cells of one profile into the words of the published list."""

    def __init__(self, taken: Profile) -> None:
        """Look every wording up once."""
        self._taken = taken
        with in_language(taken.language):
            self._words = {
                "country": self._of(countries()),
                "motivations": self._of(codebook()["bias_motivations"]),
                "type": self._of(codebook()["incident_types"]),
            }

    def _of(self, known: CodeList) -> dict[str, str]:
        """Return the list's word by the profile's, of all codes of a list; of two that are worded alike the first."""
        words: dict[str, str] = {}
        for entry in known:
            own = self._taken.label_of(known.name, entry.code)
            if own is None:
                own = entry.label if self._taken.language == LANGUAGE else label(known.name, entry.code)
            words.setdefault(own, own if _is_known(known, own) else entry.label)
        return words

    @property
    def language(self) -> str:
        """Return the language of the descriptions."""
        return self._taken.language

    @property
    def is_foreign(self) -> bool:
        """Tell whether descriptions are in another language than those of the list."""
        return self.language != LANGUAGE

    def published(self, told: Mapping[str, str]) -> dict[str, str]:
        """Return some cells, by field of the profile, as the list would say them."""
        found = dict(told)
        for name in ("country", "type"):
            if name in found:
                found[name] = self._words[name].get(found[name], found[name])
        if "motivations" in found:
            parts = self._parts(found["motivations"], self._taken.motivations_joiner)
            found["motivations"] = JOINER.join(self._words["motivations"].get(part, part) for part in parts)
        if "credited" in found:
            found["credited"] = found["credited"].replace(self._taken.sources_joiner, JOINER)
        return found

    def _parts(self, cell: str, joiner: str) -> Iterator[str]:
        """Yield the wordings that a cell joins; one that holds the joiner itself is not cut."""
        rest = cell
        while rest:
            known = (words for words in self._words["motivations"] if f"{rest}{joiner}".startswith(f"{words}{joiner}"))
            part = max(known, key=len, default=rest.partition(joiner)[0])
            yield part
            rest = rest[len(part) + len(joiner) :]


def _is_known(known: CodeList, words: str) -> bool:
    try:
        known.find(words)
    except UnknownCode:
        return False
    return True
