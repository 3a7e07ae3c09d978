"""One case on a sheet of paper: for whom it is made, what of the record is then on it, and what consent that needs.

A sheet is a file, and files get lost: the ordinary one is without identity, also inside the organisation (GDPR Art.
25(2)). Whoever gets one outside is a recipient of special-category data, so each needs the consent to its own purpose
(GDPR Art. 9(2)(a) and (d)); the ways out and their purposes stand in `coalition.domain.consents`.
"""

from collections.abc import Mapping
from enum import StrEnum

from coalition.domain.consents import WayOut, may_leave
from coalition.domain.disclosure import Occasion
from coalition.domain.incidents import Facts


class SheetKind(StrEnum):
    """For whom a sheet is made."""

    INTERNAL = "internal"
    """For work inside the organisation: all that a colleague reads, without identity."""
    IDENTITY = "identity"
    """For work inside the organisation, with what leads to the person: the recorder and the lead."""
    COALITION = "coalition"
    """To hand to the coalition or one of its members: the pseudonymised record."""
    SUPPORT = "support"
    """To hand to a support service to which the person is referred: the pseudonymised record."""
    POLICE = "police"
    """To hand to the police: the pseudonymised record. Whose case it is, the person tells them."""


OCCASION_OF: Mapping[SheetKind, Occasion] = {
    SheetKind.INTERNAL: Occasion.READING,
    SheetKind.IDENTITY: Occasion.UNSEALING,
    SheetKind.COALITION: Occasion.SHARING,
    SheetKind.SUPPORT: Occasion.SHARING,
    SheetKind.POLICE: Occasion.SHARING,
}
"""What the record is opened for when a sheet is made; the policy answers what is seen then."""

WAY_OF_SHEET: Mapping[SheetKind, WayOut] = {
    SheetKind.COALITION: WayOut.REVIEW,
    SheetKind.SUPPORT: WayOut.REFERRAL,
    SheetKind.POLICE: WayOut.POLICE,
}
"""The way out that a sheet takes; those that are not here stay inside the organisation."""


def leaves(kind: SheetKind) -> bool:
    """Tell whether a sheet is made to leave the organisation."""
    return kind in WAY_OF_SHEET


def may_be_made(facts: Facts, kind: SheetKind) -> bool:
    """Tell whether consent, or a public source, allows a sheet to go where it is meant for."""
    return not leaves(kind) or may_leave(facts, WAY_OF_SHEET[kind])
