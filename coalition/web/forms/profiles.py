"""The forms of profiles: what one says, its file as text, a copy, and which one a data year is built with.

What is typed becomes the text of a file, and the rules of files judge it: a page knows none of its own.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, cast

from wtforms import FileField, HiddenField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # the stubs are older
from wtforms.validators import DataRequired, ValidationError

from coalition import i18n
from coalition.domain.profile_checks import FACTS_OF, MOST_COLUMNS, DatePrecision, Problem
from coalition.i18n import L_, _
from coalition.i18n.profiles import (
    FIELDS,
    JOINERS,
    PRECISIONS,
    PURPOSES,
    joiner_in_words,
    problem_in_words,
    problem_with_line,
)
from coalition.web.forms.base import Form, add_error
from coalition.web.forms.fields import CodeCheckboxes, LongText, PartForm, Rows, Text, Year

_LONGEST_TEXT = 8000
_LONGEST_FILE = 50_000
_LONGEST_SHOWN = 40

_OTHER = "other"


class CodeForm(Form):
    """A new profile's code."""

    code = Text(
        L_("Code of the new profile"),
        most=40,
        validators=[DataRequired(L_("Write a code."))],
        description=L_("It names the profile in addresses and files. Small Latin letters, digits and hyphens."),
    )


class ChoiceForm(Form):
    """Which profile a data year is built with."""

    year = Year(L_("Data year"), lowest=1990, highest=2100, validators=[DataRequired(L_("Choose a data year."))])
    code = SelectField(L_("Profile"), validate_choice=False)


class TextForm(Form):
    """The file of a profile, as text or as a file that takes its place."""

    code = Text(L_("Code of the new profile"), most=40)
    text = LongText(
        L_("The file"),
        most=_LONGEST_FILE,
        render_kw={"rows": 24, "spellcheck": "false"},
    )
    file = FileField(L_("A file that takes the place of this text"), description=L_("TOML, at most 50 kB."))
    number = HiddenField()

    def refuse(self, problems: Sequence[Problem]) -> None:
        """Say beside the text what is wrong with it, each with its line."""
        for problem in problems:
            add_error(self.text, problem_with_line(problem))


class ColumnRows(Rows):
    """Columns in their order."""

    def refused(self, place: int) -> PartForm:
        """Return the fields of a column, counted from 1."""
        return cast("PartForm", self.entries[place - 1].form)


@cache
def _row(languages: tuple[str, ...], *, widths: bool) -> type[PartForm]:
    """Return the fields of one column: a heading per language of the site."""
    offered = [SelectChoice(code, FIELDS[code]) for code in FACTS_OF]
    fields: dict[str, Any] = {
        "field": SelectField(L_("What it shows"), choices=[SelectChoice("", ""), *offered], validate_choice=False)
    }
    if widths:
        fields["width"] = Text(L_("Width, in characters"), most=10)
    for code in languages:
        fields[f"header_{code}"] = Text(most=1000)
    return type("ColumnRow", (PartForm,), fields)


@cache
def form_for(languages: tuple[str, ...]) -> type["ProfileForm"]:
    """Return the form of a profile, with headings in some languages."""
    rows: dict[str, Any] = {
        "columns": ColumnRows(_row(languages, widths=True), L_("Column %(number)s"), most=MOST_COLUMNS),
        "export": ColumnRows(_row(languages, widths=False), L_("Column %(number)s of the CSV file"), most=MOST_COLUMNS),
        # After the columns, as in the page: the list of all problems goes by the order of the fields.
        "labels": LongText(
            L_("The receiving body’s own words"),
            most=_LONGEST_TEXT,
            description=L_(
                "One on each line: list, full stop, code, equals sign, words. "
                "For example: incident_types.threat = Threats/Harassment"
            ),
        ),
        "letter": LongText(L_("How the cover letter begins"), most=_LONGEST_TEXT),
        "message": LongText(L_("What the e-mail says"), most=_LONGEST_TEXT),
    }
    return type("ProfileFormOfSite", (ProfileForm,), rows)


