"""Gunicorn's settings for an installation with several web processes.

    gunicorn --config deploy/gunicorn.conf.py coalition.wsgi:application

Background jobs then run in a process of their own, `coalition worker`.
"""

import os
from typing import Any

# The site's modules are loaded once, here, and shared by all web processes. After an update the service is restarted.
from coalition.cli.before_fork import pre_fork  # noqa: F401 - Gunicorn calls it

# A socket of this machine, for the proxy beside it: nothing of what people read or write crosses a network.
bind = os.environ.get("BIND", "unix:/run/coalition/site.sock")
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 4

# A worker that answers nothing for a minute is replaced; one that stops finishes what it has begun.
timeout = 60
graceful_timeout = 30
# Workers are renewed now and then, not all at once, so that no leak grows without end.
max_requests = 2000
max_requests_jitter = 500

# Nobody's address is written down: people read about this subject, and report, without being followed.
accesslog = None
errorlog = "-"

# Only the reverse proxy on this machine may say who is asking and over what.
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")

# The heartbeat file in memory: on a slow disk a busy worker would look dead. No control socket: the service
# manager starts and stops us.
worker_tmp_dir = "/dev/shm"  # noqa: S108 - a folder in memory, in which Gunicorn makes a file of its own  # nosec B108
control_socket_disable = True
umask = 0o077


def when_ready(server: Any) -> None:  # noqa: ANN401 - Gunicorn carries no types
    """Open the socket to the group of the site's user, to which the proxy belongs; the mask above closes it to all."""
    for listener in server.LISTENERS:
        if isinstance(listener.cfg_addr, str):
            os.chmod(listener.cfg_addr, 0o660)  # noqa: PTH101 - a path as Gunicorn has it  # nosec B103
