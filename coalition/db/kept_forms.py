"""Forms that could not be saved, sealed, each for one person; and which first page began which draft."""

import json
from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.base import Base, new_id
from coalition.db.keys import keys_of
from coalition.db.types import Moment
from coalition.encryption import CannotOpen, seal


class KeptForm(Base, kw_only=True):
    """What somebody typed into one form and could not save. It goes when the form is saved, with the person's access,
    with the incident it is about, and after a day.
    """

    __tablename__ = "kept_form"
    __table_args__ = (UniqueConstraint("account_id", "form"),)

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    form: Mapped[str]
    """Endpoint and references: which form it was, and nothing of what stood in it."""
    incident_id: Mapped[str | None] = mapped_column(
        ForeignKey("incident.id", ondelete="CASCADE"), index=True, default=None
    )
    fields: Mapped[bytes] = mapped_column(default=b"")
    """Names and values of a form about an incident, sealed with that incident's key."""
    site_fields: Mapped[bytes] = mapped_column(default=b"")
    """The same of a form about no incident, sealed with the site's key."""
    kept_at: Mapped[datetime] = mapped_column(Moment, index=True)


class BegunForm(Base, kw_only=True):
    """A first page that began a draft: sent twice, it leads to the same draft."""

    __tablename__ = "begun_form"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    once: Mapped[str] = mapped_column(primary_key=True)
    """The random name that the server gave the page."""
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id", ondelete="CASCADE"), index=True)
    version: Mapped[int]
    """Of the draft as this page saved it last."""
    begun_at: Mapped[datetime] = mapped_column(Moment, index=True)


def _place(row: KeptForm) -> str:
    # As every sealed value is placed, so that renewing a key finds it: `coalition.db.resealing`.
    if row.incident_id is None:
        return f"kept_form.site_fields:{row.id}"
    return f"kept_form.fields/{row.id}:{row.incident_id}"


def seal_fields(session: Session, row: KeptForm, text: str) -> None:
    """Put the fields of a form into its row, sealed for its person.

    With the incident's key, so that erasing the incident also makes what older backups hold of it unreadable. Nothing
    is kept when that key is destroyed already: the incident is being erased.
    """
    keys, value = keys_of(session), json.dumps([row.account_id, text], ensure_ascii=False).encode()
    if row.incident_id is None:
        row.site_fields = keys.seal_for_site(_place(row), value)
        return
    key = keys.of(row.incident_id)
    row.fields = seal(key, value, _place(row)) if key else b""


def open_fields(session: Session, row: KeptForm) -> str | None:
    """Return the fields of a form; None when their key is gone, or when they were another person's."""
    keys = keys_of(session)
    try:
        value = (
            keys.open_for_site(_place(row), row.site_fields)
            if row.incident_id is None
            else keys.unseal(row.incident_id, row.fields, _place(row))
        )
    except CannotOpen:
        return None
    whose, text = json.loads(value)
    return str(text) if whose == row.account_id else None


def kept_form(session: Session, account_id: str, form: str) -> KeptForm | None:
    """Return what is kept of a form of somebody."""
    return session.scalar(select(KeptForm).where(KeptForm.account_id == account_id, KeptForm.form == form))


def forget_form(session: Session, account_id: str, form: str) -> None:
    """Forget one form of somebody."""
    session.execute(delete(KeptForm).where(KeptForm.account_id == account_id, KeptForm.form == form))


def forget_forms_of(session: Session, account_id: str) -> None:
    """Forget every form of somebody, and which drafts their pages began."""
    session.execute(delete(KeptForm).where(KeptForm.account_id == account_id))
    session.execute(delete(BegunForm).where(BegunForm.account_id == account_id))


def forget_beyond(session: Session, account_id: str, most: int) -> None:
    """Forget the oldest forms of somebody who has more than so many."""
    query = select(KeptForm.id).where(KeptForm.account_id == account_id)
    beyond = list(session.scalars(query.order_by(KeptForm.kept_at.desc(), KeptForm.id.desc()).offset(most)))
    session.execute(delete(KeptForm).where(KeptForm.id.in_(beyond)))


def has_expired(session: Session, before: datetime) -> bool:
    """Tell whether anything was kept before a moment."""
    kept = session.scalar(select(KeptForm.id).where(KeptForm.kept_at < before).limit(1))
    begun = session.scalar(select(BegunForm.once).where(BegunForm.begun_at < before).limit(1))
    return kept is not None or begun is not None


def forget_expired(session: Session, before: datetime) -> None:
    """Forget whatever was kept before a moment."""
    session.execute(delete(KeptForm).where(KeptForm.kept_at < before))
    session.execute(delete(BegunForm).where(BegunForm.begun_at < before))


def begun_by(session: Session, account_id: str, once: str) -> BegunForm | None:
    """Return what a page of somebody began."""
    return session.get(BegunForm, (account_id, once))
