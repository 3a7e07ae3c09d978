"""What the sections of the recording form share."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from wtforms import Field, IntegerField
from wtforms.widgets import HiddenInput

from coalition.domain.incidents import Facts, PartialDate, Problem
from coalition.i18n.problems import wording
from coalition.services.settings import Settings
from coalition.web.forms.base import Form, add_error
from coalition.web.forms.fields import Rows, boxes_of


def shown(part: Any) -> dict[str, Any]:  # noqa: ANN401 - any part of an incident
    """Return what the fields of a row show of a part: a date in its three boxes."""
    return {
        name: boxes_of(value) if isinstance(value, PartialDate | date) else value
        for name, value in vars(part).items()
        if value is not None
    }


class VersionField(IntegerField):
    """The version of the record that the person saw; 0, which no record has, when the form does not say."""

    widget = HiddenInput()

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take anything unreadable for 0: the record then counts as changed, and nothing is overwritten."""
        sent = valuelist[0] if valuelist else ""
        self.see(int(sent) if re.fullmatch(r"[0-9]{1,9}", sent) else 0)

    def see(self, version: int) -> None:
        """Let the next press be about this version."""
        self.data, self.raw_data = version, None


class VersionedForm(Form):
    """A form about a record that somebody else may change meanwhile."""

    version = VersionField(default=0)

    @property
    def version_seen(self) -> int:
        """The version that the person saw."""
        return self.version.data or 0


class SectionForm(VersionedForm):
    """One section: it shows the facts it is about and reads back what changes."""

    plain: ClassVar[tuple[str, ...]] = ()
    """Facts that are texts or single codes, and have a field of the same name."""
    other: ClassVar[tuple[str, ...]] = ()
    """The other facts that the section is about."""

    def __init__(self, own: Settings, before: Facts, version: int = 0) -> None:
        """Show the facts, or what was typed if the form was sent; `own` are the coalition's settings."""
        shown = {**self.shown(before), "version": version}
        super().__init__(data=shown)
        self.before = before
        self.offer(own)

    @classmethod
    def shown(cls, facts: Facts) -> dict[str, Any]:
        """Return what the fields show."""
        return {name: getattr(facts, name) for name in cls.plain}

    def offer(self, own: Settings) -> None:
        """Set the choices that depend on the coalition or on the record."""

    def changes(self) -> dict[str, Any]:
        """Return the facts that the fields hold, to be put in the place of the former ones."""
        return {name: self[name].data or "" for name in self.plain}

    def places(self, problem: Problem) -> Iterable[Field]:
        """Return the fields beside which a problem is shown."""
        anchor = wording(problem).anchor
        return [field for field in self.controls() if field.id == anchor]

    def controls(self) -> Iterable[Field]:
        """Go through all fields, those of rows and of dates included."""
        return _flat(self)

    def point_out(self, problems: Iterable[Problem]) -> None:
        """Show what is missing beside the fields."""
        for problem in problems:
            for field in self.places(problem):
                add_error(field, str(wording(problem).text))

    def press(self, button: str) -> bool:
        """Do what a button of the section's rows says, "add" or "remove-" with a number; tell whether it has rows.

        Where a section has several lists of rows, the button names one: "needs:add".
        """
        rows = {field.short_name: field for field in self if isinstance(field, Rows)}
        name, _colon, act = button.rpartition(":")
        chosen = rows.get(name) or next(iter(rows.values()), None)
        if chosen is not None:
            chosen.press(act)
        return chosen is not None


def _flat(fields: Iterable[Field]) -> Iterable[Field]:
    for field in fields:
        inner = getattr(field, "entries", None) or getattr(field, "form", None)
        if inner is None:
            yield field
        else:
            yield from _flat(inner)


def answered(facts: Facts, section: type[SectionForm]) -> bool:
    """Tell whether any fact of a section is known."""
    values: Mapping[str, object] = {name: getattr(facts, name) for name in (*section.plain, *section.other)}
    return any(values.values())
