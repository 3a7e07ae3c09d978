"""Put the application together: configuration in, WSGI application out. Wiring only."""

import hashlib
from datetime import timedelta

import itsdangerous
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from coalition import paths, rendering, web
from coalition.config import Config, session_keys
from coalition.domain.authentication import LONGEST
from coalition.services.work import Runtime, make_runtime
from coalition.web import uploads

_FORM_BYTES = 4 * 1024 * 1024

# Flask-WTF signs the token of a form with itsdangerous as it is, and that takes SHA-1 (OWASP ASVS 5.0, 11.4.1).
itsdangerous.Signer.default_digest_method = staticmethod(hashlib.sha256)


class _Sessions(SecureCookieSessionInterface):
    """Cookies signed with HMAC-SHA256; Flask's own choice is SHA-1."""

    digest_method = staticmethod(hashlib.sha256)


def create_app(config: Config, runtime: Runtime | None = None) -> Flask:
    """Return the application of an installation.

    Raises ConfigurationError when the installation has no secrets yet.
    """
    signing, *earlier = session_keys(config)
    app = Flask("coalition", template_folder=str(paths.TEMPLATES), static_folder=str(paths.STATIC))
    app.config.update(
        DEBUG=False,  # whatever the environment says
        SECRET_KEY=signing,
        SECRET_KEY_FALLBACKS=earlier,
        SESSION_COOKIE_NAME="__Host-coalition" if config.https else "coalition",
        SESSION_COOKIE_SECURE=config.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # How long a cookie is read at all. The session that it names ends on the server, and earlier.
        PERMANENT_SESSION_LIFETIME=2 * LONGEST,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
        MAX_CONTENT_LENGTH=_FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=_FORM_BYTES,
        TRUSTED_HOSTS=list(config.trusted_hosts) or None,
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.extensions["coalition"] = runtime or make_runtime(config)
    app.session_interface = _Sessions()
    rendering.configure(app.jinja_env)
    uploads.register(app)
    CSRFProtect(app)
    web.register(app)
    if config.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign] # Werkzeug's documented way
            app.wsgi_app, x_for=config.proxies, x_proto=config.proxies, x_host=config.proxies
        )
    return app
