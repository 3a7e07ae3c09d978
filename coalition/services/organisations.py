"""Member organisations: create, describe, list."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from coalition.db import organisations as storage
from coalition.domain.access import Permission, require
from coalition.domain.errors import AlreadyExists, NotFound, UnknownCode
from coalition.domain.names import checked
from coalition.services import audit
from coalition.services.work import Work


@dataclass(frozen=True)
class OrganisationView:
    """A member organisation."""

    id: str
    code: str
    name: str
    names: Mapping[str, str]
    about: Mapping[str, str]
    website: str

    def name_in(self, language: str) -> str:
        """Return the name in a language, else the main name."""
        return self.names.get(language) or self.name

    def about_in(self, language: str) -> str:
        """Return the description in a language, else in any."""
        return self.about.get(language) or next(iter(self.about.values()), "")


def _view(row: storage.Organisation) -> OrganisationView:
    return OrganisationView(row.id, row.code, row.name, row.names, row.about, row.website)


def create_organisation(  # noqa: PLR0913 - one value per field
    work: Work,
    code: str,
    name: str,
    *,
    names: Mapping[str, str] | None = None,
    about: Mapping[str, str] | None = None,
    website: str = "",
) -> OrganisationView:
    """Create a member organisation.

    Raises UnknownCode when the code is not 1 to 40 letters, digits, hyphens or underscores, AlreadyExists when it is
    taken, UnusableName.
    """
    require(work.actor, Permission.MANAGE_ORGANISATIONS)
    code = code.strip().upper()
    if not re.fullmatch(r"[A-Z0-9][A-Z0-9_-]{0,39}", code):
        raise UnknownCode("possible codes: 1 to 40 letters A-Z, digits, hyphens or underscores", code)
    if storage.organisation_with_code(work.session, code):
        raise AlreadyExists("organisation", code)
    row = storage.Organisation(
        code=code,
        name=checked(name),
        names=dict(names or {}),
        about=dict(about or {}),
        website=website,
        created_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    audit.record(work, "organisation.create", "organisation", row.id)
    return _view(row)


def describe_organisation(  # noqa: PLR0913 - one value per field
    work: Work, code: str, *, name: str, names: Mapping[str, str], about: Mapping[str, str], website: str
) -> None:
    """Change what is said of a member organisation."""
    require(work.actor, Permission.MANAGE_ORGANISATIONS)
    row = storage.organisation_with_code(work.session, code)
    if row is None:
        raise NotFound("organisation", code)
    row.name, row.names, row.about, row.website = checked(name), dict(names), dict(about), website
    work.session.flush()
    audit.record(work, "organisation.describe", "organisation", row.id)


def list_organisations(work: Work) -> list[OrganisationView]:
    """Return every member: who stands behind the coalition is public."""
    return [_view(row) for row in storage.all_organisations(work.session)]


def organisation(work: Work, code: str) -> OrganisationView:
    """Return the member with this code.

    Raises NotFound.
    """
    row = storage.organisation_with_code(work.session, code)
    if row is None:
        raise NotFound("organisation", code)
    return _view(row)
