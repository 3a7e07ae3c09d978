"""The coalition's own settings: its name, country, languages and time zone."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any
from zoneinfo import available_timezones

from coalition.db import settings as storage
from coalition.db.sessions import end_sessions_without_factor
from coalition.domain.access import Permission, require
from coalition.domain.authentication import SecondFactorPolicy
from coalition.domain.codebook import countries
from coalition.domain.completeness import DEFAULT_AGE_OF_CONSENT
from coalition.domain.errors import UnknownCode
from coalition.domain.evidence import LARGEST, LARGEST_SETTING, MOST, MOST_SETTING
from coalition.domain.retention import policy_of
from coalition.domain.reviews import DEFAULT_REVIEW_DAYS, LONGEST_REVIEW_DAYS
from coalition.services import audit
from coalition.services.work import Work

AGES_OF_CONSENT = range(12, 19)


@dataclass(frozen=True)
class Settings:
    """What the coalition says of itself."""

    name: Mapping[str, str] = field(
        default_factory=lambda: {
            "en": "Hate Crime Recording Coalition",
            "bg": "Коалиция за регистриране на престъпления от омраза",
        }
    )
    """By language code."""
    country: str = "BG"
    """ISO 3166-1 alpha-2; the country the recording form offers first."""
    languages: tuple[str, ...] = ("en", "bg")
    """Languages of the site; the first is shown to those whose browser asks for none of them."""
    time_zone: str = storage.DEFAULT_TIME_ZONE
    emergency_number: str = "112"
    second_factor: str = SecondFactorPolicy.COORDINATION.value
    """Who may not work without a second factor: a SecondFactorPolicy."""
    contact: str = ""
    """Where the public reaches the coalition; empty shows nothing."""
    age_of_consent: int = DEFAULT_AGE_OF_CONSENT
    """Years; for a younger victim a parent or guardian consents."""
    retention: Mapping[str, int] = field(default_factory=dict)
    """Months until a record is looked at again, by "basis.state", where they differ from the software's proposal."""
    evidence_megabytes: int = LARGEST
    """The largest file that is taken as evidence."""
    evidence_files: int = MOST
    """The most files of one incident."""
    second_reviewer: bool = False
    """Whether every decision on an incident needs two people who say the same."""
    review_days: int = DEFAULT_REVIEW_DAYS
    """Days until what was handed in should be decided."""

    def name_in(self, language: str) -> str:
        """Return the name in a language, else in the first language, else any."""
        return self.name.get(language) or self.name.get(self.languages[0]) or next(iter(self.name.values()))


def read(work: Work) -> Settings:
    """Return the settings in force."""
    names = {item.name for item in fields(Settings)}
    stored = {key: value for key, value in storage.all_settings(work.session).items() if key in names}
    if "languages" in stored:
        stored["languages"] = tuple(stored["languages"])
    return Settings(**stored)


def change(work: Work, **values: Any) -> None:  # noqa: ANN401 - the fields of Settings
    """Change some settings.

    Raises UnknownCode for a country, a time zone or a kind of record that does not exist, for months that cannot be,
    and for no language at all: every page reads these. Whether a language has a catalogue is for the caller to know.
    """
    require(work.actor, Permission.MANAGE_ORGANISATIONS)
    if values.get("country", "BG") not in countries():
        raise UnknownCode("OSCE participating States", values["country"])
    if values.get("time_zone", "UTC") not in available_timezones():
        raise UnknownCode("time zones", values["time_zone"])
    if not values.get("languages", True):
        raise UnknownCode("languages", "")
    if values.get("age_of_consent", DEFAULT_AGE_OF_CONSENT) not in AGES_OF_CONSENT:
        raise UnknownCode("ages of consent (12 to 18)", str(values["age_of_consent"]))
    policy_of(values.get("retention", {}))
    _check_numbers(values)
    if values.get("second_factor", "everybody") not in set(SecondFactorPolicy):
        raise UnknownCode("second factor policies (coordination, everybody)", values["second_factor"])
    if values.get("second_factor") == SecondFactorPolicy.EVERYBODY:
        end_sessions_without_factor(work.session)
    for key, value in values.items():
        storage.store_setting(work.session, key, list(value) if isinstance(value, tuple) else value)
    audit.record(work, "settings.change", "coalition", "settings", fields=sorted(values))


_MOST_OF: Mapping[str, int] = {
    "evidence_megabytes": LARGEST_SETTING,
    "evidence_files": MOST_SETTING,
    "review_days": LONGEST_REVIEW_DAYS,
}


def _check_numbers(values: Mapping[str, Any]) -> None:
    for key, most in _MOST_OF.items():
        if not 0 < values.get(key, 1) <= most:
            raise UnknownCode(f"{key.replace('_', ' ')} (1 to {most})", str(values[key]))
