"""Official figures as somebody saw them. Another value is another row; none is ever written over."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Select, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from coalition.db.base import Base, new_id, new_reference
from coalition.db.types import Moment
from coalition.domain.official import Cell, Entry, Figure, Kind, Value

_ONE_STATEMENT = (
    "(kind = 'number' AND number IS NOT NULL AND number > 0) OR "
    "(kind IN ('zero', 'not_available', 'dash') AND number IS NULL)"
)


class OfficialFigure(Base, kw_only=True):
    """One value of one cell of a source's table, on the day on which it was seen there. All of it is public."""

    __tablename__ = "official_figure"
    __table_args__ = (
        # A number, 0, "Not available" and "-" stay four things, whoever writes into the table.
        CheckConstraint(_ONE_STATEMENT, name="one_statement"),
        Index("ix_official_figure_country_year", "country", "year"),
    )

    id: Mapped[str] = mapped_column(primary_key=True, default_factory=new_id)
    reference: Mapped[str] = mapped_column(unique=True, default_factory=new_reference)
    """Names it in addresses."""
    country: Mapped[str]
    year: Mapped[int]
    figure: Mapped[str]
    """A Figure."""
    motivation: Mapped[str] = mapped_column(default="")
    """Empty for all together."""
    type: Mapped[str] = mapped_column(default="")
    """Empty for all together."""
    kind: Mapped[str]
    """A Kind."""
    number: Mapped[int | None] = mapped_column(default=None)
    """Above 0, and only of the kind "number"."""
    unit_note: Mapped[str] = mapped_column(default="")
    source_url: Mapped[str]
    seen_on: Mapped[date] = mapped_column(Date)
    entered_at: Mapped[datetime] = mapped_column(Moment)
    actor_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)
    """Who entered it; None for the command line."""
    taken_back_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    """When somebody said that it had been entered by mistake; the row stays."""
    taken_back_by: Mapped[str | None] = mapped_column(ForeignKey("account.id"), default=None)


def entry_of(row: OfficialFigure) -> Entry:
    """Return what a row says."""
    cell = Cell(row.country, row.year, Figure(row.figure), row.motivation, row.type)
    return Entry(cell, Value(Kind(row.kind), row.number), row.source_url, row.seen_on, row.unit_note, row.reference)


def add_entries(session: Session, entries: Iterable[Entry], at: datetime, actor_id: str | None) -> list[OfficialFigure]:
    """Store entries in this order; returns their rows."""
    rows = [
        OfficialFigure(
            country=entry.cell.country,
            year=entry.cell.year,
            figure=entry.cell.figure.value,
            motivation=entry.cell.motivation,
            type=entry.cell.type,
            kind=entry.value.kind.value,
            number=entry.value.number,
            unit_note=entry.unit_note,
            source_url=entry.source_url,
            seen_on=entry.seen_on,
            entered_at=at,
            actor_id=actor_id,
        )
        for entry in entries
    ]
    session.add_all(rows)
    session.flush()
    return rows


def _standing() -> Select[OfficialFigure]:
    return select(OfficialFigure).where(OfficialFigure.taken_back_at.is_(None)).order_by(OfficialFigure.id)


def standing_rows(session: Session, country: str = "") -> list[OfficialFigure]:
    """Return what was entered and not taken back, of one country or of all, in the order in which it was entered."""
    query = _standing()
    return list(session.scalars(query.where(OfficialFigure.country == country) if country else query))


def standing_entries(session: Session, country: str = "") -> list[Entry]:
    """Return the same as what it says."""
    return [entry_of(row) for row in standing_rows(session, country)]


def rows_of_cell(session: Session, cell: Cell) -> list[OfficialFigure]:
    """Return everything that was ever entered of a cell, also what was taken back, seen last first."""
    query = select(OfficialFigure).where(
        OfficialFigure.country == cell.country,
        OfficialFigure.year == cell.year,
        OfficialFigure.figure == cell.figure.value,
        OfficialFigure.motivation == cell.motivation,
        OfficialFigure.type == cell.type,
    )
    return list(session.scalars(query.order_by(OfficialFigure.seen_on.desc(), OfficialFigure.id.desc())))


def row_with_reference(session: Session, reference: str) -> OfficialFigure | None:
    """Return an entry by its reference, letter case aside."""
    return session.scalar(select(OfficialFigure).where(OfficialFigure.reference == reference.upper()))


def countries_entered(session: Session) -> list[str]:
    """Return the countries of which there is any entry that stands."""
    return sorted(
        session.scalars(select(OfficialFigure.country).where(OfficialFigure.taken_back_at.is_(None)).distinct())
    )
