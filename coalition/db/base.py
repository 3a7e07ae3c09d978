"""What every mapped class shares: constraint names that migrations can rely on, and ids."""

import os
import secrets
import time
import uuid

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase, MappedAsDataclass

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that is mistaken for a digit when read out over the telephone."""


class Base(MappedAsDataclass, DeclarativeBase):
    """Base of every mapped class."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def new_id() -> str:
    """Return a UUID version 7: ordered by time, so that indexes stay compact. It tells the time: never public.

    It counts fractions of a millisecond (RFC 9562, 6.2, method 3), so that what one process makes one after the other,
    the steps of an incident or the entries of the log, sorts in that order.
    """
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = (nanoseconds << 12) // 1_000_000
    chance = int.from_bytes(os.urandom(8)) >> 2
    return str(uuid.UUID(int=(milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62 | chance))


def new_reference() -> str:
    """Return a random reference such as K7QM2-X9PD4: says nothing about when, where or by whom."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    return f"{letters[:5]}-{letters[5:]}"
