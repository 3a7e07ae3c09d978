"""Profiles in the browser: a coordinator copies one, changes its columns, looks at what would leave, and saves."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coalition.db import profiles as storage
from coalition.domain.incidents import PartialDate
from coalition.domain.profiles import shipped_text
from coalition.services import jobs, profiles
from tests.conftest import Coalition
from tests.page import Browser, Page
from tests.services.sheets import run_jobs
from tests.services.versioned import keep_version
from tests.web.filing import accepted

SignIn = Callable[[str], Browser]
EDIT, TEXT, NEW = "/en/profiles/ours/edit", "/en/profiles/ours/text", "/en/profiles/new"


@pytest.fixture
def coordinator(signed_in: SignIn) -> Browser:
    return signed_in("coordinator")


@pytest.fixture
def ours(coalition: Coalition) -> None:
    with coalition.work("coordinator") as work:
        profiles.copy(work, "odihr-2024", "ours")


def text_of(coalition: Coalition) -> str:
    with coalition.reading("coordinator") as work:
        return profiles.read(work, "ours").text


def fields_of(page: Page) -> list[str]:
    values = page.form(EDIT).values
    return [values[f"columns-{place}-field"][0] for place in range(40) if f"columns-{place}-field" in values]


def table(page: Page, name: str) -> list[list[str]]:
    (found,) = [item for item in page.all("table") if any(part.get("id") == name for part in item.iter("caption"))]
    (body,) = found.iter("tbody")
    return [[" ".join("".join(cell.itertext()).split()) for cell in row] for row in body]


def test_a_copy_is_arranged_previewed_saved_and_chosen(coordinator: Browser, coalition: Coalition) -> None:  # noqa: PLR0915 - one journey
    accepted(coalition)
    page = coordinator.get("/en/profiles")
    assert [row[1:] for row in table(page, "table-profiles")][2:] == [
        ["until 2021", "Shipped"],
        ["2022–2023", "Shipped"],
        ["from 2024", "Shipped"],
    ]
    coordinator.get("/en/profiles/odihr-2024")
    page = coordinator.submit("/en/profiles/odihr-2024/copy", status=422, code="National")
    assert page.errors() == ["Write at most 40 small Latin letters, digits and single hyphens, and a letter first."]
    page = coordinator.submit("/en/profiles/odihr-2024/copy", code="ours")
    assert fields_of(page)[:3] == ["number", "date", "country"]
    page = coordinator.submit(EDIT, ("act", "columns:down-1"))
    assert fields_of(page)[:3] == ["number", "country", "date"]
    page = coordinator.submit(EDIT, ("act", "columns:up-2"))
    page = coordinator.submit(EDIT, ("act", "columns:remove-0"))
    page = coordinator.submit(EDIT, ("act", "columns:add"))
    assert fields_of(page)[:2] == ["date", "country"]
    assert fields_of(page)[-2:] == ["case_status", ""]
    assert "What you see is not saved yet." in page.text
    added: dict[str, Any] = {
        "columns-11-field": "offences",
        "columns-11-header_en": "What it was",
        "columns-11-header_bg": "Какво е",
    }
    page = coordinator.submit(EDIT, ("act", "preview"), **added)
    heads = [" ".join("".join(head.itertext()).split()) for head in page.all("table")[0].iter("th")]
    assert (heads[0], heads[-1]) == ("Date", "What it was")
    assert "".join(page.all("table")[0].findall(".//tbody/tr/td")[-1].itertext()).strip() == "Other physical assault"
    assert "What it was" not in text_of(coalition), "nothing was saved"
    page = coordinator.submit(EDIT, ("act", "save"), statistics_only=["threat"], sources_joiner="semicolon")
    assert "Saved as text 2." in page.text
    for said in (
        "Deadline: day and month 30 April of the year after the data year",
        "Data years that it is meant for From 2024 on",
        "How precisely the place is told The country and the type of location; no region, no town, no address",
        "Between several motivations in one cell Comma: A, B",
        "Between several organisations in one cell Semicolon: A; B",
        "E-mail address that it goes to tndinfo@odihr.pl",
        "Subject line HCR {year} ({coalition})",
        "How the cover letter begins Dear colleagues,",
    ):
        assert said in page.text
    assert table(page, "table-wordings") == [["Threats incident_types.threat", "Threats/Harassment"]]
    plain = coordinator.get("/en/profiles/national").text
    for said in (
        "E-mail address that it goes to Not set: write it in your mail program",
        "How precisely the place is told The country; no region, no town, no address",
        "Never described, only counted Nothing: every type can be described",
        "None: everything is called as it is here.",
        "Data years that it is meant for Any",
    ):
        assert said in plain
    assert table(page, "table-columns")[-1] == ["12", "What it was", "Offences"]
    text = text_of(coalition)
    assert 'statistics_only = ["threat"]' in text
    assert 'sources_joiner = "; "' in text
    assert '[labels.incident_types]\nthreat = "Threats/Harassment"' in text
    assert "correction_remove" in text, "what the page does not show stays"
    coordinator.get("/en/profiles")
    page = coordinator.post("/en/profiles/choice", {"csrf_token": coordinator.token(), "year": "2024", "code": "ours"})
    assert "The next build of data year 2024 takes it." in page.text
    (own,) = [found for found in page.all("option") if found.get("value") == "ours"]
    assert own.text == "ours: ODIHR hate incident reporting (own copy of odihr-2024, text 2 of 2 March 2026)"
    assert own.get("lang") == "en"
    assert "ours: cannot be read" not in coordinator.get("/en/submissions/2024").text
    assert coordinator.fetch("/en/profiles/ours/profile.toml?text=1").text == shipped_text("odihr-2024")


@pytest.mark.usefixtures("ours")
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(coordinator: Browser) -> None:
    coordinator.get(EDIT)
    typed = {"columns-1-width": "wide", "columns-2-field": "date", "columns-3-header_en": "", "recipient": "nobody",
             "deadline_month": "2", "labels": "genders.boy = Boy", "subject": "{yaer}",
             "purpose": "statistics"}  # fmt: skip
    page = coordinator.submit(EDIT, ("act", "save"), status=422, **typed)
    said = page.errors()
    assert "Column 2, Width, in characters: This has to be a whole number." in said
    assert "Column 3, What it shows: “Month or year” is there twice." in said
    assert "Column 4, Heading (English): There is no heading in the profile’s language (en)." in said
    assert "E-mail address that it goes to: “nobody” is no e-mail address." in said
    assert "Deadline: day: The day 30.2. is not in every year." in said
    assert any("“boy” is not known here." in text for text in said)
    assert any("{yaer} is not filled in here." in text for text in said)
    assert len(said) == 8
    beside = {found.get("id"): " ".join("".join(found.itertext()).split()) for found in page.all("div")}
    assert beside["columns-1-width-error"].endswith("This has to be a whole number.")
    assert "Column" not in beside["columns-1-width-error"], "its label stands there already"
    spoken = {found.get("name"): found.get("lang") for kind in ("input", "textarea") for found in page.all(kind)}
    assert {name: spoken[name] for name in ("name", "letter", "columns-0-header_bg", "recipient")} == {
        "name": "en",
        "letter": "en",
        "columns-0-header_bg": "bg",
        "recipient": None,
    }
    assert said.index("Column 4, Heading (English): There is no heading in the profile’s language (en).") < next(
        place for place, text in enumerate(said) if "boy" in text
    ), "in the order of the page"
    kept = page.form(EDIT).values
    assert {name: kept[name] for name in typed} == {name: [text] for name, text in typed.items()}
    page = coordinator.submit(EDIT, ("act", "save"), status=422, labels="bogus")
    assert page.errors() == ["There is no equals sign in this line: “bogus”."]


@pytest.mark.usefixtures("ours")
def test_whoever_comes_second_loses_nothing_and_saves_knowing_of_the_first(
    coordinator: Browser, coalition: Coalition
) -> None:
    coordinator.get(EDIT)
    with coalition.work("operator") as work:
        profiles.save(work, "ours", shipped_text("odihr-2022"), 1, ("en", "bg"))
    page = coordinator.submit(EDIT, ("act", "save"), status=422, name="Second")
    assert "Somebody saved another text meanwhile" in page.text
    assert page.form(EDIT).values["name"] == ["Second"]
    page = coordinator.submit(EDIT, ("act", "save"))
    assert page.heading == "Second"
    assert len(table(page, "table-texts")) == 3
    take_back = "/en/profiles/ours/take-back"
    token = {"csrf_token": coordinator.token()}
    assert "Nothing was changed" in coordinator.post(take_back, {**token, "text": "1", "number": "2"}).text
    page = coordinator.post(take_back, {**token, "text": "1", "number": "3"})
    assert "Text 1 is used again; it is text 4 now." in page.text
    for act in ("put-away", "take-up"):
        coordinator.post(f"/en/profiles/ours/{act}", token)
    assert coordinator.fetch("/en/profiles/national/edit").status_code == 404


@pytest.mark.usefixtures("ours")
def test_a_file_is_refused_with_line_and_reason_and_can_be_mended_in_the_page(
    coordinator: Browser, coalition: Coalition
) -> None:
    sound = shipped_text("odihr-2022")
    broken = sound.replace("width = 6", "width = 600")
    line = broken[: broken.index("width = 600")].count("\n") + 1
    coordinator.get(TEXT)
    file = (io.BytesIO(broken.encode()), "mine.toml")
    page = coordinator.submit(TEXT, status=422, file=file)
    assert page.errors() == [f"Line {line}: 600 is not possible. Possible is 3–150."]
    assert "width = 600" in page.form(TEXT).values["text"][0], "the file is there to be mended"
    coordinator.submit(TEXT, text=sound)
    assert text_of(coalition) == sound
    coordinator.get(NEW)
    page = coordinator.submit(NEW, status=422, code="ours", text=sound)
    assert page.errors() == ["There is a profile with this code already."]
    page = coordinator.submit(NEW, status=422, code="", file=(io.BytesIO(b"\xff\xfe"), "mine.toml"))
    assert page.errors() == ["The file is not text in UTF-8."]
    page = coordinator.submit(NEW, code="theirs", text=sound)
    assert "Nothing is built with it until you choose it." in page.text


def broken(coalition: Coalition) -> None:
    """Put a text in force that the present software does not take: a column that there was once."""
    with coalition.work("operator") as work:
        found = storage.own_profile(work.session, "ours")
        assert found
        found.text.text = found.text.text.replace('field = "case_status"', 'field = "gone"')


@pytest.mark.usefixtures("ours")
def test_a_profile_that_cannot_be_read_any_more_is_said_so_everywhere_and_nothing_is_built_with_it(
    coordinator: Browser, coalition: Coalition, tmp_path: Path
) -> None:
    accepted(coalition, date=PartialDate(2025, 3))
    with coalition.work("coordinator") as work:
        profiles.choose(work, 2025, "ours")
    keep_version(coalition, tmp_path / "made", 2025)
    with coalition.work("coordinator") as work:
        waiting = jobs.request_job(work, "submission", {"year": 2025})
    broken(coalition)
    line = text_of(coalition).split("\n").index('field = "gone"') + 1
    reason = f"Line {line}: There is no field “gone”."
    for address in ("profiles", "profiles/ours", TEXT[4:], EDIT[4:], "submissions", "submissions/2025"):
        assert reason in coordinator.get(f"/en/{address}").text, address
    for address in ("v1", "v1/package", "difference?before=1&after=1", "difference?before=1"):
        coordinator.get(f"/en/submissions/2025/{address}")
    for address in ("readiness", "calendar", "published", "queries/new", "profiles/ours/profile.toml?text=1"):
        assert coordinator.fetch(f"/en/{address}").status_code == 200, address
    page = coordinator.get("/en/submissions/2025")
    assert "Its versions stay as they are." in page.text
    token = {"csrf_token": coordinator.token()}
    for profile in ("", "ours"):
        page = coordinator.post("/en/submissions", {**token, "year": "2025", "profile": profile})
        assert (page.heading, reason in page.text) == ("Submission of 2025", True)
    with coalition.reading("coordinator") as work:
        assert [job.reference for job in jobs.list_jobs(work, "submission")] == [waiting]
    run_jobs(coalition)
    assert "Its profile cannot be read any more." in coordinator.get(f"/en/jobs/{waiting}").text
    page = coordinator.post("/en/profiles/choice", {**token, "year": "2024", "code": "ours"})
    assert f"The profile cannot be read. {reason}" in page.text
    assert coordinator.post(EDIT, {**token, "number": "1", "act": "save"}).form(TEXT)
    page = coordinator.get("/en/submissions/2025")
    page = coordinator.submit("/en/profiles/choice", ("code", ""))
    assert "The next build of data year 2025 takes it." in page.text
    assert reason not in coordinator.get("/en/submissions").text
