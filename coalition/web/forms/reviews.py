"""The coordinator's forms: choosing what to look at, deciding, taking a decision back."""

from collections.abc import Iterable, Mapping
from typing import Self

from wtforms import Field, HiddenField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # the stubs are older
from wtforms.validators import DataRequired, InputRequired, Length

from coalition.domain.criterion import Finding, Proposal, Test
from coalition.domain.incidents import Problem
from coalition.domain.reviews import Decision, Step
from coalition.i18n import L_, labels
from coalition.i18n.problems import wording
from coalition.web.forms.base import Form, add_error

_FINDINGS = [
    SelectChoice(Finding.YES.value, L_("Yes")),
    SelectChoice(Finding.NO.value, L_("No")),
    SelectChoice(Finding.UNCLEAR.value, L_("Unclear")),
]
_DECISIONS = [
    SelectChoice(Step.ACCEPT.value, L_("Accept")),
    SelectChoice(Step.RETURN.value, L_("Return with a question")),
    SelectChoice(Step.REJECT.value, L_("Do not accept")),
]
_LONGEST = Length(max=4000, message=L_("Write at most 4,000 characters"))
_TEXT_OF: Mapping[Step, str] = {Step.ACCEPT: "remark", Step.RETURN: "question", Step.REJECT: "explanation"}


def _test_field(test: Test) -> RadioField:
    return RadioField(
        labels.FIXED["tests"][test],
        [InputRequired(L_("Choose yes, no or unclear"))],
        choices=_FINDINGS,
        name=f"test_{test.value}",
    )


class YearForm(Form):
    """One data year, or all."""

    year = SelectField(L_("Data year"))


class DecisionForm(Form):
    """The criterion, test by test, and what follows from it."""

    version = HiddenField()
    participating_state = _test_field(Test.PARTICIPATING_STATE)
    data_year = _test_field(Test.DATA_YEAR)
    criminal_offence = _test_field(Test.CRIMINAL_OFFENCE)
    beyond_speech = _test_field(Test.BEYOND_SPEECH)
    bias_indicator = _test_field(Test.BIAS_INDICATOR)
    enough_detail = _test_field(Test.ENOUGH_DETAIL)
    not_duplicate = _test_field(Test.NOT_DUPLICATE)
    permitted = _test_field(Test.PERMITTED)
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

    @classmethod
    def proposing(cls, proposals: Iterable[Proposal], reason: str, version: int) -> Self:
        """Return the form with what the software proposes; on POST what was typed wins."""
        found = {proposal.test.value: proposal.finding.value for proposal in proposals}
        form = cls(data={**found, "reason": reason, "version": str(version)})
        form.reason.choices = {"": "", **dict(labels.choices("rejection_reasons"))}
        return form

    def of_test(self, test: str) -> Field:
        """Return the field of a test."""
        return self[test]

    @property
    def decision(self) -> Decision:
        """What was decided; the form must be valid."""
        step = Step(self.step.data)
        return Decision(
            step=step,
            findings={test: Finding(self[test.value].data) for test in Test},
            reason=self.reason.data if step is Step.REJECT else "",
            text=self.typed,
        )

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
            add_error(self["question" if name == "text" else name], str(wording(problem).text))


class ReopenForm(Form):
    """Why a decision is taken back."""

    version = HiddenField()
    text = TextAreaField(
        L_("Why do you take the decision back?"),
        [DataRequired(L_("Say why the decision is taken back")), _LONGEST],
        description=L_("The member reads it."),
        render_kw={"rows": 4},
    )
