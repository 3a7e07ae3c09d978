"""The way up to the present tables and back, with rows in them, on both databases.

A new revision needs an entry in ROWS: what its tables hold, as plain SQL values, so that the next revision is tried
on a database that is in use.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from coalition import paths
from coalition.db import audit, incidents, migrating, tables
from coalition.db.accounts import Account
from coalition.db.engine import make_engine
from coalition.db.keys import Keys, KeyStore
from coalition.db.summaries import count_descriptions, latest_publication, list_descriptions
from coalition.domain.incidents import Facts, Indicator, PartialDate, Perpetrators, Source, Victims
from coalition.domain.log import first_fault
from coalition.encryption import HeldKeys

MOMENT = datetime(2025, 3, 2, 10, 30, tzinfo=UTC)
INCIDENT = {
    "id": "i1",
    "reference": "K7QM2-X9PD4",
    "organisation_id": "o1",
    "author_id": "a1",
    "state": "accepted",
    "version": 3,
    "recorded_at": MOMENT,
    "changed_at": MOMENT,
    "submitted_at": MOMENT,
    "decided_at": MOMENT,
    "rejection_reason": "",
    "year": 2024,
    "month": 5,
    "day": 17,
    "time": "21:30",
    "country": "BG",
    "region": "BG-22",
    "municipality": "Столична",
    "location_type": "street",
    "chosen_type": "",
    "type": "violent_attack",
    "case_status": "reported",
    "reason_not_reported": "",
    "authorities_response": "Приета жалба.",
    "impact": "Безсъние.",
    "own_reference": "OWN-17",
    "narrative": "Разказ.\nНа два реда.",
    "basis": "consent",
    "consent_way": "written",
    "consent_date": "2024-05-20",
}
PART = {"incident_id": "i1", "position": 0}
ROWS = {
    "0001": {
        "organisation": {
            "id": "o1",
            "code": "HELP",
            "name": "Help Centre",
            "names": '{"bg": "Помощ"}',
            "about": "{}",
            "website": "",
            "created_at": MOMENT,
        },
        "account": {
            "id": "a1",
            "email": "ana@example.org",
            "name": "Ана",
            "role": "case_worker",
            "organisation_id": "o1",
            "password_hash": "not a hash",
            "stamp": "stamp",
            "active": True,
            "language": None,
            "created_at": MOMENT,
            "signed_in_at": None,
        },
        "sign_in_attempt": {"id": "f1", "key": "digest", "at": MOMENT},
        "setting": {"key": "country", "value": '"BG"'},
        "incident": INCIDENT,
        "incident_offence": {**PART, "code": "assault"},
        "incident_motivation": {**PART, "code": "anti_roma"},
        "incident_indicator": {**PART, "code": "expression", "note": "Чуто.", "observer": "witness"},
        "incident_victims": {
            **PART,
            "kind": "person",
            "number": 1,
            "gender": "man",
            "age_band": "teenager",
            "link": "member",
            "injury": "Счупена ръка",
        },
        "incident_perpetrators": {
            **PART,
            "number": None,
            "gender": "",
            "age_band": "adult",
            "relation": "stranger",
        },
        "incident_source": {**PART, "kind": "media", "name": "A newspaper", "reference": "p. 3"},
        "incident_description": {**PART, "language": "en", "text": "A boy was beaten."},
        "incident_consent": {**PART, "purpose": "statistics", "text_version": "2026.1"},
        "incident_step": {
            "id": "s1",
            "incident_id": "i1",
            "step": "accept",
            "actor_id": "a1",
            "at": MOMENT,
            "text": "",
            "reason": "",
        },
        "incident_step_finding": {
            "step_id": "s1",
            "test": "data_year",
            "proposed": "unclear",
            "found": "yes",
        },
        "imported_row": {"incident_id": "i1", "organisation_id": "o1", "digest": "abc", "occurrence": 2},
        "job": {
            "id": "j1",
            "reference": "AAAAA-BBBBB",
            "kind": "submission",
            "params": '{"year": 2024}',
            "state": "done",
            "requested_by": "a1",
            "requested_at": MOMENT,
            "attempts": 1,
            "leased_until": None,
            "done": 1,
            "total": 1,
            "step": "",
            "result": "{}",
            "error": "",
            "finished_at": MOMENT,
        },
        "publication": {
            "id": "p1",
            "year": 2024,
            "summary": "{}",
            "published_at": MOMENT,
            "withdrawn_at": None,
        },
        "audit_entry": {
            "id": "e1",
            "at": MOMENT,
            "actor": "a1",
            "role": "case_worker",
            "action": "incident.begin",
            "subject_kind": "incident",
            "subject": "i1",
            "details": "{}",
        },
    }
}
"""What the tables of each revision hold, in an order that foreign keys allow."""

SEALED = {
    "incident": (
        "time",
        "municipality",
        "authorities_response",
        "impact",
        "own_reference",
        "narrative",
        "consent_date",
    ),
    "incident_indicator": ("note",),
    "incident_victims": ("injury",),
    "incident_source": ("name", "reference"),
    "incident_description": ("text",),
    "incident_step": ("text",),
}
"""What is sealed from the second revision on; empty here, since rows in plain SQL have no keys."""
ROWS["0002"] = {table: {**row, **dict.fromkeys(SEALED.get(table, ()), b"")} for table, row in ROWS["0001"].items()}
ROWS["0002"]["audit_entry"] |= {"number": 1, "hash": "not a hash"}
ACCOUNT = {name: value for name, value in ROWS["0002"]["account"].items() if name != "stamp"}
SESSION = {"stage": "open", "began_at": MOMENT, "seen_at": MOMENT, "proven_at": MOMENT}
FACTOR = {"kind": "app", "name": "Phone", "secret": b"sealed", "last_step": 0, "sign_count": 0, "created_at": MOMENT}
ROWS["0003"] = ROWS["0002"] | {
    "account": ACCOUNT | {"reference": "AAAAA-CCCCC", "notice": ""},
    "sign_in_session": {
        "id": "ss1",
        "reference": "AAAAA-DDDDD",
        "digest": "digest",
        "account_id": "a1",
        "browser": "Firefox",
        "system": "Linux",
        **SESSION,
    },
    "second_factor": {"id": "sf1", "reference": "AAAAA-EEEEE", "account_id": "a1", **FACTOR},
    "recovery_code": {"id": "rc1", "account_id": "a1", "digest": "digest"},
    "passkey_challenge": {"digest": "digest", "purpose": "sign_in", "account_id": None, "made_at": MOMENT},
    "known_device": {"id": "kd1", "account_id": "a1", "digest": "digest", "seen_at": MOMENT},
    "invitation": {
        "id": "in1",
        "account_id": "a1",
        "digest": "digest",
        "made_at": MOMENT,
        "reference": "AAAAA-GGGGG",
        "made_by": "a1",
        "confirmed": False,
    },
    "factor_reset": {
        "id": "fr1",
        "reference": "AAAAA-FFFFF",
        "account_id": "a1",
        "requested_by": "a1",
        "requested_at": MOMENT,
    },
}
ROWS["0004"] = ROWS["0003"] | {
    "incident_consent": ROWS["0003"]["incident_consent"]
    | {
        "way": "",
        "given_on": b"",
        "noted_at": MOMENT,
        "noted_by": "a1",
        "withdrawn_at": None,
        "withdrawn_by": None,
    },
    "release": {
        "id": "r1",
        "kind": "submission",
        "year": 2024,
        "at": MOMENT,
        "actor_id": "a1",
        "job_id": "j1",
        "publication_id": None,
        "language": "",
        "fingerprint": "abc",
        "incidents": 1,
        "with_own_record": 1,
    },
    "release_incident": {"release_id": "r1", "incident_id": "i1", "part": "descriptive", "number": 1},
    "correction": {
        "id": "c1",
        "reference": "CCCCC-DDDDD",
        "release_id": "r1",
        "incident_id": "i1",
        "part": "descriptive",
        "number": 1,
        "mending": "remove",
        "opened_at": MOMENT,
        "closed_at": None,
        "closed_by": None,
        "outcome": "",
    },
    "published_description": {
        "publication_id": "p1",
        "position": 0,
        "incident_id": "i1",
        "date": "2024-05",
        "country": "BG",
        "type": "violent_attack",
        "motivations": "|anti_roma|",
        "texts": '{"en": "A boy was beaten."}',
        "sources": '["Help Centre"]',
    },
}
ROWS["0005"] = ROWS["0004"] | {
    "erased_row": {"mark": "not a mark"},
    "doomed_key": {"subject": "i0"},
    "incident": ROWS["0004"]["incident"]
    | {"held_by": "a1", "held_at": MOMENT, "hold_reason": "complaint", "review_on": "2026-01-01"},
    "due_review": {"incident_id": "i1", "due_since": "2026-01-01", "listed_at": MOMENT},
    "erasure_request": {
        "id": "er1",
        "reference": "EEEEE-RRRRR",
        "incident_id": "i1",
        "reason": "retention",
        "asked_by": "a1",
        "asked_at": MOMENT,
    },
    "erased_incident": {
        "id": "ei1",
        "member": "HELP",
        "state": "accepted",
        "year": 2020,
        "rejection_reason": "",
        "month": 5,
        "country": "BG",
        "type": "threat",
        "motivations": "anti_roma gender",
    },
}
ROWS["0006"] = ROWS["0005"] | {
    "account": ROWS["0005"]["account"] | {"confirmed": True},
    "admission": {
        "id": "ad1",
        "reference": "AAAAA-HHHHH",
        "account_id": "a1",
        "role": "lead",
        "organisation_id": "o1",
        "asked_by": "a1",
        "asked_at": MOMENT,
    },
}
ROWS["0007"] = ROWS["0006"] | {
    "kept_form": {
        "id": "kf1",
        "account_id": "a1",
        "form": "incidents.save reference=K7QM2-X9PD4",
        "incident_id": "i1",
        "fields": b"",
        "site_fields": b"",
        "kept_at": MOMENT,
    },
    "begun_form": {"account_id": "a1", "once": "A" * 43, "incident_id": "i1", "version": 3, "begun_at": MOMENT},
}
ROWS["0008"] = ROWS["0007"] | {
    "incident": ROWS["0007"]["incident"]
    | {
        **dict.fromkeys(("proposed_type", "chosen_scope", "proposed_scope", "weapon", "bias_recorded"), ""),
        **dict.fromkeys(("consent_by",), "person"),
        **dict.fromkeys(("type_reason", "scope_reason", "contact_name", "contact_phone"), b""),
        **dict.fromkeys(("contact_email", "contact_safely"), b""),
    },
    "incident_victims": ROWS["0007"]["incident_victims"] | {"sub_grounds": b"", "harm": "treated", "earlier": "once"},
    "incident_perpetrators": ROWS["0007"]["incident_perpetrators"] | {"capacity": "private"},
    "incident_consent": ROWS["0007"]["incident_consent"] | {"giver": ""},
    "incident_source": ROWS["0007"]["incident_source"]
    | {"date": b"", "reliability": "reliable", "credibility": "confirmed", "url": b""},
    "incident_proceeding": {**PART, "step": "reported", "date": b"", "reference": b"", "note": b""},
    "incident_need": {**PART, "need": "safety", "referred_to": b"", "outcome": "offered", "follow_up": "2024-07-01"},
    "incident_clearance": {**PART, "language": "en", "kind": "day", "text": b"", "reason": b""},
}
ROWS["0009"] = ROWS["0008"] | {
    "incident_evidence": {
        "id": "v1",
        "incident_id": "i1",
        "number": 1,
        "kind": "jpeg",
        "size": 2_000_000,
        "clean_size": 1_900_000,
        "source": 0,
        "added_at": MOMENT,
        "added_by": "a1",
        **dict.fromkeys(("file_key", "name", "note", "sha256", "captured_at", "captured_place"), b""),
    },
}
ROWS["0010"] = ROWS["0009"] | {
    "imported_row": {**ROWS["0001"]["imported_row"], "said": "def", "version": 2},
    "saved_mapping": {
        "id": "m1",
        "reference": "MMMMM-MMMMM",
        "organisation_id": "o1",
        "name": "Our cases",
        "fingerprint": "digest",
        "definition": b"",
        "changed_at": MOMENT,
        "changed_by": "a1",
    },
    "sheet_upload": {
        "id": "u1",
        "reference": "NNNNN-NNNNN",
        "organisation_id": "o1",
        "account_id": "a1",
        "state": "done",
        "job": "",
        "error": "",
        "counts": '{"new": 3}',
        "definition": b"",
        "files_kept": False,
        "created_at": MOMENT,
        "changed_at": MOMENT,
    },
}
ROWS["0011"] = ROWS["0010"] | {
    "account": ROWS["0010"]["account"] | {"affiliation_id": "o1", "mail_choice": "at_once", "mailed_at": MOMENT},
    "incident": ROWS["0010"]["incident"]
    | {
        "reviewer_id": "a1",
        "review_due": date(2025, 4, 1),
        "same_as_id": None,
        "verification": "corroborated",
        "late": True,
    },
    "incident_step": ROWS["0010"]["incident_step"]
    | {
        "verdict": "",
        "other_id": None,
        "before": "in_review",
        "notes": b"",
        "independent": "yes",
        "verification": "corroborated",
    },
    "published_description": ROWS["0010"]["published_description"] | {"verification": "corroborated"},
    "erased_incident": ROWS["0010"]["erased_incident"] | {"days": 12, "asked": True},
    "incident_step_source": {
        "step_id": ROWS["0010"]["incident_step"]["id"],
        "position": 0,
        "kind": "media",
        "fact": "yes",
        "live": "no",
        "published": "yes",
    },
    "incident_change": {
        "id": "h1",
        "incident_id": "i1",
        "first_version": 1,
        "version": 2,
        "first_at": MOMENT,
        "at": MOMENT,
        "actor_id": "a1",
        "content": b"",
    },
    "incident_message": {
        "id": "g1",
        "reference": "GGGGG-GGGGG",
        "incident_id": "i1",
        "kind": "question",
        "inside": False,
        "of_member": False,
        "answers_id": None,
        "actor_id": "a1",
        "at": MOMENT,
        "text": b"",
    },
    "notice": {
        "id": "w1",
        "reference": "WWWWW-WWWWW",
        "incident_id": "i1",
        "organisation_id": "o1",
        "account_id": None,
        "kind": "question",
        "at": MOMENT,
        "settled_at": None,
        "settled_by": None,
    },
    "saved_filter": {
        "id": "l1",
        "reference": "LLLLL-LLLLL",
        "account_id": "a1",
        "organisation_id": "o1",
        "page": "reviews",
        "name": b"",
        "content": b"",
        "shared": True,
        "made_at": MOMENT,
    },
}
ROWS["0012"] = ROWS["0011"] | {
    "release_incident": ROWS["0011"]["release_incident"] | {"cells": None},
    "release": ROWS["0011"]["release"] | {"purpose": "publish"},
    "submission_version": {
        "id": "v1",
        "release_id": "r1",
        "year": 2024,
        "profile": "odihr-2022",
        "number": 1,
        "built_at": MOMENT,
        "actor_id": "a1",
        "based_on": None,
        "files_id": "v1",
        "manifest": "{}",
        "sent_at": None,
        "sent_by": None,
    },
}
ROWS["0012"] |= {
    "submission_profile": {"id": "sp1", "code": "ours", "number": 1, "put_away_at": None},
    "submission_profile_text": {
        "profile_id": "sp1",
        "number": 1,
        "text": "body = 'odihr'",
        "changed_at": MOMENT,
        "changed_by": "a1",
    },
    "submission_choice": {"year": 2025, "code": "ours", "changed_at": MOMENT, "changed_by": "a1"},
}
ROWS["0012"] |= {
    "cycle_date": {
        "year": 2025,
        "milestone": "deadline",
        "first": "2026-05-04",
        "last": "2026-05-04",
        "changed_at": MOMENT,
        "changed_by": "a1",
        "revision": 1,
    },
    "calendar_date": {
        "id": "cd1",
        "reference": "AAAAA-JJJJJ",
        "title": "Training",
        "first": "2026-03-10",
        "last": "2026-03-11",
        "reach": "members",
        "changed_at": MOMENT,
        "changed_by": "a1",
        "revision": 0,
    },
    "reminder": {
        "id": "re1",
        "reference": "AAAAA-KKKKK",
        "organisation_id": "o1",
        "year": 2025,
        "day": "2026-04-20",
        "at": MOMENT,
        "actor_id": "a1",
        "settled_at": None,
        "settled_by": None,
    },
    "incident_likeness": {"incident_id": "i1", "version": 1, "score": 0.5, "compared_at": MOMENT},
}
ROWS["0012"] |= {
    "published_list": {
        "id": "pl1",
        "reference": "AAAAA-PUBLI",
        "year": 2024,
        "fingerprint": "f" * 64,
        "lines": 1,
        "unread": 0,
        "imported_at": MOMENT,
        "imported_by": "a1",
        "job": "",
        "matched_at": None,
    },
    "published_line": {"list_id": "pl1", "number": 2, "cells": '["2024-05"]', "ours": True},
    "published_match": {
        "id": "pm1",
        "list_id": "pl1",
        "incident_id": "i1",
        "rank": 0,
        "outcome": "changed",
        "line": 2,
        "changed": '["date"]',
        "score": 9400,
        "parts": '{"date": 0.5}',
        "decided": False,
        "motivations": '["anti_roma"]',
        "type": "threat",
        "sent": b"",
    },
    "match_decision": {
        "year": 2024,
        "incident_id": "i1",
        "fingerprint": "f" * 64,
        "occurrence": 1,
        "decided_at": MOMENT,
        "decided_by": "a1",
    },
}
ROWS["0012"] |= {
    "official_figure": {
        "id": "f1",
        "reference": "AAAAA-OFFIC",
        "country": "BG",
        "year": 2020,
        "figure": "recorded_by_police",
        "motivation": "",
        "type": "",
        "kind": "not_available",
        "number": None,
        "unit_note": "cases",
        "source_url": "https://hatecrime.osce.org/bulgaria",
        "seen_on": "2026-01-02",
        "entered_at": MOMENT,
        "actor_id": "a1",
        "taken_back_at": None,
        "taken_back_by": None,
    },
}
ROWS["0012"] |= {
    "submission_check": {"version_id": "v1", "item": "read", "at": MOMENT, "actor_id": "a1"},
    "submission_query": {
        "id": "q1",
        "reference": "AAAAA-QUERY",
        "year": 2024,
        "version_id": "v1",
        "of_incident": True,
        "number": 1,
        "asked_on": "2025-06-02",
        "entered_at": MOMENT,
        "entered_by": "a1",
        "reviewer_id": "a1",
        "state": "answered",
        "answered_on": "2025-06-04",
        "answered_by": "a1",
        "closed_at": None,
        "question": None,
        "answer": None,
    },
    "query_case": {"id": "qc1", "query_id": "q1", "incident_id": "i1", "question": b"", "answer": b""},
}
ROWS["0013"] = ROWS["0012"] | {
    "submission_version": ROWS["0012"]["submission_version"] | {"profile_text": "body = 'odihr'"},
    "submission_profile": ROWS["0012"]["submission_profile"] | {"copied_from": "odihr-2024"},
    "published_list": ROWS["0012"]["published_list"] | {"language": "en"},
    "published_match": ROWS["0012"]["published_match"] | {"described": True},
}

FACTS = Facts(
    date=PartialDate(2024, 5, 17),
    time="21:30",
    country="BG",
    region="BG-22",
    municipality="Столична",
    location_type="street",
    offences=("assault",),
    motivations=("anti_roma",),
    indicators=(Indicator("expression", "Чуто.", "witness"),),
    victims=(Victims("person", 1, "man", "teenager", "member", "Счупена ръка"),),
    perpetrators=(Perpetrators(None, "", "adult", "stranger"),),
    sources=(Source("media", "A newspaper", "p. 3"),),
    case_status="reported",
    authorities_response="Приета жалба.",
    impact="Безсъние.",
    own_reference="OWN-17",
    narrative="Разказ.\nНа два реда.",
    descriptions={"en": "A boy was beaten."},
    basis="consent",
    consents=frozenset({"statistics"}),
    consent_way="written",
    consent_date=date(2024, 5, 20),
)
"""What the rows of the first revision say, whatever the tables look like today."""


def revisions(migrations: Path = paths.MIGRATIONS) -> list[str]:
    """Return all revisions, the oldest first."""
    configuration = AlembicConfig()
    configuration.set_main_option("script_location", str(migrations))
    configuration.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(configuration)
    return [script.revision for script in reversed(list(scripts.walk_revisions()))]


REVISIONS = revisions()
BEFORE = dict(zip(REVISIONS, ["base", *REVISIONS], strict=False))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Give a database without tables."""
    if request.param == "sqlite":
        made = make_engine(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
        yield made
        made.dispose()
        return
    url = make_url(request.getfixturevalue("postgres_url")).set(database=f"empty_{uuid4().hex[:8]}")
    on_server(request, f"CREATE DATABASE {url.database} TEMPLATE template0 ENCODING 'UTF8'")
    made = make_engine(url.render_as_string(hide_password=False))
    yield made
    made.dispose()
    on_server(request, f"DROP DATABASE {url.database} WITH (FORCE)")


def on_server(request: pytest.FixtureRequest, *statements: str) -> None:
    """Run statements on the PostgreSQL server that stand in no transaction, if there are any."""
    if not statements:
        return
    server = make_engine(request.getfixturevalue("postgres_url"))
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.execute(text(statement))
    server.dispose()


HELD = HeldKeys([bytes(32)])
"""A master key from outside."""
kept: list[KeyStore] = []
"""The keys of the present test."""


@pytest.fixture(autouse=True)
def keys(tmp_path: Path) -> Iterator[KeyStore]:
    """Give each test keys of its own."""
    store = KeyStore(make_engine(f"sqlite:///{tmp_path / 'keys.sqlite3'}"), HELD, lambda: MOMENT)
    kept[:] = [store]
    yield store
    store.dispose()


def up(engine: Engine, revision: str = "head", migrations: Path = paths.MIGRATIONS) -> None:
    """Bring the database up to a revision."""
    migrating.upgrade(engine, revision, migrations, kept[0])


@dataclass
class Reached:
    """Brings an empty database to a revision: as a copy, where an earlier test here came to it by itself."""

    request: pytest.FixtureRequest
    folder: Path
    copies: dict[tuple[str, str], str] = field(default_factory=dict)

    def __call__(self, engine: Engine, revision: str = REVISIONS[-1]) -> None:
        """Bring it there."""
        key = (engine.dialect.name, revision)
        if key in self.copies:
            self.put_back(engine, self.copies[key])
            return
        if BEFORE[revision] != "base":
            self(engine, BEFORE[revision])
        up(engine, revision)
        self.copies[key] = f"reached_{uuid4().hex[:8]}"
        self.keep(engine, self.copies[key])

    def keep(self, engine: Engine, name: str) -> None:
        """Make a copy of what is there."""
        if engine.dialect.name == "sqlite":
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            engine.dispose()
            shutil.copy(str(engine.url.database), self.folder / name)
        else:
            engine.dispose()
            on_server(self.request, f"CREATE DATABASE {name} TEMPLATE {engine.url.database}")

    def put_back(self, engine: Engine, name: str) -> None:
        """Put a copy into the place of what is there."""
        present = str(engine.url.database)
        engine.dispose()
        if engine.dialect.name == "sqlite":
            shutil.copy(self.folder / name, present)
        else:
            on_server(self.request, f"DROP DATABASE {present}", f"CREATE DATABASE {present} TEMPLATE {name}")


@pytest.fixture(scope="module")
def reached(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reached]:
    """Give all tests here the same copies."""
    made = Reached(request, tmp_path_factory.mktemp("reached"))
    yield made
    on_server(request, *(f"DROP DATABASE {name}" for (kind, _), name in made.copies.items() if kind == "postgresql"))


def down(engine: Engine, revision: str, migrations: Path = paths.MIGRATIONS) -> None:
    """Take the database back to a revision."""
    migrating.downgrade(engine, revision, migrations, kept[0])


def fill(engine: Engine, revision: str) -> None:
    """Put the revision's rows into the tables, in plain SQL."""
    with engine.begin() as connection:
        for table, row in ROWS[revision].items():
            values = {name: _raw(engine, value) for name, value in row.items()}
            names, places = ", ".join(values), ", ".join(f":{name}" for name in values)
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), values)  # noqa: S608


