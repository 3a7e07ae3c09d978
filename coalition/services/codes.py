"""Codes of an app (TOTP, RFC 6238) and recovery codes: taken once, then never again."""

import hashlib
import hmac
from datetime import datetime

import pyotp

from coalition.db import factors as storage
from coalition.db.keys import keys_of
from coalition.domain import recovery
from coalition.domain.authentication import FactorKind
from coalition.services.work import Work

STEP = 30
"""Seconds that a code is shown for."""
_LEEWAY = (-1, 0)
"""The present half minute and the one before it: reading, typing and sending take a moment (RFC 6238, 5.2).

One step for what is under way is what the standard allows at most. A code of the step to come is never on its way: only
a telephone whose clock is ahead shows one, and telephones set their clocks by the network. So a code is good for 30 to
60 seconds from when it appears (OWASP ASVS 5.0, 6.5.5 asks for 30), and once only.
"""


def new_secret() -> str:
    """Return what an app's codes are computed from: 160 bits in base 32."""
    return pyotp.random_base32()


def code_at(secret: str, moment: datetime) -> str:
    """Return the code that an app shows at a moment."""
    return pyotp.TOTP(secret).at(int(moment.timestamp()))


def _about(factor_id: str) -> str:
    return f"second_factor.secret:{factor_id}"


def seal_secret(work: Work, factor: storage.SecondFactor, secret: str) -> None:
    """Keep an app's secret, sealed for its own row."""
    factor.secret = keys_of(work.session).seal_for_site(_about(factor.id), secret.encode())


def open_secret(work: Work, factor: storage.SecondFactor) -> str:
    """Return an app's secret."""
    return keys_of(work.session).open_for_site(_about(factor.id), factor.secret or b"").decode()


def takes(work: Work, factor: storage.SecondFactor, code: str) -> bool:
    """Tell whether a code is the app's of now and was not taken before; it is taken by this."""
    code = "".join(code.split())
    secret, present = open_secret(work, factor), int(work.now.timestamp()) // STEP
    fitting = [
        present + off
        for off in _LEEWAY
        if hmac.compare_digest(pyotp.TOTP(secret).at((present + off) * STEP).encode(), code.encode())
    ]
    return bool(fitting) and storage.advance_app(work.session, factor.id, max(fitting), work.now)


def take_code(work: Work, account_id: str, code: str) -> bool:
    """Tell whether a code is that of one of somebody's apps; no code is taken twice (OWASP ASVS 5.0, 6.5.1)."""
    apps = [row for row in storage.factors_of(work.session, account_id) if row.kind == FactorKind.APP]
    return any(takes(work, app, code) for app in apps)


def _digest(code: str) -> str:
    return hashlib.sha256(recovery.plain(code).encode()).hexdigest()


def take_recovery_code(work: Work, account_id: str, code: str) -> bool:
    """Tell whether a recovery code is one of somebody's; it is used up by this."""
    return storage.use_recovery_code(work.session, account_id, _digest(code))


def renew_recovery_codes(work: Work, account_id: str) -> list[str]:
    """Give somebody ten new recovery codes; the old ones end. They are readable only in what this returns."""
    made = [recovery.new_code() for _ in range(recovery.CODES)]
    storage.store_recovery_codes(work.session, account_id, [_digest(code) for code in made])
    return made
