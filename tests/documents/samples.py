"""A small coalition's year, made by hand so that every number in it can be counted on one page."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from coalition.documents.submission_files import write_submission
from coalition.documents.submissions import Submission, compiled
from coalition.documents.workbook import About, Progress
from coalition.domain.incidents import Facts, Indicator, PartialDate, Perpetrators, Source, Victims
from coalition.domain.profiles import Profile, profile_for
from coalition.domain.same_incident import Candidate
from coalition.domain.summaries import Description, Member, Review, YearSummary, summarise
from coalition.domain.vocabulary import Basis, Purpose

SHARED = frozenset({Purpose.SHARE_COALITION, Purpose.STATISTICS, Purpose.ODIHR, Purpose.PUBLISH})

MEMBERS = (
    Member(
        {"": "Roma Legal Centre", "bg": "Център за правна защита на ромите"},
        {"en": "Free legal help.", "bg": "Безплатна правна помощ."},
        "https://roma.example",
    ),
    Member({"": "Rainbow House"}, {}, ""),
)
ABOUT = About("Hate Crime Recording Coalition", MEMBERS, "office@coalition.example")
NAMES = {"": "Hate Crime Recording Coalition", "bg": "Коалиция срещу престъпленията от омраза"}


def assault(**changes):
    facts = {
        "date": PartialDate(2020, 3, 14),
        "country": "BG",
        "location_type": "street",
        "chosen_type": "violent_attack",
        "motivations": ("anti_roma", "disability"),
        "indicators": (Indicator("expression", "what was shouted"),),
        "victims": (Victims("person", 1, "man", "teenager", "member"),),
        "perpetrators": (Perpetrators(4, "man", "", "stranger"),),
        "sources": (Source("victim_interview", "a person's name"),),
        "case_status": "not_reported",
        "reason_not_reported": "distrust",
        "descriptions": {"en": 'A teenage Roma boy was beaten, "kicked" and insulted by a group of four men.'},
        "basis": Basis.CONSENT,
        "consents": SHARED,
    }
    return Facts(**facts | changes)


def candidates():
    """Six accepted incidents: five eligible for 2020, three of them described."""
    return [
        Candidate(assault(), "Roma Legal Centre"),
        Candidate(
            assault(
                date=PartialDate(2020),
                chosen_type="threat",
                motivations=("anti_lgbti",),
                descriptions={"en": "=1+1 was painted on a door, with a threat.", "bg": "Заплаха на врата."},
            ),
            "Rainbow House",
        ),
        Candidate(
            assault(
                date=PartialDate(2020, 11),
                country="RO",
                chosen_type="property_attack",
                motivations=("anti_semitic",),
                descriptions={"en": "A synagogue was vandalized."},
                sources=(Source("partner_organisation", "Partner, Inc."), Source("media", "a newspaper")),
                basis=Basis.PUBLIC_SOURCE,
                consents=frozenset(),
            ),
            "Roma Legal Centre",
        ),
        Candidate(assault(descriptions={}, motivations=("anti_roma",)), "Roma Legal Centre"),
        Candidate(assault(date=PartialDate(2020, 11), descriptions={"en": " "}), "Rainbow House"),
        Candidate(assault(consents=frozenset({Purpose.SHARE_COALITION})), "Rainbow House"),
    ]


@contextmanager
def submission(
    year: int = 2020, some: Iterable[Candidate] | None = None, taken: Profile | None = None
) -> Iterator[Submission]:
    """Compile this year's candidates, or some others, for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as aside:
        given = candidates() if some is None else some
        with compiled(given, year, taken or profile_for(year), Path(aside) / "lines.db") as made:
            yield made


def write(folder: Path, year: int = 2020, progress: Progress | None = None) -> dict[str, Any]:
    """Write the files of this year's submission."""
    with submission(year) as made:
        return write_submission(made, ABOUT, folder, progress)


def summary(year=2020, **changes) -> YearSummary:
    given = {
        "coalition": NAMES,
        "country": "BG",
        "candidates": candidates() if year == 2020 else [],
        "earlier": [],
        "review": Review(12, 6, (("not_criminal", 3), ("duplicate", 1)), 2, 1, questions=1),
        "members": MEMBERS,
    }
    return summarise(year=year, **given | changes)


def described(number: int) -> tuple[Description, ...]:
    """Return so many descriptions, two motivations each."""
    return tuple(
        Description(
            f"2020-{1 + index % 12:02}",
            "BG",
            "threat",
            ("anti_roma", "disability"),
            {"en": f"Incident number {index}: two women were threatened and insulted by their neighbour."},
            ("Roma Legal Centre",),
        )
        for index in range(number)
    )
