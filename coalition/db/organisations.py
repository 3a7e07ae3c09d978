"""Member organisations."""

from datetime import datetime

from sqlalchemy import JSON, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.base import Base, new_id
from coalition.db.types import Moment
from coalition.domain.names import Name


class Organisation(Base, kw_only=True):
    """A member of the coalition."""

    __tablename__ = "organisation"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    names: Mapped[dict[str, str]] = mapped_column(JSON, default_factory=dict)
    """The name in other languages, by language code."""
    about: Mapped[dict[str, str]] = mapped_column(JSON, default_factory=dict)
    """One or two sentences for the public, by language code."""
    website: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(Moment)


def name_of(organisation: Organisation) -> Name:
    """Return a member's name in all its languages."""
    return Name(organisation.name, organisation.names)


def all_organisations(session: Session) -> list[Organisation]:
    """Return every member, by name."""
    return list(session.scalars(select(Organisation).order_by(Organisation.name, Organisation.code)))


def organisation_with_code(session: Session, code: str) -> Organisation | None:
    """Return the member with this code, letter case aside."""
    return session.scalar(select(Organisation).where(Organisation.code == code.upper()))
