"""The free texts of an invented record: internal ones in Bulgarian, the public description in two languages."""

from collections.abc import Iterable

from coalition.demo.decks import Shelf
from coalition.demo.telling import Told
from coalition.demo.wording import Phrase, circumstances, phrases, smooth
from coalition.domain.incidents import Indicator

IMPACT_SHARE = 0.6
DETAIL_SHARES = (0.9, 0.4)
SUPPORT_SHARE = 0.8
INJURY_TOLD, STATUS_TOLD, PATTERN_TOLD = 0.7, 0.4, 0.6
"""How often a description says what the record knows: most published ones have fewer than twenty words."""


class Writer:
    """Writes texts about what was told, sentence by sentence."""

    def __init__(self, shelf: Shelf) -> None:
        """Keep the decks of sentences."""
        self._shelf = shelf

    def narrative(self, told: Told, town: str, when: str, *, public: bool) -> str:
        """Return the internal narrative: how it became known, where, what happened, what was done."""
        intake = self._text("intake_public" if public else "intake")
        setting = self._text("setting").format(town=town, when=when) if town else ""
        sentences = [intake, setting, told.sentence.bg]
        if not public:
            details = (self._perhaps(share, "detail", told.manner) for share in DETAIL_SHARES)
            sentences += [*dict.fromkeys(details), self._perhaps(SUPPORT_SHARE, "support", told.manner)]
        return _paragraph(sentences)

    def descriptions(
        self, told: Told, indicators: Iterable[Indicator], injury: Phrase | None, status: str
    ) -> dict[str, str]:
        """Return the public description: past tense, passive, no name, no day, no town."""
        parts = [told.sentence]
        if injury and self._shelf.chance(INJURY_TOLD):
            parts.append(injury)
        if status != "unknown" and self._shelf.chance(STATUS_TOLD):
            key = _status_key(told, status)
            parts.append(self._shelf.draw(("police", key), lambda: phrases("police", key)))
        if any(item.code == "pattern" for item in indicators) and self._shelf.chance(PATTERN_TOLD):
            parts.append(self._shelf.draw("patterns", lambda: phrases("patterns")))
        return {"en": _paragraph(part.en for part in parts), "bg": _paragraph(part.bg for part in parts)}

    def impact(self, told: Told) -> str:
        """Return what the incident did to those concerned, or nothing."""
        return self._perhaps(IMPACT_SHARE, "impact", told.manner)

    def response(self, told: Told, status: str) -> str:
        """Return how the authorities answered; nothing where they were not asked."""
        key = _status_key(told, status)
        if key not in circumstances("authorities_response"):
            return ""
        return str(self._shelf.draw(("response", key), lambda: circumstances("authorities_response", key)))

    def note(self, told: Told, key: str) -> str:
        """Return what was observed for a bias indicator."""
        template: str = self._shelf.draw(("note", key), lambda: circumstances("notes", key))
        return smooth(template.format(ground=told.motivation.ground, bias=told.bias.bg))

    def _text(self, *path: str) -> str:
        return str(self._shelf.draw(path, lambda: circumstances("texts", *path)))

    def _perhaps(self, share: float, *path: str) -> str:
        return self._text(*path) if self._shelf.chance(share) else ""


def _status_key(told: Told, status: str) -> str:
    """Return the key of texts about a status: a closed case reads differently when nobody was identified."""
    return "closed_unidentified" if status == "closed" and told.unidentified else status


def _paragraph(sentences: Iterable[str]) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