def _raw(engine: Engine, value: object) -> object:
    if engine.dialect.name == "sqlite" and isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return value


def counts(engine: Engine) -> dict[str, int]:
    """Return how many rows each table holds."""
    names = set(inspect(engine).get_table_names()) - {"alembic_version"}
    with engine.connect() as connection:
        return {
            name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()  # noqa: S608
            for name in sorted(names)
        }


def schema(engine: Engine) -> dict[str, object]:
    """Return everything that can be known of the tables."""
    found = inspect(engine)
    return {
        "columns": {
            table: [{**column, "type": repr(column["type"])} for column in columns]
            for table, columns in found.get_multi_columns().items()
        },
        "primary keys": found.get_multi_pk_constraint(),
        "foreign keys": _sorted(found.get_multi_foreign_keys()),
        "indexes": _sorted(found.get_multi_indexes()),
        "unique": _sorted(found.get_multi_unique_constraints()),
    }


def _sorted(parts: Mapping[object, list[object]]) -> dict[object, list[object]]:
    return {table: sorted(of_table, key=str) for table, of_table in parts.items()}


def with_revision(tmp_path: Path, body: str) -> Path:
    """Return a copy of the migrations with one more revision at its head."""
    migrations = tmp_path / "migrations"
    shutil.copytree(paths.MIGRATIONS, migrations, ignore=shutil.ignore_patterns("__pycache__"))
    (migrations / "versions" / "9999_one_more.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        f"revision, down_revision = '9999', {REVISIONS[-1]!r}\nbranch_labels = depends_on = None\n\n\n{body}"
    )
    return migrations


