"""Agreements as values: a document's version with its texts, and who signed it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

# From open to most protected. An agreement is asked for from one of them upward.
CLASSIFICATIONS = ("public", "internal", "confidential", "restricted-pii", "restricted-phi")


@dataclass(frozen=True)
class AgreementView:
    """One published version; `titles` and `texts` have the same locales."""

    id: str
    org_id: str
    code: str
    version: int
    titles: Mapping[str, str]
    texts: Mapping[str, str]
    required_from: str
    published_at: datetime

    @property
    def locales(self) -> tuple[str, ...]:
        return tuple(self.texts)


@dataclass(frozen=True)
class Demanded:
    """The version of a document that is in force, and the lowest classification that asks for it."""

    code: str
    version: int
    required_from: str


@dataclass(frozen=True)
class SignatureView:
    """Who signed which text, in which language, when and from where: the network, which goes with an erasure."""

    id: str
    agreement_id: str
    annotator_id: str
    code: str
    version: int
    locale: str
    text_sha256: str
    signed_at: datetime
    network: str | None
    name: str = ""  # where several people's are listed
    pseudonym: str = ""
