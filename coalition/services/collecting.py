"""Send a copy of the log elsewhere, so that it outlives whoever changes it here (OWASP ASVS 5.0, 16.4.3)."""

import socket

from coalition.collector import Collector, collector_at
from coalition.db import audit as storage
from coalition.domain.access import Permission, require
from coalition.domain.errors import NotFound
from coalition.domain.log import Entry, message_of
from coalition.services.work import OPERATOR, Runtime, reading

BATCH = 500
"""So many entries go over one connection."""


def send_log(runtime: Runtime) -> int:
    """Send every entry that the collector does not have yet, the oldest first; returns how many.

    What was sent is remembered after the collector has read it: an outage loses nothing, and may send a batch twice.
    Nothing but the entries goes: ids and codes, no name. Raises NotFound where no collector is set, OSError.
    """
    if not runtime.config.log_collector:
        raise NotFound("setting", "COALITION_LOG_COLLECTOR")
    collector, sent, host = collector_at(runtime.config.log_collector), 0, socket.gethostname()
    with runtime.keys.alone("sending"):
        while batch := _unsent(runtime, collector):
            collector.deliver([message_of(entry, hash_, host) for entry, hash_ in batch])
            last, hash_of_last = batch[-1]
            runtime.keys.note_log_sent(collector.name, last.number, hash_of_last)
            sent += len(batch)
    return sent


def _unsent(runtime: Runtime, collector: Collector) -> list[tuple[Entry, str]]:
    """Return the next entries. If the newest that was sent is not the one that is here, all go again: the collector
    then holds both what was written and what somebody made of it, or what came after an older backup.
    """
    number, hash_ = runtime.keys.log_sent(collector.name)
    with reading(runtime, OPERATOR) as work:
        require(work.actor, Permission.READ_AUDIT)
        if number and storage.hash_of(work.session, number) != hash_:
            number = 0
        rows = storage.entries_after(work.session, number, BATCH)
        return [(storage.entry_of(row), row.hash) for row in rows]
