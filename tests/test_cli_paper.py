"""`coalition forms`: the blank form on the server."""

from pathlib import Path

import pytest

from tests.conftest import Coalition
from tests.documents.ua import faults
from tests.installation import Installation, refused


@pytest.fixture
def own(coalition: Coalition) -> Installation:
    """Give the command line of the coalition's installation."""
    return Installation(coalition.runtime.config.data)


def test_the_blank_form_is_written_in_a_language(own: Installation, tmp_path: Path):
    file = tmp_path / "form.pdf"
    said = own.run("forms", "blank", "--language", "en", "--output", str(file))
    assert (said.returncode, said.stdout, said.stderr) == (0, f"Blank form written to {file}.\n", "")
    assert faults(file.read_bytes(), "en") == []


def test_a_language_that_the_site_does_not_have_is_refused(own: Installation, tmp_path: Path):
    file = tmp_path / "form.pdf"
    assert "'tlh' is not among the languages" in refused(
        own.run("forms", "blank", "--language", "tlh", "--output", str(file))
    )
    assert not file.exists()