def test_every_revision_says_which_rows_its_tables_hold():
    assert list(ROWS) == REVISIONS


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_rows_of_a_revision_fill_each_of_its_tables(engine: Engine, reached: Reached, revision: str):
    reached(engine, revision)
    fill(engine, revision)
    assert counts(engine) == dict.fromkeys(sorted(ROWS[revision]), 1)


def test_there_is_one_newest_revision_and_the_file_HEAD_names_it():  # noqa: N802 - the file's name
    assert (paths.MIGRATIONS / "HEAD").read_text() == f"{migrating.newest()}\n"
    assert tables.head() == migrating.newest() == REVISIONS[-1]


def test_the_newest_revision_is_what_the_mapped_classes_say(engine: Engine, reached: Reached):
    reached(engine)
    assert migrating.differences(engine) == []


def test_a_missing_column_is_a_difference(engine: Engine, reached: Reached):
    reached(engine)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE organisation DROP COLUMN website"))
    assert [change[0] for change in migrating.differences(engine)] == ["add_column"]


@pytest.mark.parametrize("revision", REVISIONS)
def test_going_up_down_and_up_again_ends_in_the_same_schema(engine: Engine, reached: Reached, revision: str):
    reached(engine, revision)
    wanted = schema(engine)
    down(engine, BEFORE[revision])
    assert schema(engine) != wanted
    up(engine, revision)
    assert schema(engine) == wanted


