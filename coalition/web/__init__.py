"""The site: parse a request, call one service, render or redirect."""

from flask import Flask

from coalition.web import (
    access,
    accounts,
    contexts,
    errors,
    incidents,
    jobs,
    locale,
    organisations,
    pages,
    reports,
    reviews,
    security,
    submissions,
    summaries,
)

BLUEPRINTS = (pages, accounts, organisations, incidents, reviews, submissions, reports, summaries, jobs)


def register(app: Flask) -> None:
    """Give the application its pages, hooks and error handlers."""
    for module in BLUEPRINTS:
        app.register_blueprint(module.blueprint, url_prefix="/<language>")
    pages.register_root(app)
    locale.register(app)
    access.register(app)
    contexts.register(app)
    security.register(app)
    errors.register(app)
