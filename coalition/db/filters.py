"""Filters of lists that somebody made: kept for a while, or under a name."""

from datetime import datetime

from sqlalchemy import ForeignKey, and_, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.base import Base, new_id, new_reference
from coalition.db.keys import keys_of
from coalition.db.types import Moment
from coalition.encryption import CannotOpen


class SavedFilter(Base, kw_only=True):
    """What a list is narrowed to. An address names it by its reference, so that no searched word stands in one."""

    __tablename__ = "saved_filter"

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    reference: Mapped[str] = mapped_column(unique=True, default_factory=new_reference)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"), default=None)
    """Whose people may use it when it is shared; None for the coalition's own."""
    page: Mapped[str]
    """Which list it is for: "reviews" or "incidents"."""
    name: Mapped[bytes] = mapped_column(default=b"")
    """Sealed with the site's key; empty for one that was only used, and goes after a day."""
    content: Mapped[bytes]
    """Sealed with the site's key: JSON of codes, numbers and the searched words."""
    shared: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime] = mapped_column(Moment, index=True)


def _place(row: SavedFilter, column: str) -> str:
    return f"saved_filter.{column}:{row.id}"


def seal_filter(session: Session, row: SavedFilter, content: str, name: str) -> None:
    """Put what a filter asks for, and its name, into its row; an empty name stays empty."""
    keys = keys_of(session)
    row.content = keys.seal_for_site(_place(row, "content"), content.encode())
    row.name = keys.seal_for_site(_place(row, "name"), name.encode()) if name else b""


def open_filter(session: Session, row: SavedFilter) -> tuple[str, str] | None:
    """Return what a filter asks for, and its name; None when it cannot be opened any more."""
    keys = keys_of(session)
    try:
        content = keys.open_for_site(_place(row, "content"), row.content)
        name = keys.open_for_site(_place(row, "name"), row.name) if row.name else b""
    except CannotOpen:
        return None
    return content.decode(), name.decode()


def filter_with_reference(session: Session, reference: str) -> SavedFilter | None:
    """Return the filter that an address names."""
    return session.scalar(select(SavedFilter).where(SavedFilter.reference == reference.upper()))


def named_filters(session: Session, page: str, account_id: str, organisation_id: str | None) -> list[SavedFilter]:
    """Return the filters of a list that somebody named, their own and those that colleagues share."""
    same = SavedFilter.organisation_id
    colleagues = same.is_(None) if organisation_id is None else same == organisation_id
    query = select(SavedFilter).where(
        SavedFilter.page == page,
        SavedFilter.name != b"",
        (SavedFilter.account_id == account_id) | and_(SavedFilter.shared.is_(True), colleagues),
    )
    return list(session.scalars(query.order_by(SavedFilter.made_at, SavedFilter.id)))


def remove_filter(session: Session, row: SavedFilter) -> None:
    """Remove one filter."""
    session.execute(delete(SavedFilter).where(SavedFilter.id == row.id))


def forget_beyond(session: Session, account_id: str, most: int) -> None:
    """Forget the oldest filters without a name of somebody who has more than so many."""
    query = select(SavedFilter.id).where(SavedFilter.account_id == account_id, SavedFilter.name == b"")
    beyond = list(session.scalars(query.order_by(SavedFilter.made_at.desc(), SavedFilter.id.desc()).offset(most)))
    session.execute(delete(SavedFilter).where(SavedFilter.id.in_(beyond)))


def has_expired(session: Session, before: datetime) -> bool:
    """Tell whether a filter without a name was made before a moment."""
    query = select(SavedFilter.id).where(SavedFilter.name == b"", SavedFilter.made_at < before)
    return session.scalar(query.limit(1)) is not None


def forget_expired(session: Session, before: datetime) -> None:
    """Forget the filters without a name that were made before a moment."""
    session.execute(delete(SavedFilter).where(SavedFilter.name == b"", SavedFilter.made_at < before))
