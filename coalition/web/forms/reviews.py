"""The coordinator's forms: choosing what to look at, giving work to somebody, deciding, taking a decision back."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, Self

from wtforms import Field, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # the stubs are older
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from coalition.domain.criterion import Finding, Proposal, Test
from coalition.domain.incidents import Problem
from coalition.domain.reviews import Decision, Step
from coalition.domain.verification import CHECKS, SourceCheck
from coalition.i18n import L_, _, labels
from coalition.i18n.problems import wording
from coalition.web.forms.base import Form, add_error
from coalition.web.forms.fields import Text, WholeDateField, boxes_of

_FINDINGS = [
    SelectChoice(Finding.YES.value, L_("Yes")),
    SelectChoice(Finding.NO.value, L_("No")),
    SelectChoice(Finding.UNCLEAR.value, L_("Unclear")),
]
_CHECKED = [SelectChoice("", L_("Not checked")), *_FINDINGS]
_DECISIONS = [
    SelectChoice(Step.ACCEPT.value, L_("Accept")),
    SelectChoice(Step.RETURN.value, L_("Return with a question")),
    SelectChoice(Step.REJECT.value, L_("Do not accept")),
    SelectChoice(Step.LINK.value, L_("Same incident as another record")),
]
_LONGEST = Length(max=4000, message=L_("Write at most 4,000 characters"))
_TEXT_OF: Mapping[Step, str] = {
    Step.ACCEPT: "remark",
    Step.RETURN: "question",
    Step.REJECT: "explanation",
    Step.LINK: "why",
}
_LABELS: Mapping[str, str] = {
    "fact": L_("Tells what happened"),
    "live": L_("Still there"),
    "published": L_("Published"),
}
MOST_SOURCES = 200
"""More sources than anybody records; what a request claims beyond that is not read."""
_ELSEWHERE = "typed"
"""The choice of a record that is not among the candidates."""


def _test_field(test: Test) -> RadioField:
    return RadioField(
        labels.FIXED["tests"][test],
        [InputRequired(L_("Choose yes, no or unclear"))],
        choices=_FINDINGS,
        name=f"test_{test.value}",
    )


def _note_field(test: Test) -> Text:
    return Text(L_("Why do you see it so?"), most=1000, name=f"note_{test.value}")


class AssignForm(Form):
    """Who works on an incident, and until when."""

    version = HiddenField()
    reviewer = SelectField(L_("Who works on it"), [InputRequired(L_("Choose who works on it"))])
    due = WholeDateField(L_("To be decided by"))

    @classmethod
    def offering(cls, reviewers: Mapping[str, str], version: int, due: date | None = None) -> Self:
        """Return the form with the people to choose from, by reference."""
        # Beside the decision on one page: no field may have the name of another form's.
        form = cls(data={"version": str(version), "due": boxes_of(due)}, prefix="assign-")
        form.reviewer.choices = {"": _("Choose …"), **reviewers}
        return form

    @property
    def day(self) -> date | None:
        """The day that was chosen; without one, the one that holds stays."""
        return self.due.day_meant

    def refuse_day(self) -> None:
        """Say beside the field which days can be chosen."""
        add_error(self.due.form.day, _("Choose a day from today on."))


class DecisionForm(Form):
    """The criterion, test by test, what was checked of the sources, and what follows from it."""

    version = HiddenField()
    participating_state = _test_field(Test.PARTICIPATING_STATE)
    data_year = _test_field(Test.DATA_YEAR)
    criminal_offence = _test_field(Test.CRIMINAL_OFFENCE)
    beyond_speech = _test_field(Test.BEYOND_SPEECH)
    bias_indicator = _test_field(Test.BIAS_INDICATOR)
    enough_detail = _test_field(Test.ENOUGH_DETAIL)
    not_duplicate = _test_field(Test.NOT_DUPLICATE)
    permitted = _test_field(Test.PERMITTED)
    note_participating_state = _note_field(Test.PARTICIPATING_STATE)
    note_data_year = _note_field(Test.DATA_YEAR)
    note_criminal_offence = _note_field(Test.CRIMINAL_OFFENCE)
    note_beyond_speech = _note_field(Test.BEYOND_SPEECH)
    note_bias_indicator = _note_field(Test.BIAS_INDICATOR)
    note_enough_detail = _note_field(Test.ENOUGH_DETAIL)
    note_not_duplicate = _note_field(Test.NOT_DUPLICATE)
    note_permitted = _note_field(Test.PERMITTED)
    independent = SelectField(
        L_("Do two sources that do not depend on each other say so?"), [Optional()], choices=_CHECKED
    )
    step = RadioField(
        L_("Your decision"), [InputRequired(L_("Choose what happens to the incident"))], choices=_DECISIONS
    )
    remark = TextAreaField(
        L_("Remark"),
        [_LONGEST],
        description=L_("The member reads it. You can leave it empty."),
        render_kw={"rows": 3},
    )
    question = TextAreaField(
        L_("Your question"),
        [_LONGEST],
        description=L_("The member reads it, and can change the record and answer. Ask for no name."),
        render_kw={"rows": 4},
    )
    reason = SelectField(L_("Reason"), description=L_("How many incidents had which reason is published."))
    explanation = TextAreaField(
        L_("Explanation"),
        [_LONGEST],
        description=L_("The member reads it. You can leave it empty."),
        render_kw={"rows": 3},
    )
    other = RadioField(L_("Which record is about the same incident?"), [Optional()], validate_choice=False)
    other_reference = StringField(
        L_("Its reference"),
        [Length(max=20)],
        render_kw={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"},
    )
    why = TextAreaField(
        L_("Why are they the same?"),
        [_LONGEST],
        description=L_("The member reads it. Say nothing that only the other organisation knows."),
        render_kw={"rows": 3},
    )

    @staticmethod
    def proposing(
        proposals: Iterable[Proposal],
        reason: str,
        version: int,
        checks: Sequence[SourceCheck] = (),
    ) -> "DecisionForm":
        """Return the form with what the software proposes; on POST what was typed wins."""
        found = {proposal.test.value: proposal.finding.value for proposal in proposals}
        looked = {f"{name}_{n}": getattr(check, name) for n, check in enumerate(checks) for name in CHECKS}
        kind = with_sources(min(len(checks), MOST_SOURCES))
        form = kind(data={**found, **looked, "reason": reason, "version": str(version)})
        form.reason.choices = {"": "", **dict(labels.choices("rejection_reasons"))}
        return form

    def offer(self, candidates: Iterable[str]) -> None:
        """Offer records to link with, by their references, and any other one."""
        known = [*candidates, _ELSEWHERE]
        self.other.choices = [*((reference, reference) for reference in known[:-1]), (_ELSEWHERE, _("Another record"))]
        if self.other.data and self.other.data not in known:
            # It was a candidate when it was chosen: the choice stays, by its reference.
            self.other_reference.data = self.other_reference.data or self.other.data
            self.other.data = _ELSEWHERE

    def of_test(self, test: str) -> Field:
        """Return the field of a test."""
        return self[test]

    def note_of(self, test: str) -> Field:
        """Return the field for why a test is answered so."""
        return self[f"note_{test}"]

    def checks_of(self, source: int) -> tuple[Field, ...]:
        """Return the fields of what is checked of a source, counted from 0."""
        return tuple(self[f"{name}_{source}"] for name in CHECKS)

    @property
    def decision(self) -> Decision:
        """What was decided; the form must be valid."""
        step = Step(self.step.data)
        return Decision(
            step=step,
            findings={test: Finding(self[test.value].data) for test in Test},
            reason=self.reason.data if step is Step.REJECT else "",
            text=self.typed,
            other=self._other if step is Step.LINK else "",
            notes={test: self[f"note_{test.value}"].data or "" for test in Test},
            checks=self._checks,
            independent=self.independent.data or "",
        )

    @property
    def _other(self) -> str:
        chosen = self.other.data or _ELSEWHERE
        return (self.other_reference.data or "") if chosen == _ELSEWHERE else chosen

    @property
    def _checks(self) -> tuple[SourceCheck, ...]:
        found: list[SourceCheck] = []
        while hasattr(self, f"{CHECKS[0]}_{len(found)}"):
            said = {name: self[f"{name}_{len(found)}"].data or "" for name in CHECKS}
            found.append(SourceCheck("", **said))
        return tuple(found)

    @property
    def typed(self) -> str:
        """The words that belong to the chosen decision, else whatever was written."""
        if self.step.data in set(_TEXT_OF):
            return self[_TEXT_OF[Step(self.step.data)]].data or ""
        return next((self[name].data for name in _TEXT_OF.values() if self[name].data), "")

    def explain(self, problems: Iterable[Problem]) -> None:
        """Put what stands in the way of the decision beside its fields."""
        for problem in problems:
            name = problem.field.removeprefix("test_")
            field = self["question" if name == "text" else name]
            if name == "other" and self.other.data in (None, "", _ELSEWHERE):
                field = self.other_reference
            add_error(field, str(wording(problem).text))


@cache
def with_sources(sources: int) -> type[DecisionForm]:
    """Return the form with fields for so many sources: what is checked of each."""
    made: dict[str, Any] = {
        f"{name}_{number}": SelectField(_LABELS[name], [Optional()], choices=_CHECKED)
        for number in range(sources)
        for name in CHECKS
    }
    return type(DecisionForm.__name__, (DecisionForm,), made)


class ReopenForm(Form):
    """Why a decision is taken back."""

    version = HiddenField()
    text = TextAreaField(
        L_("Why do you take the decision back?"),
        [DataRequired(L_("Say why the decision is taken back")), _LONGEST],
        description=L_("The member reads it."),
        render_kw={"rows": 4},
    )
