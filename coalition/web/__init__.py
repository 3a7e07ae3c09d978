"""The site: parse a request, call one service, render or redirect."""

from flask import Flask

from coalition.web import (
    access,
    accounts,
    admissions,
    audit,
    bulk,
    calendar,
    consents,
    contexts,
    descriptions,
    erasures,
    errors,
    evidence,
    exports,
    factors,
    filters,
    history,
    importing,
    inbox,
    incidents,
    invitations,
    jobs,
    locale,
    messages,
    official,
    organisations,
    packages,
    pages,
    paper,
    presence,
    profiles,
    published,
    queries,
    queue,
    readiness,
    reports,
    same_incident,
    security,
    sessions,
    sign_in,
    submissions,
    summaries,
    versions,
)

BLUEPRINTS = (
    pages,
    sign_in,
    presence,
    invitations,
    accounts,
    admissions,
    factors,
    sessions,
    organisations,
    incidents,
    history,
    messages,
    inbox,
    descriptions,
    evidence,
    importing,
    consents,
    erasures,
    exports,
    paper,
    queue,
    filters,
    bulk,
    same_incident,
    readiness,
    calendar,
    submissions,
    versions,
    profiles,
    packages,
    queries,
    published,
    reports,
    official,
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