@pytest.mark.parametrize("revision", REVISIONS)
def test_going_up_keeps_the_rows_that_were_there(engine: Engine, reached: Reached, revision: str):
    before = BEFORE[revision]
    if before == "base":
        up(engine, revision)
        assert set(counts(engine).values()) == {0}
        return
    reached(engine, before)
    fill(engine, before)
    was = counts(engine)
    up(engine, revision)
    assert {table: number for table, number in counts(engine).items() if table in was} == was


@pytest.mark.parametrize("revision", REVISIONS)
def test_going_down_with_rows_in_the_tables_keeps_those_of_the_tables_that_stay(
    engine: Engine, reached: Reached, revision: str
):
    reached(engine, revision)
    fill(engine, revision)
    down(engine, BEFORE[revision])
    assert set(counts(engine).values()) <= {1}
    if BEFORE[revision] == "base":
        assert counts(engine) == {}


def test_rows_of_the_first_revision_are_read_by_the_product_of_today(engine: Engine, keys: KeyStore):
    up(engine, REVISIONS[0])
    fill(engine, REVISIONS[0])
    up(engine)
    with Session(engine, info={"keys": Keys(keys)}) as session:
        incident = incidents.incident_with_reference(session, "K7QM2-X9PD4")
        assert incident is not None
        assert incidents.facts_of(incident) == FACTS
        assert incident.recorded_at == MOMENT
        assert incident.organisation.names == {"bg": "Помощ"}
        assert [step.step for step in incidents.steps_of(session, "i1")] == ["accept"]
        assert incidents.imported_references(session, "o1") == {("abc", 2): "K7QM2-X9PD4"}
        account = session.get_one(Account, "a1")
        assert account.active is True
        published = latest_publication(session, 2024)
        assert published is not None
        assert published.published_at == MOMENT


