"""The proof of a record's consent (GDPR Art. 7(1)) as PDF and as JSON: what was agreed to, in which words, until when.

It holds no fact of the case. The words are quoted as they were shown, in every language of the site.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from coalition import i18n
from coalition.documents.letter import Letter, letter_as_pdf, letter_html
from coalition.documents.pdf import TEMPLATES
from coalition.domain.consents import ConsentGiven, ConsentProof, Wording, words_of

TEMPLATE = "documents/consent_proof.html"
SHEET = TEMPLATES / "consent_proof.css"
FORMAT, VERSION = "coalition-consent-proof", 1
"""What the JSON says it is; a change that a reader has to know of is a new version."""


@dataclass(frozen=True)
class Quotation:
    """The words of one version in one language, as they are printed."""

    words: Wording
    language_name: str
    direction: str


@dataclass(frozen=True, kw_only=True)
class ProofPages(Letter):
    """What the template prints."""

    proof: ConsentProof
    quotations: tuple[Quotation, ...]


def proof_as_pdf(proof: ConsentProof, language: str) -> bytes:
    """Return the proof as PDF/UA in a language.

    Raises PdfUnavailable where Pango is missing.
    """
    return letter_as_pdf(TEMPLATE, _pages(proof, language), [SHEET])


def proof_html(proof: ConsentProof, language: str) -> str:
    """Return the proof as the HTML that is printed."""
    return letter_html(TEMPLATE, _pages(proof, language))


def _pages(proof: ConsentProof, language: str) -> ProofPages:
    return ProofPages(
        reference=proof.reference,
        organisation=proof.organisation,
        coalition=proof.coalition,
        made_at=proof.made_at,
        time_zone=proof.time_zone,
        language=language,
        proof=proof,
        quotations=tuple(_quotation(words) for words in _quoted(proof)),
    )


def _quoted(proof: ConsentProof) -> list[Wording]:
    return [words for version in proof.versions for words in words_of(version, proof.languages)]


def _quotation(words: Wording) -> Quotation:
    known = i18n.locale(words.language)
    return Quotation(words, known.native_name, known.direction)


def proof_as_json(proof: ConsentProof) -> bytes:
    """Return the proof as JSON in UTF-8: codes, moments in UTC, and the words by version and language."""
    texts: dict[str, dict[str, Any]] = {}
    for words in _quoted(proof):
        texts.setdefault(words.version, {})[words.language] = {
            "question": words.question,
            "note": words.note,
            "told": [{"who": who, "what": what} for who, what in words.told],
            "purposes": dict(words.purposes),
        }
    made: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "made_at": proof.made_at.isoformat(),
        "reference": proof.reference,
        "organisation": proof.organisation.main,
        "coalition": proof.coalition.main,
        "basis": proof.basis,
        "consents": [_consent(item) for item in proof.given],
        "texts": texts,
    }
    return (json.dumps(made, ensure_ascii=False, indent=2) + "\n").encode()


def _consent(item: ConsentGiven) -> dict[str, Any]:
    return {
        "purpose": item.purpose.value,
        "text_version": item.text_version,
        "giver": item.giver,
        "way": item.way,
        "given_on": item.given_on.isoformat() if item.given_on else None,
        "noted_at": _moment(item.noted_at),
        "noted_by": item.noted_by,
        "in_force": item.in_force,
        "withdrawn_at": _moment(item.withdrawn_at),
        "withdrawn_by": item.withdrawn_by,
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
