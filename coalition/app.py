"""Put the application together: configuration in, WSGI application out. Wiring only."""

from datetime import timedelta

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from coalition import paths, rendering, web
from coalition.config import Config, session_key
from coalition.services.work import Runtime, make_runtime

_FORM_BYTES = 4 * 1024 * 1024


def create_app(config: Config, runtime: Runtime | None = None) -> Flask:
    """Return the application of an installation.

    Raises ConfigurationError when the installation has no secrets yet.
    """
    app = Flask("coalition", template_folder=str(paths.TEMPLATES), static_folder=str(paths.STATIC))
    app.config.update(
        SECRET_KEY=session_key(config),
        SESSION_COOKIE_NAME="__Host-coalition" if config.https else "coalition",
        SESSION_COOKIE_SECURE=config.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
        MAX_CONTENT_LENGTH=_FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=_FORM_BYTES,
        TRUSTED_HOSTS=list(config.trusted_hosts) or None,
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.extensions["coalition"] = runtime or make_runtime(config)
    rendering.configure(app.jinja_env)
    CSRFProtect(app)
    web.register(app)
    if config.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign] # Werkzeug's documented way
            app.wsgi_app, x_for=config.proxies, x_proto=config.proxies, x_host=config.proxies
        )
    return app
