"""The internal account and the public descriptions, with what in them may give a person away."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from wtforms import Field, HiddenField

from coalition import i18n
from coalition.domain.anonymity import Flag, cleared, flagged, own_of, same, still_needed
from coalition.domain.drafting import USUAL_WORDS, drafted, drafts_in, words_of
from coalition.domain.incidents import Clearance, Facts, Problem
from coalition.i18n import L_, _, format_number, ngettext
from coalition.i18n.labels import label
from coalition.services.settings import Settings
from coalition.web.forms.fields import LongText, PartForm, Rows, Text
from coalition.web.forms.incidents.section import SectionForm

ODIHR_LANGUAGE = "en"
_NARRATIVE = 20_000
_DESCRIPTION = 2000
_MOST_FLAGS = 100
CHECK, PROPOSE = "check", "propose"
"""Buttons that show the page again and save nothing."""


class ClearanceRow(PartForm):
    """One flagged span, and why it gives nobody away."""

    text = HiddenField()
    reason = Text(render_kw={"autocomplete": "off"})


@dataclass(frozen=True)
class Piece:
    """A part of a text: flagged, or in between."""

    text: str
    kind: str = ""
    open: bool = False


@dataclass(frozen=True)
class Row:
    """One control under a text: the span that it is about, and the field for the reason."""

    kind: str
    text: str
    form: Any
    open: bool
    """Whether no reason is given yet."""

    @property
    def hint(self) -> str:
        """What it may be, and what to do about it."""
        return f"{label('flag_kinds', self.kind)}. {label('flag_advice', self.kind)}"


@dataclass(frozen=True)
class Checked:
    """A description, and what in it may give a person away."""

    field: LongText
    language: str
    words: int
    flags: tuple[Flag, ...]
    pieces: tuple[Piece, ...]
    rows: tuple[Row, ...]
    proposal: str = ""
    """A proposed text, where another is typed already."""
    nothing_to_propose: bool = False
    """Whether a proposal was asked for, and the record does not say yet what happened."""

    @property
    def open(self) -> int:
        """How many spans still need a reason, or to go."""
        return sum(row.open for row in self.rows)

    @property
    def too_long(self) -> bool:
        """Whether it is longer than nearly all that ODIHR publishes: advice, no error."""
        return self.words > USUAL_WORDS[1]

    @property
    def state(self) -> str:
        """How the check stands, in words; empty for an empty text."""
        if self.open:
            return ngettext(
                "%(num)s part may tell who it was. Change the text, or say why it is harmless.",
                "%(num)s parts may tell who it was. Change the text, or say why they are harmless.",
                self.open,
            )
        if self.rows:
            return _("Everything that was marked has a reason.")
        return _("Nothing in it was marked. Read it once more as somebody who knows the people.") if self.words else ""

    @property
    def length(self) -> str:
        """How long it is, in words."""
        usual, most = map(format_number, USUAL_WORDS)
        count = format_number(self.words)
        if self.too_long:
            return _("Words: %(count)s. Nine of ten descriptions have fewer than %(most)s.", count=count, most=most)
        return _("Words: %(count)s. About %(usual)s are usual.", count=count, usual=usual)


class DescriptionsForm(SectionForm):
    """The internal account, and the descriptions that may be published."""

    plain = ("narrative",)
    other = ("descriptions", "clearances")

    narrative = LongText(
        L_("What happened? Internal account"),
        most=_NARRATIVE,
        description=L_(
            "In any language, in as much detail as you need. Your organisation sees it and, once the incident "
            "is submitted, the coordinator. It is never published and never sent to ODIHR. Leave names out."
        ),
        render_kw={"rows": 10, "data-words": ""},
    )

    @classmethod
    def in_languages(cls, languages: Sequence[str]) -> "type[DescriptionsForm]":
        """Return the form with one description for English, which comes first, and for each language."""
        codes = tuple(dict.fromkeys((ODIHR_LANGUAGE, *languages)))
        texts = {f"description_{code}": _description(code) for code in codes}
        # One list per language: a page that shows the newest marks of one leaves the others as they are.
        rows = {f"clearances_{code}": Rows(ClearanceRow, "", most=_MOST_FLAGS) for code in codes}
        return type("DescriptionsForm", (cls,), {**texts, **rows})

    def __init__(self, own: Settings, before: Facts, version: int = 0) -> None:
        """Show the texts and what is flagged in them; reasons follow the words they were given for."""
        super().__init__(own, before, version)
        self.proposed = False
        self._sent = {
            (_code(field), same(row["text"])): row["reason"]
            for field in self.description_fields
            for row in self._rows_of(_code(field)).filled
        }
        self._lay_out()

    @property
    def description_fields(self) -> list[LongText]:
        """One field per language."""
        return [field for field in self if isinstance(field, LongText) and field.name != "narrative"]

    @classmethod
    def shown(cls, facts: Facts) -> dict[str, Any]:
        """Return what the fields show."""
        texts = {f"description_{code}": text for code, text in facts.descriptions.items()}
        return {**super().shown(facts), **texts}

    def press(self, button: str) -> bool:
        """Check the texts, or propose some where none are typed; nothing is saved by either."""
        if button == PROPOSE:
            self.proposed = True
            for field in self.description_fields:
                if not field.data:
                    field.data = drafted(self.before, _code(field))
            self._lay_out()
        return True

    def changes(self) -> dict[str, Any]:
        """Return the facts that the fields hold; texts in languages that are not offered stay."""
        facts = self._typed()
        given = (self._clearance(row, text) for text in self.checked for row in text.rows)
        offered = {text.language for text in self.checked}
        others = (item for item in self.before.clearances if item.language not in offered)
        kept = still_needed([*others, *given], facts)
        return {**super().changes(), "descriptions": facts.descriptions, "clearances": kept}

    def places(self, problem: Problem) -> Iterable[Field]:
        """Return the fields beside which a problem is shown: a flag beside the first that has no reason."""
        if problem.code != "flagged":
            return super().places(problem)
        unexplained = (row.form.reason for text in self.checked for row in text.rows if row.open)
        return [field for field in (next(unexplained, None),) if field is not None]

    # --- what is flagged -----------------------------------------------------------------------------------

    def _typed(self) -> Facts:
        typed = {_code(field): field.data or "" for field in self.description_fields}
        kept = {code: text for code, text in {**self.before.descriptions, **typed}.items() if text}
        return replace(self.before, descriptions=kept)

    def _reason(self, language: str, flag: Flag) -> str:
        sent = self._sent.get((language, flag.key))
        given = cleared(flag, language, self.before.clearances)
        return sent if sent is not None else given.reason if given else ""

    def _lay_out(self) -> None:
        """Make one control for everything that is flagged, whatever rows were sent."""
        known = own_of(self.before)
        self.checked = [
            self._checked(field, flagged(field.data or "", _code(field), known)) for field in self.description_fields
        ]

    def _rows_of(self, language: str) -> Rows:
        return cast("Rows", self[f"clearances_{language}"])

    def _checked(self, field: LongText, flags: tuple[Flag, ...]) -> Checked:
        language, text = _code(field), field.data or ""
        rows_of_language = self._rows_of(language)
        rows_of_language.entries.clear()
        rows_of_language.last_index = -1
        different = {flag.key: flag for flag in flags}
        rows = tuple(self._row(language, flag) for flag in different.values())
        unexplained = {same(row.text) for row in rows if row.open}
        proposal = drafted(self.before, language) if self.proposed else ""
        return Checked(
            field=field,
            language=language,
            words=words_of(text),
            flags=flags,
            pieces=tuple(_pieces(text, flags, unexplained)),
            rows=rows,
            proposal="" if proposal == text else proposal,
            nothing_to_propose=self.proposed and drafts_in(language) and not proposal,
        )

    def _row(self, language: str, flag: Flag) -> Row:
        reason = self._reason(language, flag)
        entry = self._rows_of(language).append_entry({"text": flag.text, "reason": reason})
        entry.form.reason.label.text = _("“%(text)s” is harmless, because", text=flag.text)
        return Row(flag.kind.value, flag.text, entry.form, not reason)

    @staticmethod
    def _clearance(row: Row, text: Checked) -> Clearance:
        return Clearance(text.language, row.kind, row.text, row.form.reason.data or "")

    @property
    def can_propose(self) -> bool:
        """Whether a text can be proposed in one of the languages."""
        return any(drafts_in(_code(field)) for field in self.description_fields)


def _code(field: LongText) -> str:
    return field.short_name.removeprefix("description_")


def _pieces(text: str, flags: Iterable[Flag], unexplained: Iterable[str]) -> Iterable[Piece]:
    at = 0
    for flag in flags:
        if flag.start > at:
            yield Piece(text[at : flag.start])
        yield Piece(flag.text, flag.kind.value, flag.key in unexplained)
        at = flag.end
    if at < len(text):
        yield Piece(text[at:])


def _description(code: str) -> Any:  # noqa: ANN401 - a field that is not bound yet
    known = i18n.locale(code)
    return LongText(
        _("Public description (%(language)s)", language=known.native_name),
        most=_DESCRIPTION,
        description=_("ODIHR reads this one.") if code == ODIHR_LANGUAGE else "",
        render_kw={"rows": 5, "lang": known.code, "dir": known.direction, "data-checked": code},
    )


def form_for(form: type[SectionForm], own: Settings) -> type[SectionForm]:
    """Return a section's form with the fields that depend on the coalition's languages."""
    return form.in_languages(own.languages) if issubclass(form, DescriptionsForm) else form