def test_the_texts_of_the_first_revision_are_sealed_and_come_back_on_the_way_down(engine: Engine):
    up(engine, "0001")
    fill(engine, "0001")
    up(engine, "0002")
    for table, columns in SEALED.items():
        with engine.connect() as connection:
            row = connection.execute(text(f"SELECT * FROM {table}")).mappings().one()  # noqa: S608 - our own tables
        for column in columns:
            plain = str(ROWS["0001"][table][column]).encode()
            assert not plain or plain not in bytes(row[column]), f"{table}.{column}"
            assert bool(row[column]) == bool(plain)
    down(engine, "0001")
    for table, columns in SEALED.items():
        with engine.connect() as connection:
            row = connection.execute(text(f"SELECT * FROM {table}")).mappings().one()  # noqa: S608 - our own tables
        assert {name: str(row[name]) for name in columns} == {name: ROWS["0001"][table][name] for name in columns}


def test_the_log_of_the_first_revision_is_chained(engine: Engine, keys: KeyStore):
    up(engine, "0001")
    fill(engine, "0001")
    up(engine)
    with Session(engine) as session:
        entries = [(audit.entry_of(row), row.hash) for row in audit.all_entries(session)]
    assert [entry.number for entry, _ in entries] == [1]
    assert first_fault(keys.lasting_key("audit log"), entries, keys.log_head()) is None


