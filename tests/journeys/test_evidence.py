"""Evidence on a phone: sent, refused, described, taken away and removed, with scripts and without."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from coalition.domain.evidence import FileKind
from coalition.services import incidents
from tests.documents.evidence_samples import HONEST, HOSTILE, PAYLOAD
from tests.domain.samples import COMPLETE
from tests.journeys.conftest import Site
from tests.journeys.people import PHONE, Person
from tests.services.records import answers

pytestmark = pytest.mark.journey


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """What is on the phone."""
    page_after = next(file for file in HOSTILE if file.name == "page-after.jpg")
    content = {"снимка.jpg": page_after.content, "drawing.png": HOSTILE[0].content, "доклад.pdf": HONEST[FileKind.PDF]}
    for name, data in content.items():
        (tmp_path / name).write_bytes(data)
    return {name: str(tmp_path / name) for name in content}


def looks_sound(person: Person) -> None:
    """Hold the page to the rules that every journey's pages are held to; without scripts nothing can be injected."""
    if person.scripts:
        person.finds_nothing_wrong()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_evidence_is_kept_and_what_is_hostile_is_not(
    site: Site, chromium: Browser, files: dict[str, str], tmp_path: Path, *, scripts: bool
):
    email = site.account("case_worker", "--organisation", site.member(), name="Ана")
    with site.acting(email) as work:
        reference = incidents.begin_incident(work, answers(COMPLETE))
    ana = Person(chromium, site.address, PHONE, scripts=scripts)
    ana.comes_in(email)
    ana.opens(f"incidents/{reference}/evidence")
    ana.page.locator("[name=files]").set_input_files(list(files.values()))
    ana.page.locator("[name=note]").fill("Снимано вечерта.")
    ana.presses("Add the files")
    # The drawing is refused beside the field, the others are kept, and so is the note.
    expect(ana.page.locator("#files-error")).to_contain_text("drawing.png")
    expect(ana.page.locator("[name=note]")).to_have_value("Снимано вечерта.")
    ana.opens(f"incidents/{reference}/evidence")
    expect(ana.page.locator("main h3")).to_have_count(2)
    ana.reads("снимка.jpg")
    looks_sound(ana)
    with ana.page.expect_download() as waiting:
        ana.page.locator('a[href$="/1/file"]').click()
    assert waiting.value.suggested_filename == f"{reference}-1.jpg"
    copy = tmp_path / "copy.jpg"
    waiting.value.save_as(copy)
    assert PAYLOAD.encode() not in copy.read_bytes()
    ana.page.locator('a[href$="/2/remove"]').click()
    ana.presses("Remove the file")
    expect(ana.page.locator("main h3")).to_have_count(1)
    ana.page.locator("[name=files]").set_input_files(files["доклад.pdf"])
    ana.presses("Add the files")
    expect(ana.page.locator("main h3")).to_have_count(2)
    looks_sound(ana)
    assert PAYLOAD.encode() not in b"".join(path.read_bytes() for path in site.data.rglob("*") if path.is_file())
