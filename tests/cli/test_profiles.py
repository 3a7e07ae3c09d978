"""Profiles from the command line: what is wrong in a file is told with its line, also without an installation."""

from pathlib import Path

from coalition.domain.profiles import shipped_text
from tests.installation import Installation


def test_a_profile_is_shown_changed_checked_and_imported(tmp_path: Path):
    made = Installation(tmp_path / "data")
    file = tmp_path / "ours.toml"
    text = shipped_text("odihr-2024")
    broken = text.replace('date = "month"', 'date = "day"').replace("{year}", "{yaer}", 1)
    file.write_text(broken)
    result = made.run("profiles", "check", str(file))
    lines = [broken[: broken.index(part)].count("\n") + 1 for part in ('date = "day"', "{yaer}")]
    assert result.returncode == 1
    assert [said.split(" ")[0] for said in result.stderr.splitlines()] == [f"{file}:{line}:" for line in lines]
    assert "“day” is not possible. Possible are: month, year. [date]" in result.stderr
    file.write_text(text)
    assert made.done("profiles", "check", str(file)).startswith(f"{file}: sound, 12 columns")

    made.done("db", "upgrade")
    assert made.done("profiles", "show", "odihr-2024") == text
    assert made.done("profiles", "import", str(file)) == "ours: text 1 holds now\n"
    assert [line.split("  ")[:2] for line in made.done("profiles", "list").splitlines()][-1] == ["ours", "own, text 1"]
    file.write_text(broken)
    assert made.run("profiles", "import", str(file)).returncode == 1
