"""`coalition submission package`: everything that is sent, in a new folder."""

from pathlib import Path

from coalition.documents.signing import check_folder
from coalition.domain.vocabulary import State
from coalition.services import consents
from tests.conftest import Coalition
from tests.installation import refused
from tests.services import records
from tests.services.versioned import keep_version
from tests.test_cli import Installation


def test_everything_that_is_sent_is_written_into_a_new_folder_and_no_other(coalition: Coalition, tmp_path: Path):
    own = Installation(coalition.runtime.config.data)
    reference = records.in_state(coalition, State.ACCEPTED)
    keep_version(coalition, tmp_path / "files")
    folder = tmp_path / "sent" / "2024"
    assert (
        own.done("submission", "package", "2024", "v1", "--output", str(folder))
        == f"v1 of 2024: 9 files in {folder}.\n"
    )
    names = {path.name for path in folder.iterdir()}
    assert names == {"submission", "message.eml", "cover-letter.pdf", "cover-letter.docx"}
    assert check_folder(folder / "submission").is_whole
    assert [path.name for path in folder.parent.iterdir()] == ["2024"]
    command = ("submission", "package", "2024")
    assert refused(own.run(*command, "1", "--output", str(folder))) == f"{folder} is not empty"
    assert "no version such as 1" in refused(own.run(*command, "x", "--output", str(tmp_path / "new")))
    assert refused(own.run(*command, "2", "--output", str(tmp_path / "new")))
    with coalition.work("lead") as work:
        consents.withdraw_consent(work, reference, ["odihr"])
    assert "build a revision" in refused(own.run(*command, "1", "--output", str(tmp_path / "new")))
    assert not (tmp_path / "new").exists()
