"""Forms about members' own spreadsheets: the file, what its columns hold, what their words mean, what is ticked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from wtforms import FileField, RadioField, SelectField, SelectMultipleField, StringField, ValidationError
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from coalition import i18n
from coalition.domain.cells import SEPARATORS, folded
from coalition.domain.codebook import codebook, countries, regions
from coalition.domain.headings import ColumnProfile, Names, must_choose_order, refined, words_of
from coalition.domain.mappings import (
    CERTAIN,
    FOR_EVERY_ROW,
    LONGEST_NAME,
    TARGETS,
    Column,
    Kind,
    RowMapping,
    headings_of,
    taken_twice,
    targets,
)
from coalition.i18n import L_, _, labels
from coalition.i18n.sheets import fact_in_words, facts_taken_twice, groups_of_facts
from coalition.services.mappings import Profile
from coalition.services.settings import Settings
from coalition.web.forms.base import Form, add_error

UNDECIDED = "?"
"""What a menu sends while nobody has chosen; no code is called so."""

ONE_VALUE = "none"
"""What the menu of separators sends where a cell holds one value."""
_SEPARATORS: Mapping[str, str] = {
    ONE_VALUE: L_("One value only"),
    "semicolon": L_("Semicolon ;"),
    "comma": L_("Comma ,"),
    "line": L_("Line break"),
    "space": L_("Space"),
    "slash": L_("Slash /"),
    "bar": L_("Vertical bar |"),
}


Offered = Mapping[str, str | Mapping[str, str]]
"""What a menu offers, by what it sends; a group of choices stands under its title."""


class Menu(SelectField):
    """A menu, perhaps with groups of choices; what is not offered is refused."""

    def pre_validate(self, _form: object) -> None:
        """Refuse what is not offered."""
        if self.data not in _values_of(self.choices or {}):
            raise ValidationError(_("Choose an answer from the list."))


def _values_of(offered: Any) -> set[str]:  # noqa: ANN401 - whatever WTForms takes for choices; ours are `Offered`
    nested = ({*inside} if isinstance(inside, Mapping) else {value} for value, inside in offered.items())
    return set().union(*nested)


_UNMISTAKABLE = ("semicolon", "line", "bar")


# --- words that may be meant -------------------------------------------------------------------------------


def known_names(own: Settings) -> Names:
    """Return what somebody may call facts and codes, in any language of the site."""
    names: dict[str, dict[str, str]] = {"facts": {}}
    lists = sorted({target.list_name for target in TARGETS if target.is_coded})
    for language in own.languages:
        with i18n.in_language(language):
            for facts in groups_of_facts().values():
                for name, label in facts.items():
                    names["facts"].setdefault(folded(label), name)
            for list_name in lists:
                found = names.setdefault(list_name, {})
                for code, label in codes_in_words(list_name, own).items():
                    found.setdefault(folded(label), code)
    return names


def codes_in_words(list_name: str, own: Settings) -> dict[str, str]:
    """Return a list's codes with their labels; of regions those of the coalition's country."""
    if list_name == "countries":
        names = {code: labels.label("countries", code) for code in countries().codes}
        return dict(sorted(names.items(), key=lambda item: (item[0] != own.country, item[1].casefold())))
    if list_name == "regions":
        names = {code: labels.label("regions", code) for code in regions(own.country).codes}
        return dict(sorted(names.items(), key=lambda item: item[1].casefold()))
    return {code: labels.label(list_name, code) for code in codebook()[list_name].codes}


# --- the file ----------------------------------------------------------------------------------------------


class UploadForm(Form):
    """One file."""

    file = FileField(
        L_("Your spreadsheet"),
        description=L_("CSV, XLSX or ODS, up to 25 MB, with the names of the columns in its first row."),
        render_kw={"accept": ".csv,.tsv,.txt,.xlsx,.ods"},
    )


class SheetForm(Form):
    """Which sheet of a workbook is read."""

    sheet = Menu(L_("Sheet"))

    def offer(self, profile: Profile) -> None:
        """Offer the sheets of a workbook."""
        self.sheet.choices = {name: name for name in profile.sheets}


# --- what columns hold -------------------------------------------------------------------------------------


class ColumnsForm(Form):
    """What each column holds; `of` makes one with a menu per column."""

    key = Menu(
        L_("Which column names a row for good?"),
        description=L_(
            "With such a column a later file brings the records up to date, whatever else has changed in a row. "
            "Without one a row is known by all that it says."
        ),
    )

    @classmethod
    def of(cls, profile: Profile, mapping: RowMapping) -> "ColumnsForm":
        """Return the form for a file, filled with a mapping or with what was sent."""
        fields: dict[str, Any] = {
            f"column_{number}": Menu(column.header or _("Column %(number)s", number=str(number + 1)))
            for number, column in enumerate(profile.columns)
        }
        places = headings_of(profile.header)
        shown: dict[str, Any] = {f"column_{number}": column.target for number, column in enumerate(mapping.columns)}
        key = str(places.index(mapping.key)) if mapping.key in places else ""
        form: ColumnsForm = type("ColumnsForm", (cls,), fields)(data={**shown, "key": key})
        form.profile, form.before = profile, mapping
        form._offer()
        return form

    profile: Profile
    before: RowMapping

    def _offer(self) -> None:
        offered = {"": _("Leave out"), **groups_of_facts()}
        for _column, menu in self.menus:
            menu.choices = offered
        named = {str(number): column.header for number, column in enumerate(self.profile.columns) if column.header}
        self.key.choices = {"": _("No column does"), **named}

    @property
    def menus(self) -> list[tuple[ColumnProfile, Any]]:
        """Each column with its menu."""
        return [(column, self[f"column_{number}"]) for number, column in enumerate(self.profile.columns)]

    def mapping(self, names: Names) -> RowMapping:
        """Return what was chosen; what was said before of a column that still holds the same stays."""
        columns = []
        for profile, menu, before in zip(*zip(*self.menus, strict=True), self.before.columns, strict=True):
            same = before.target == menu.data
            column = before if same else Column(profile.header, profile.nth, menu.data or "")
            columns.append(refined(column, profile, names))
        key = headings_of(self.profile.header)[int(self.key.data)] if self.key.data else None
        return RowMapping(tuple(columns), key, self.before.defaults)

    def check(self, mapping: RowMapping) -> bool:
        """Tell whether a file can be read like that; what is wrong is said beside the menus."""
        if not mapping.used:
            add_error(self.menus[0][1], _("Say of at least one column what it holds."))
        twice = taken_twice(mapping)
        for (profile, menu), column in zip(self.menus, mapping.columns, strict=True):
            target = targets().get(column.target)
            if column.target in twice:
                add_error(menu, _("Only one column can hold this: %(facts)s.", facts=facts_taken_twice(twice)))
            if target and target.is_coded and profile.values is None:
                add_error(
                    menu,
                    _(
                        "“%(column)s” has too many different cells for answers from a list. Choose a text for it.",
                        column=profile.header,
                    ),
                )
        return not self.errors


# --- what words mean ---------------------------------------------------------------------------------------


class ColumnQuestions:
    """What has to be known of one column, and the fields that ask for it."""

    def __init__(self, number: int, column: Column, profile: ColumnProfile, own: Settings) -> None:
        """Find out what has to be asked."""
        self.number, self.column, self.profile = number, column, profile
        self.target = targets()[column.target]
        self.title = fact_in_words(column.target)
        self.asks_order = must_choose_order(column, profile)
        self.asks_separator = self.target.takes_several and self.target.kind is not Kind.LONG and column.flag is None
        self.words = words_of(column, profile) if self.target.is_coded else {}
        self._own = own

    @property
    def asks(self) -> bool:
        """Whether anything is asked."""
        return self.asks_order or bool(self.words) or (self.asks_separator and self._could_hold_several)

    @property
    def _could_hold_several(self) -> bool:
        cells = self.profile.values or self.profile.samples
        marks = [SEPARATORS[code] for code in self._separators if code in SEPARATORS]
        return bool(self.column.separator) or any(mark in cell for cell in cells for mark in marks)

    @property
    def _separators(self) -> dict[str, str]:
        """What can stand between values of this kind: a link or a date has strokes and spaces of its own."""
        plain = self.target.kind in {Kind.CODE, Kind.CODES, Kind.TEXT}
        return {code: str(label) for code, label in _SEPARATORS.items() if plain or code in {ONE_VALUE, *_UNMISTAKABLE}}

    def fields(self) -> dict[str, Any]:
        """Return the fields, by name."""
        made: dict[str, Any] = {}
        if self.asks_order:
            made[self.named("order")] = RadioField(
                _("What comes first in dates such as %(example)s?", example=self._ambiguous()),
                choices={"day": _("The day"), "month": _("The month")},
                validate_choice=False,
            )
        if self.asks_separator and self._could_hold_several:
            made[self.named("separator")] = Menu(
                _("What stands between several values in one cell?"), choices=self._separators
            )
        codes = codes_in_words(self.target.list_name, self._own) if self.words else {}
        choices = {UNDECIDED: _("Choose …"), "": _("Leave out"), **codes}
        for at, text in enumerate(self.words.values()):
            made[self.named(f"word_{at}")] = Menu(text, choices=choices)
        return made

    def named(self, what: str) -> str:
        """Return the name of one of its fields."""
        return f"c{self.number}_{what}"

    def _ambiguous(self) -> str:
        cells = self.profile.values or self.profile.samples
        return next((cell for cell in cells if must_choose_order(self.column, _only(self.profile, cell))), "")

    def shown(self) -> dict[str, Any]:
        """Return what the fields show at first."""
        known = {
            self.named(f"word_{at}"): self.column.values.get(word, UNDECIDED) for at, word in enumerate(self.words)
        }
        order = {None: "", True: "day", False: "month"}[self.column.day_first]
        return {**known, self.named("order"): order, self.named("separator"): self.separator}

    @property
    def separator(self) -> str:
        """What the menu of separators shows."""
        return self.column.separator or ONE_VALUE

    def answered(self, sent: Callable[[str], str | None]) -> Column:
        """Return the column with what was sent."""
        column = self.column
        order, separator = sent(self.named("order")), sent(self.named("separator"))
        if order:
            column = replace(column, day_first=order == "day")
        if separator is not None and separator != self.separator:
            return replace(column, separator=separator, values={})
        chosen = {word: sent(self.named(f"word_{at}")) for at, word in enumerate(self.words)}
        said = {word: code for word, code in chosen.items() if code is not None and code != UNDECIDED}
        return replace(column, values={**column.values, **said} if self.words else column.values)


def _only(profile: ColumnProfile, cell: str) -> ColumnProfile:
    return replace(profile, values=(cell,))


class ValuesForm(Form):
    """What the words of the columns mean, and what holds for every row; `of` makes one with a field per question."""

    questions: Sequence[ColumnQuestions]
    before: RowMapping

    @classmethod
    def of(cls, profile: Profile, mapping: RowMapping, own: Settings) -> "ValuesForm":
        """Return the form for a file and what its columns hold, filled with what is known or with what was sent."""
        pairs = zip(mapping.columns, profile.columns, strict=True)
        questions = [
            ColumnQuestions(number, column, about, own)
            for number, (column, about) in enumerate(pairs)
            if column.target in targets()
        ]
        fields: dict[str, Any] = {}
        shown: dict[str, Any] = {}
        for question in questions:
            fields |= question.fields()
            shown |= question.shown()
        for name in _asked_for_every_row(mapping):
            offered = {"": _("Not said"), **codes_in_words(targets()[name].list_name, own)}
            fields[_default(name)] = Menu(fact_in_words(name), choices=offered)
            shown[_default(name)] = mapping.defaults.get(name, own.country if name == "country" else "")
        form: ValuesForm = type("ValuesForm", (cls,), fields)(data=shown)
        form.questions, form.before = questions, mapping
        return form

    @property
    def groups(self) -> list[tuple[ColumnQuestions, Any, Any, list[Any]]]:
        """Each column that asks anything, with its fields: order, separator, one per word."""
        return [
            (
                question,
                self._get(question.named("order")),
                self._get(question.named("separator")),
                [self[question.named(f"word_{at}")] for at in range(len(question.words))],
            )
            for question in self.questions
            if question.asks
        ]

    @property
    def defaults(self) -> list[Any]:
        """The fields about every row."""
        return [self[_default(name)] for name in _asked_for_every_row(self.before)]

    def _get(self, name: str) -> Any:  # noqa: ANN401 - a field, or none
        return self._fields.get(name)

    def _sent(self, name: str) -> str | None:
        field = self._get(name)
        return None if field is None else field.data

    def mapping(self, names: Names) -> RowMapping:
        """Return the mapping with what was sent."""
        answered = {question.number: question for question in self.questions}
        columns = tuple(
            refined(answered[number].answered(self._sent), answered[number].profile, names)
            if number in answered
            else column
            for number, column in enumerate(self.before.columns)
        )
        defaults = {name: self._sent(_default(name)) or "" for name in _asked_for_every_row(self.before)}
        return replace(self.before, columns=columns, defaults=defaults)

    def splits_anew(self) -> bool:
        """Tell whether another separator was chosen: then there are other words to ask for."""
        sent = ((question, self._sent(question.named("separator"))) for question in self.questions)
        return any(separator is not None and separator != question.separator for question, separator in sent)

    def check(self) -> bool:
        """Tell whether everything is answered; what is not is said beside its field."""
        for _question, order, _separator, words in self.groups:
            if order is not None and order.data not in {"day", "month"}:
                add_error(order, _("Choose what comes first."))
            for field in words:
                if field.data == UNDECIDED:
                    add_error(field, _("Choose what “%(word)s” means, or leave it out.", word=field.label.text))
        for name in _needed(self.before):
            field = self[_default(name)]
            if not field.data:
                add_error(field, _("“%(fact)s”: choose what it is in every row.", fact=field.label.text))
        return not self.errors


def _default(name: str) -> str:
    return "every_" + name.replace(".", "_")


def _asked_for_every_row(mapping: RowMapping) -> list[str]:
    """Return what can be said once for all rows of a file, because of what its columns hold."""
    spoken = {targets()[column.target].fact for column in mapping.used}
    said = {column.target for column in mapping.used}
    return [name for name in FOR_EVERY_ROW if "." not in name or (targets()[name].fact in spoken and name not in said)]


def _needed(mapping: RowMapping) -> list[str]:
    certain = {f"{fact}.{part}" for fact, part in CERTAIN.items()}
    return [name for name in _asked_for_every_row(mapping) if name in certain]


# --- before it is recorded ---------------------------------------------------------------------------------


class RecordForm(Form):
    """What is ticked before a file is recorded, and the name that its mapping is kept under."""

    overwrite = SelectMultipleField(
        L_("Take over from the file"),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        validate_choice=False,
        description=L_("What a row does not say stays as it is."),
    )
    name = StringField(
        L_("Keep these columns under the name"),
        [Length(max=LONGEST_NAME)],
        description=L_(
            "The next file with the same columns is then read in the same way. Only the columns and the words of "
            "lists are kept, nothing else of the file."
        ),
    )

    def offer(self, conflicts: Mapping[str, str]) -> None:
        """Offer the records that somebody changed meanwhile."""
        self.overwrite.choices = dict(conflicts)
