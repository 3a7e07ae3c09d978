"""Whether a column's value is one of many: one parameter, however many there are.

A database takes some ten thousands of parameters; a search may find more records than that.
"""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import Boolean, ColumnElement, String, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _Among(FunctionElement[bool]):
    """A column's value is an item of a JSON array."""

    name = "among"
    type = Boolean()
    inherit_cache = True


FEW = 500
"""So many values a database looks up one by one, through its index, instead of reading the whole table."""


def among(column: ColumnElement[str] | InstrumentedAttribute[str], values: Collection[str]) -> ColumnElement[bool]:
    """Say in SQL that a column holds one of some texts."""
    if len(values) <= FEW:
        return column.in_(values)
    return _Among(column, literal(json.dumps(list(values)), String()))


@compiles(_Among, "sqlite")
def _on_sqlite(element: _Among, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - compiled clauses  # nosec B608


@compiles(_Among, "postgresql")
def _on_postgresql(element: _Among, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT json_array_elements_text(CAST({values} AS json)))"
