"""The filter of the log."""

from collections.abc import Mapping

from werkzeug.datastructures import MultiDict

from coalition.i18n import L_, _
from coalition.web.forms.fields import CodeSelect, PartForm


class LogForm(PartForm):
    """Which entries of the log are shown. What the address says wrongly is left out."""

    action = CodeSelect(L_("What was done"))
    who = CodeSelect(L_("Who did it"))

    @classmethod
    def of(cls, address: MultiDict[str, str], actions: Mapping[str, str], people: Mapping[str, str]) -> "LogForm":
        """Read the filter from an address; actions and people are those that the log holds."""
        form = cls(formdata=address)
        form.action.choices = {"": _("Everything"), **actions}
        form.who.choices = {"": _("Everybody"), **people}
        return form

    @property
    def actions(self) -> tuple[str, ...]:
        """The action looked for, none for all."""
        chosen = self.action.data or ""
        return (chosen,) if chosen and chosen in (self.action.choices or ()) else ()

    @property
    def actor(self) -> str | None:
        """The id of the person looked for, None for all."""
        chosen = self.who.data or ""
        return chosen if chosen and chosen in (self.who.choices or ()) else None
