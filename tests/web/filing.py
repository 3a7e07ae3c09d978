"""Incidents for the tests of the coordinator's pages, filed as members file them."""

from dataclasses import fields, replace
from typing import Any

from coalition.domain.criterion import Finding
from coalition.domain.incidents import Facts
from coalition.domain.reviews import Decision, Step
from coalition.services import incidents, reviews
from tests.conftest import Coalition
from tests.domain.samples import COMPLETE


def filed(coalition: Coalition, who: str = "case_worker", **changes: Any) -> str:
    """Record and submit a complete incident, with some facts changed; returns its reference."""
    facts = replace(COMPLETE, **changes)
    with coalition.work(who) as work:
        reference = incidents.begin_incident(work, {item.name: getattr(facts, item.name) for item in fields(Facts)})
        incidents.submit_incident(work, reference, 1)
    return reference


def decided(coalition: Coalition, reference: str, step: Step = Step.ACCEPT, **more: Any) -> None:
    """Decide as the software proposes."""
    with coalition.work("coordinator") as work:
        view = reviews.open_review(work, reference)
        findings = {item.test: Finding(item.finding) for item in view.proposals}
        reviews.decide(work, reference, view.incident.version, Decision(step, findings, **more))


def accepted(coalition: Coalition, **changes: Any) -> str:
    """File an incident and accept it."""
    reference = filed(coalition, **changes)
    decided(coalition, reference)
    return reference


def version_of(coalition: Coalition, reference: str) -> int:
    """Return an incident's version as the coordinator sees it."""
    with coalition.reading("coordinator") as work:
        return reviews.open_review(work, reference).incident.version