def test_upgrading_twice_changes_nothing(engine: Engine):
    assert not tables.is_current(engine)
    up(engine)
    fill(engine, REVISIONS[-1])
    was = (schema(engine), counts(engine))
    up(engine)
    assert tables.is_current(engine)
    assert (schema(engine), counts(engine)) == was


@pytest.mark.parametrize("rebuilt", ["organisation", "account", "incident", "incident_step"])
def test_a_revision_that_rebuilds_a_table_keeps_the_rows_that_refer_to_it(
    engine: Engine, reached: Reached, tmp_path: Path, rebuilt: str
):
    migrations = with_revision(
        tmp_path,
        f"REBUILD = {'always' if engine.dialect.name == 'sqlite' else 'never'!r}\n\n\n"
        "def upgrade():\n"
        f"    with op.batch_alter_table({rebuilt!r}, recreate=REBUILD) as batch:\n"
        "        batch.add_column(sa.Column('remark', sa.String(), nullable=True))\n\n\n"
        "def downgrade():\n"
        f"    with op.batch_alter_table({rebuilt!r}, recreate=REBUILD) as batch:\n"
        "        batch.drop_column('remark')\n",
    )
    reached(engine, REVISIONS[-1])
    fill(engine, REVISIONS[-1])
    was = counts(engine)
    up(engine, migrations=migrations)
    assert "remark" in {column["name"] for column in inspect(engine).get_columns(rebuilt)}
    assert counts(engine) == was
    down(engine, REVISIONS[-1], migrations)
    assert counts(engine) == was
    assert migrating.differences(engine) == []