class ProfileForm(Form):
    """What a profile says."""

    columns: Any
    export: Any
    labels: Any
    letter: Any
    message: Any
    number = HiddenField()
    name = Text(L_("Name"), most=1000)
    language = SelectField(L_("Language of what is written"), validate_choice=False)
    purpose = RadioField(
        L_("Which consent an incident needs"),
        choices=[SelectChoice(code.value, words) for code, words in PURPOSES.items()],
        validate_choice=False,
        description=L_(
            "Beside the one to share it with the coalition. What comes from a public source needs none of them."
        ),
    )
    date = RadioField(
        L_("How precisely the date is told"),
        choices=[SelectChoice(code.value, words) for code, words in PRECISIONS.items()],
        validate_choice=False,
    )
    statistics_only = CodeCheckboxes(
        L_("Never described, only counted"), "incident_types", description=L_("Tick none to describe all of them.")
    )
    motivations_joiner = SelectField(L_("Between several motivations in one cell"), validate_choice=False)
    sources_joiner = SelectField(L_("Between several organisations in one cell"), validate_choice=False)
    from_year = Text(L_("First data year"), most=20)
    until_year = Text(L_("Last data year"), most=20)
    deadline_day = Text(L_("Deadline: day"), most=20)
    deadline_month = Text(
        L_("Deadline: month"), most=20, description=L_("As a number, of the year after the data year.")
    )
    recipient = Text(L_("E-mail address that it goes to"), most=1000)
    subject = Text(L_("Subject line"), most=1000, description=L_("{year} and {coalition} are filled in."))

    def validate_labels(self, field: LongText) -> None:
        """Say which line of the own words has no equals sign."""
        for line in filter(None, map(str.strip, (field.data or "").split("\n"))):
            if "=" not in line:
                shown = line if len(line) <= _LONGEST_SHOWN else f"{line[:_LONGEST_SHOWN]}…"
                raise ValidationError(_("There is no equals sign in this line: “%(line)s”.", line=shown))

    def offer(self, languages: Sequence[str], present: Mapping[str, Any]) -> None:
        """Offer the site's languages, and what joins values; what the profile has now is always among it."""
        own = str(present.get("language", languages[0]))
        codes = dict.fromkeys([*languages, own])
        self.language.choices = [SelectChoice(code, i18n.language_name(code)) for code in codes]
        for name in ("motivations_joiner", "sources_joiner"):
            known = [SelectChoice(code, words) for code, (_text, words) in JOINERS.items()]
            kept = present.get(name, ", ")
            if _joiner_code(kept) == _OTHER:
                known.append(SelectChoice(_OTHER, _("As it is: %(example)s", example=joiner_in_words(kept))))
            field: Any = self[name]
            field.choices = known
        for name in ("name", *_TEXTS):
            _speaks(self[name], self.language.data if self.language.data in codes else own)
        for rows in (self.columns, self.export):
            for entry in rows:
                for code in languages:
                    name = i18n.language_name(code)
                    heading = entry.form[f"header_{code}"]
                    heading.label.text = _("Heading (%(language)s)", language=name)
                    _speaks(heading, code)

    # --- from a file, and back ---

    @classmethod
    def data_from(cls, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the fields show of what a file says."""
        shown = {name: data.get(name, "") for name in ("name", "language", "purpose", "recipient", *_NUMBERS)}
        texts = data.get("texts", {})
        return {
            **shown,
            "date": data.get("date", DatePrecision.MONTH.value),
            "statistics_only": [str(code) for code in data.get("statistics_only", ())],
            "motivations_joiner": _joiner_code(data.get("motivations_joiner", ", ")),
            "sources_joiner": _joiner_code(data.get("sources_joiner", ", ")),
            **{name: str(texts.get(name, "")).strip() for name in _TEXTS},
            "labels": _labels_shown(data.get("labels", {})),
            "columns": [_column_shown(item, data["language"]) for item in data.get("columns", ())],
            "export": [_column_shown(item, data["language"]) for item in data.get("export", ())],
            "deadline_month": data.get("deadline_month", 4),
            "deadline_day": data.get("deadline_day", 30),
        }

    def said_over(self, base: Mapping[str, Any], languages: Sequence[str]) -> dict[str, Any]:
        """Return what a file says after the change; what no field is about stays as it was."""
        data: dict[str, Any] = {key: value for key, value in base.items() if key not in _NUMBERS}
        for name in ("name", "language", "purpose", "date", "recipient"):
            data[name] = self[name].data or ""
        data |= {name: _number(self[name].data) for name in _NUMBERS if self[name].data}
        data["statistics_only"] = list(self.statistics_only.chosen)
        for name in ("motivations_joiner", "sources_joiner"):
            data[name] = JOINERS[self[name].data][0] if self[name].data in JOINERS else base.get(name, ", ")
        texts = {name: self[name].data or "" for name in _TEXTS}
        data["texts"] = {**base.get("texts", {}), **{name: _as_text(name, text) for name, text in texts.items()}}
        data["labels"] = _labels_said(self.labels.data or "")
        for name in ("columns", "export"):
            data[name] = _columns_said(cast("ColumnRows", self[name]), base.get(name, ()), languages)
        return data

    def arranged(self, act: str) -> dict[str, Any] | None:
        """Return what the fields show after one of the buttons at the columns was pressed; None for any other."""
        found = re.fullmatch(r"(columns|export):(add|remove|up|down)(?:-([0-9]{1,3}))?", act)
        if found is None:
            return None
        data = dict(self.data)
        data.pop("csrf_token", None)
        data[found[1]] = _arranged(list(data[found[1]]), found[2], int(found[3] or 0))
        return data

    def refuse(self, problems: Sequence[Problem]) -> None:
        """Put each problem beside its field; what has none is said at the top."""
        for problem in problems:
            field = self._field_of(problem)
            said = FIELDS.get(problem.said, problem.said)
            words = problem_in_words(replace(problem, said=str(said)))
            if field is None:
                self.form_errors.append(words)
            else:
                # Beside the field its own label stands already; the list of all problems has to name it.
                field.named = self._name_of(problem, field)
                add_error(field, words)

    def _field_of(self, problem: Problem) -> Any:  # noqa: ANN401 - any field
        first, *rest = problem.path.split(".")
        if first in {"columns", "export"} and rest:
            row = cast("ColumnRows", self[first]).refused(int(rest[0]))
            language = rest[2] if len(rest) > 2 else self.language.data  # noqa: PLR2004 - columns.3.header.bg
            name = f"header_{language}" if rest[1:2] == ["header"] else (rest[1] if len(rest) > 1 else "field")
            return row[name] if name in row else row["field"]
        name = rest[0] if first == "texts" and rest else first
        return self[name] if name in self and first not in {"columns", "export"} else None

    def _name_of(self, problem: Problem, field: Any) -> str:  # noqa: ANN401 - any field
        first, *rest = problem.path.split(".")
        label = str(field.label.text)
        if first not in {"columns", "export"} or not rest:
            return label
        return f"{cast('ColumnRows', self[first]).title_of(int(rest[0]))}, {label}"


def _speaks(field: Any, language: str) -> None:  # noqa: ANN401 - any field
    """Say in which language the words of a field are, whatever the page's is."""
    field.render_kw = {**(field.render_kw or {}), "lang": language}


_NUMBERS = ("from_year", "until_year", "deadline_month", "deadline_day")
_TEXTS = ("subject", "letter", "message")


def _joiner_code(text: object) -> str:
    return next((code for code, (joiner, _words) in JOINERS.items() if joiner == text), _OTHER)


def _column_shown(item: Mapping[str, Any], language: str) -> dict[str, Any]:
    given = item["header"]
    headers = given if isinstance(given, Mapping) else {language: given}
    shown = {f"header_{code}": text for code, text in headers.items()}
    return {"field": item["field"], "width": item.get("width", ""), **shown}


def _columns_said(
    rows: ColumnRows, before: Sequence[Mapping[str, Any]], languages: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the columns that were typed; headings in languages that the site does not have stay with their field."""
    others = {item["field"]: item["header"] for item in before if isinstance(item["header"], Mapping)}
    said = []
    for entry in rows.entries:
        row = entry.form.data
        kept = {code: text for code, text in others.get(row["field"], {}).items() if code not in languages}
        typed = {code: row[f"header_{code}"] for code in languages if row[f"header_{code}"]}
        column: dict[str, Any] = {"field": row["field"] or "", "header": {**typed, **kept}}
        if row.get("width"):
            column["width"] = _number(row["width"])
        said.append(column)
    return said


def _number(typed: object) -> object:
    """Return a number that was typed; what is none stays as it is, so that the rules can say so."""
    text = str(typed).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= len("2026") else text


def _as_text(name: str, typed: str) -> str:
    return typed if name == "subject" or not typed else f"{typed}\n"


def _labels_shown(labels: Mapping[str, Mapping[str, str]]) -> str:
    return "\n".join(f"{name}.{code} = {text}" for name, words in labels.items() for code, text in words.items())


def _labels_said(typed: str) -> dict[str, dict[str, str]]:
    labels: dict[str, dict[str, str]] = {}
    for line in filter(None, map(str.strip, typed.split("\n"))):
        place, _equals, text = line.partition("=")
        name, _stop, code = place.strip().partition(".")
        labels.setdefault(name, {})[code.strip()] = text.strip()
    return labels


def _arranged(rows: list[dict[str, Any]], act: str, place: int) -> list[dict[str, Any]]:
    if act == "add":
        return [*rows, {}] if len(rows) < MOST_COLUMNS else rows
    if place >= len(rows):
        return rows
    row = rows.pop(place)
    if act != "remove":
        rows.insert(max(0, place - 1) if act == "up" else place + 1, row)
    return rows or [{}]
