"""Storage: the only place that knows SQL. Mapped classes, and the queries over them, by noun."""