def test_after_a_migration_foreign_keys_are_watched_again(engine: Engine, reached: Reached):
    reached(engine)
    lonely = sqlalchemy.insert(incidents.IncidentOffence.__table__).values(
        incident_id="none", position=0, code="assault"
    )
    with engine.connect() as connection, pytest.raises(IntegrityError):
        connection.execute(lonely)


def test_a_revision_that_fails_halfway_leaves_the_database_as_it_was(engine: Engine, reached: Reached, tmp_path: Path):
    migrations = with_revision(
        tmp_path,
        "def upgrade():\n"
        "    op.create_table('half', sa.Column('id', sa.String(), primary_key=True))\n"
        "    op.execute('DELETE FROM incident_offence')\n"
        "    op.execute('SELECT nothing FROM nowhere')\n\n\n"
        "def downgrade():\n    op.drop_table('half')\n",
    )
    reached(engine)
    fill(engine, REVISIONS[-1])
    was = (schema(engine), counts(engine))
    with pytest.raises(sqlalchemy.exc.DBAPIError):
        up(engine, migrations=migrations)
    assert (schema(engine), counts(engine)) == was
    assert tables.is_current(engine)


def test_a_revision_that_would_leave_rows_without_their_incident_is_refused(
    engine: Engine, reached: Reached, tmp_path: Path
):
    migrations = with_revision(
        tmp_path,
        "def upgrade():\n    op.execute('DELETE FROM organisation')\n\n\ndef downgrade():\n    pass\n",
    )
    reached(engine)
    fill(engine, REVISIONS[-1])
    was = counts(engine)
    with pytest.raises((RuntimeError, IntegrityError)):
        up(engine, migrations=migrations)
    assert counts(engine) == was


