"""How an incident is known again when a file is read twice, also after it was erased."""

import hashlib
import hmac

from coalition.services.work import Work


def origin_of(reference: str) -> str:
    """Return how an incident of the product's own export is known: a digest of its reference there."""
    return hashlib.sha256(f"coalition.incidents:{reference}".encode()).hexdigest()


KEYED = "k:"
"""Begins a digest of an imported row that nobody can try texts against without the installation's key."""


def keyed(work: Work, digest: str) -> str:
    """Return a digest of what a row says as it is kept: whoever has no key cannot tell which row it was."""
    key = work.runtime.keys.lasting_key("imported row")
    return KEYED + hmac.new(key, digest.encode(), hashlib.sha256).hexdigest()


def mark_of(work: Work, organisation_id: str, digest: str, occurrence: int) -> str:
    """Return what stays of a row whose incident was erased: whoever has no key cannot tell which row it was."""
    key = work.runtime.keys.lasting_key("erased row")
    return hmac.new(key, f"{organisation_id}\x1f{digest}\x1f{occurrence}".encode(), hashlib.sha256).hexdigest()
