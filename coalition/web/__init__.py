"""The site: parse a request, call one service, render or redirect."""

from flask import Flask

from coalition.web import (
    access,
    accounts,
    audit,
    consents,
    contexts,
    erasures,
    errors,
    exports,
    factors,
    incidents,
    invitations,
    jobs,
    locale,
    organisations,
    pages,
    reports,
    reviews,
    security,
    sessions,
    sign_in,
    submissions,
    summaries,
)

BLUEPRINTS = (
    pages,
    sign_in,
    invitations,
    accounts,
    factors,
    sessions,
    organisations,
    incidents,
    consents,
    erasures,
    exports,
    reviews,
    submissions,
    reports,
    summaries,
    jobs,
    audit,
)


def register(app: Flask) -> None:
    """Give the application its pages, hooks and error handlers."""
    for module in BLUEPRINTS:
        app.register_blueprint(module.blueprint, url_prefix="/<language>")
    pages.register_root(app)
    locale.register(app)
    access.register(app)
    sign_in.register(app)
    contexts.register(app)
    security.register(app)
    errors.register(app)