def test_a_new_migration_holds_what_the_mapped_classes_add_and_becomes_the_head(engine: Engine, tmp_path: Path):
    migrations = with_revision(
        tmp_path,
        "def upgrade():\n"
        "    with op.batch_alter_table('organisation') as batch:\n"
        "        batch.drop_column('website')\n\n\n"
        "def downgrade():\n    pass\n",
    )
    up(engine, migrations=migrations)
    migrating.new_migration(engine, "website again", "9999a", migrations)
    written = next((migrations / "versions").glob("9999a*.py")).read_text()
    assert "batch_op.add_column(sa.Column('website', sa.String(), nullable=False))" in written
    assert written.count("add_column") == 1
    assert (migrations / "HEAD").read_text() == "9999a\n"


PUBLISHED = {
    "year": 2024,
    "descriptions": [
        {
            "date": "2024-05",
            "country": "BG",
            "type": "threat",
            "motivations": ["gender", "anti_roma"],
            "texts": {"en": "A boy was beaten.", "bg": "Биха момче."},
            "sources": ["Help Centre"],
        },
        {"date": "2024", "country": "RO", "type": "threat", "motivations": [], "texts": {"en": "Two."}, "sources": []},
    ],
}


def test_descriptions_that_lay_among_the_figures_get_rows_of_their_own_and_come_back(engine: Engine):
    migrating.upgrade(engine, "0003")
    row = {**ROWS["0001"]["publication"], "summary": json.dumps(PUBLISHED, ensure_ascii=False)}
    with engine.begin() as connection:
        names, places = ", ".join(row), ", ".join(f":{name}" for name in row)
        values = {name: _raw(engine, value) for name, value in row.items()}
        connection.execute(text(f"INSERT INTO publication ({names}) VALUES ({places})"), values)  # noqa: S608
    migrating.upgrade(engine)
    with Session(engine) as session:
        published = latest_publication(session, 2024)
        assert published is not None
        assert published.summary == {"year": 2024}
        assert count_descriptions(session, published) == 2
        (found,) = list_descriptions(session, published, motivation="anti_roma", limit=10)
    assert (found.date, found.motivations, found.sources) == ("2024-05", ("gender", "anti_roma"), ("Help Centre",))
    assert found.texts == {"en": "A boy was beaten.", "bg": "Биха момче."}
    migrating.downgrade(engine, "0003")
    with engine.begin() as connection:
        kept_ = connection.scalar(text("SELECT summary FROM publication"))
    assert (json.loads(kept_) if isinstance(kept_, str) else kept_) == PUBLISHED
