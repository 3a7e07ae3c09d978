"""Files that are taken in through the services, as the pages do it."""

import io

from coalition.domain.evidence import FileKind
from coalition.services import evidence
from coalition.services.evidence import Refused, Upload
from tests.conftest import Coalition
from tests.documents.evidence_samples import HONEST

NAME = "Ana at home.jpg"


def take_in(
    coalition: Coalition,
    reference: str,
    *files: tuple[str, bytes],
    who: str = "case_worker",
    note: str = "",
    source: int | None = None,
) -> tuple[list[int], list[Refused]]:
    """Send files; returns the numbers of those that are kept, and the others."""
    with coalition.reading(who) as work:
        room = evidence.room_for(work, reference)
    uploads = [Upload(name, io.BytesIO(content)) for name, content in files or [(NAME, HONEST[FileKind.JPEG])]]
    with evidence.taken_in(room, uploads) as (taken, refused), coalition.work(who) as work:
        return evidence.add_files(work, reference, taken, note, source), refused
