"""The coalition's own settings: few, and read on every page."""

from typing import Any

from sqlalchemy import JSON, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.base import Base
from coalition.domain.completeness import DEFAULT_AGE_OF_CONSENT
from coalition.domain.reviews import DEFAULT_REVIEW_DAYS

DEFAULT_TIME_ZONE = "Europe/Sofia"


class Setting(Base, kw_only=True):
    """One setting by its key."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


def all_settings(session: Session) -> dict[str, Any]:
    """Return every setting that was ever changed from its default."""
    return {setting.key: setting.value for setting in session.scalars(select(Setting))}


def time_zone(session: Session) -> str:
    """Return the coalition's time zone: what day it is there decides what "today" means."""
    stored = session.get(Setting, "time_zone")
    return str(stored.value) if stored else DEFAULT_TIME_ZONE


def age_of_consent(session: Session) -> int:
    """Return the age in years below which a parent or guardian consents."""
    stored = session.get(Setting, "age_of_consent")
    return int(stored.value) if stored else DEFAULT_AGE_OF_CONSENT


def second_reviewer(session: Session) -> bool:
    """Tell whether every decision on an incident needs two people."""
    stored = session.get(Setting, "second_reviewer")
    return bool(stored.value) if stored else False


def review_days(session: Session) -> int:
    """Return the days until what was handed in should be decided."""
    stored = session.get(Setting, "review_days")
    return int(stored.value) if stored else DEFAULT_REVIEW_DAYS


def store_setting(session: Session, key: str, value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Write a setting."""
    session.merge(Setting(key=key, value=value))
