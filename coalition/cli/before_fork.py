"""What Gunicorn's first process loads before its web processes part from it: they share it and start at once.

`coalition serve --workers` hands this module to Gunicorn as its settings, deploy/gunicorn.conf.py imports it. It loads
code and maps classes, and that is all: engines, key stores and threads are made by `coalition.wsgi`, in each process
after the fork, because a connection or a lock that two processes inherit belongs to neither.
"""

import gc

from sqlalchemy.orm import configure_mappers

from coalition import app

__all__ = ["app"]

configure_mappers()


def pre_fork(_server: object, _worker: object) -> None:
    """Keep the garbage collector off what is shared: it would write to every page of it, and so copy it."""
    gc.freeze()
