"""The WSGI application for a production server: `gunicorn coalition.wsgi:application`."""

import os

from coalition.app import create_app
from coalition.config import Config

application = create_app(Config.from_env(os.environ))
