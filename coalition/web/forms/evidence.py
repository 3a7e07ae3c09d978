"""The forms about files kept as evidence: choosing them, and what is noted of one."""

from collections.abc import Sequence

from wtforms import MultipleFileField
from wtforms.validators import Optional

from coalition.domain.evidence import LONGEST_NOTE
from coalition.i18n import L_, _, labels
from coalition.web.forms.base import Form, add_error
from coalition.web.forms.fields import CodeSelect, LongText

_ENDINGS = "jpg jpeg png heic heif pdf mp3 m4a ogg oga opus wav mp4 3gp mov webm eml"


class NoteForm(Form):
    """What is noted of a file."""

    note = LongText(
        L_("Note"),
        most=LONGEST_NOTE,
        validators=[Optional()],
        description=L_(
            "What it shows and where it comes from. Only whoever recorded the incident and the lead see it."
        ),
        render_kw={"rows": 3},
    )
    source = CodeSelect(
        L_("It archives this source"),
        validators=[Optional()],
        description=L_("For example the picture of a page that may disappear."),
    )

    def offer(self, sources: Sequence[str]) -> None:
        """Offer the record's sources, by their position and kind."""
        self.source.choices = {"": _("No source")} | {
            str(position): _("%(number)s. %(kind)s", number=str(position + 1), kind=labels.label("source_kinds", kind))
            for position, kind in enumerate(sources)
        }

    @property
    def chosen_source(self) -> int | None:
        """The position of the source; the form must be valid."""
        return int(self.source.data) if self.source.data else None


class EvidenceForm(NoteForm):
    """Files, with one note for all of them."""

    files = MultipleFileField(
        L_("Files"),
        description=L_(
            "Pictures (JPEG, PNG, HEIC), PDF, sound (MP3, M4A, OGG, WAV), video (MP4, MOV, WebM), e-mails (EML)."
        ),
        render_kw={"multiple": True, "accept": ",".join(f".{ending}" for ending in _ENDINGS.split())},
    )

    def refuse(self, texts: Sequence[str]) -> None:
        """Say beside the files which of them were not taken, and why."""
        for text in texts:
            add_error(self.files, text)
