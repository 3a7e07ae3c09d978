"""Members' own spreadsheets taken through their stages by the services, for the tests of every layer."""

import csv
import io
from collections.abc import Iterable, Sequence

from coalition.domain.headings import proposed
from coalition.domain.mappings import RowMapping
from coalition.domain.uploads import Act
from coalition.services import jobs, mappings
from coalition.services.mappings import UploadView
from coalition.worker import run_job
from tests.conftest import Coalition


def sheet(*rows: Sequence[str]) -> str:
    """Return rows as CSV, the heading first."""
    made = io.StringIO()
    csv.writer(made).writerows(rows)
    return made.getvalue()


def run_jobs(coalition: Coalition) -> None:
    """Do what waits to be done."""
    with coalition.reading("operator") as work:
        waiting = jobs.waiting_jobs(work)
    for job_id in waiting:
        run_job(coalition.runtime, job_id)


def ask(coalition: Coalition, reference: str, act: Act, who: str = "lead") -> None:
    """Ask for the next thing to be done with a file, as a page does."""
    with coalition.work(who) as work:
        job = jobs.request_job(work, "import", {"upload": reference, "act": act.value})
        mappings.begin_act(work, reference, act, job)


def sent(coalition: Coalition, content: bytes | str, name: str = "cases.csv", who: str = "lead") -> str:
    """Send a file and have it read; returns its reference."""
    data = content.encode() if isinstance(content, str) else content
    with coalition.work(who) as work:
        reference = mappings.start_upload(work, name, io.BytesIO(data), len(data))
    ask(coalition, reference, Act.READ, who)
    run_jobs(coalition)
    return reference


def seen(coalition: Coalition, reference: str, who: str = "lead") -> UploadView:
    """Look at a file."""
    with coalition.reading(who) as work:
        return mappings.upload_of(work, reference)


def mapped(coalition: Coalition, reference: str, mapping: RowMapping | None = None, who: str = "lead") -> UploadView:
    """Say what the columns hold, as proposed if nothing else is said, and have the rows compared."""
    view = seen(coalition, reference, who)
    assert view.profile
    wanted = mapping or view.mapping or proposed(view.profile.columns, view.profile.rows, {})
    with coalition.work(who) as work:
        mappings.keep_columns(work, reference, wanted)
    ask(coalition, reference, Act.CHECK, who)
    run_jobs(coalition)
    return seen(coalition, reference, who)


def recorded(
    coalition: Coalition, reference: str, overwrite: Iterable[str] = (), name: str = "", who: str = "lead"
) -> UploadView:
    """Have the rows recorded."""
    with coalition.work(who) as work:
        mappings.decide(work, reference, tuple(overwrite), name)
    ask(coalition, reference, Act.STORE, who)
    run_jobs(coalition)
    return seen(coalition, reference, who)


def read_in(
    coalition: Coalition, content: bytes | str, mapping: RowMapping, overwrite: Iterable[str] = (), name: str = ""
) -> UploadView:
    """Take a file through all its stages."""
    reference = sent(coalition, content)
    mapped(coalition, reference, mapping)
    return recorded(coalition, reference, overwrite, name)
