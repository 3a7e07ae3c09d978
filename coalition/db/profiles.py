"""The coalition's own profiles, every text that one ever had, and which profile a data year is built with."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Select, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.base import Base, new_id
from coalition.db.once import add_once
from coalition.db.types import Moment


class SubmissionProfile(Base, kw_only=True):
    """One profile of the coalition's own. It holds nothing about anybody."""

    __tablename__ = "submission_profile"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    code: Mapped[str] = mapped_column(unique=True)
    """Its name in addresses, in files and on the command line."""
    number: Mapped[int] = mapped_column(default=0)
    """Of the text that holds; grows with every change."""
    put_away_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    """Since when it is offered no more; what was built with it can still be explained."""
    copied_from: Mapped[str] = mapped_column(default="")
    """Code of the profile that it began as a copy of; empty for one that came as a file."""


class ProfileText(Base, kw_only=True):
    """One text that a profile had, or has. It is never changed: what was built with it has to be explained later."""

    __tablename__ = "submission_profile_text"

    profile_id: Mapped[str] = mapped_column(ForeignKey("submission_profile.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    """From 1 on."""
    text: Mapped[str]
    """The file, in TOML."""
    changed_at: Mapped[datetime] = mapped_column(Moment)
    changed_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    """None for the command line."""


class SubmissionChoice(Base, kw_only=True):
    """Which profile a data year is built with, where that is not the one that fits the year by itself."""

    __tablename__ = "submission_choice"

    year: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    changed_at: Mapped[datetime] = mapped_column(Moment)
    changed_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)


@dataclass(frozen=True)
class OwnProfile:
    """A profile of the coalition's own with one of its texts."""

    row: SubmissionProfile
    text: ProfileText


def _with_text() -> Select[SubmissionProfile, ProfileText]:
    return select(SubmissionProfile, ProfileText).join(
        ProfileText, (ProfileText.profile_id == SubmissionProfile.id) & (ProfileText.number == SubmissionProfile.number)
    )


def own_profiles(session: Session) -> list[OwnProfile]:
    """Return the coalition's own profiles as they hold now, by code."""
    return [OwnProfile(*found) for found in session.execute(_with_text().order_by(SubmissionProfile.code))]


def own_profile(session: Session, code: str) -> OwnProfile | None:
    """Return a profile of the coalition's own as it holds now."""
    found = session.execute(_with_text().where(SubmissionProfile.code == code)).first()
    return OwnProfile(*found) if found else None


def locked(session: Session, code: str) -> SubmissionProfile | None:
    """Return a profile, locked until the change is written."""
    return session.scalar(select(SubmissionProfile).where(SubmissionProfile.code == code).with_for_update())


def texts_of(session: Session, row: SubmissionProfile) -> list[ProfileText]:
    """Return every text that a profile had, the latest first."""
    query = select(ProfileText).where(ProfileText.profile_id == row.id)
    return list(session.scalars(query.order_by(ProfileText.number.desc())))


def text_numbered(session: Session, row: SubmissionProfile, number: int) -> ProfileText | None:
    """Return one text that a profile had."""
    return session.get(ProfileText, (row.id, number))


def chosen_code(session: Session, year: int) -> str:
    """Return the code that somebody chose for a data year; empty where nobody did."""
    return session.scalar(select(SubmissionChoice.code).where(SubmissionChoice.year == year)) or ""


def choices(session: Session) -> dict[int, str]:
    """Return every choice, by data year."""
    query = select(SubmissionChoice.year, SubmissionChoice.code).order_by(SubmissionChoice.year)
    return {row.year: row.code for row in session.execute(query)}


def choose(session: Session, year: int, code: str, at: datetime, by: str | None) -> None:
    """Keep which profile a data year is built with; an empty code lets the one that fits hold again."""
    if not code:
        session.execute(delete(SubmissionChoice).where(SubmissionChoice.year == year))
        return
    row = SubmissionChoice(year=year, code=code, changed_at=at, changed_by=by)
    if not add_once(session, row):
        values = {"code": code, "changed_at": at, "changed_by": by}
        session.execute(update(SubmissionChoice).where(SubmissionChoice.year == year).values(values))
