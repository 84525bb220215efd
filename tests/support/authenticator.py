"""An authenticator in software: makes passkeys and signs with them, as a browser hands it on; and lies when asked."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import encode_cbor

from workforce.rules.passkeys import from_text, in_text

ORIGIN, PARTY = "http://localhost:8000", "localhost"
PRESENT, VERIFIED, ATTESTED = 1, 4, 64


@dataclass
class Authenticator:
    """One key on one device; `counter` goes up with each use, or stays at nought where many devices share it."""

    origin: str = ORIGIN
    party: str = PARTY
    counts: bool = True
    counter: int = 0
    owner: str | None = None
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    flags: int = PRESENT | VERIFIED
    client: dict[str, Any] = field(default_factory=dict)  # what the browser says beyond the usual

    @property
    def id(self) -> str:
        numbers = self.key.public_key().public_numbers()
        return in_text(hashlib.sha256(b"%d" % numbers.x).digest())

    def make(self, options: dict[str, Any], *, attestation: str = "none") -> str:
        """What a browser sends after it was asked to make a passkey."""
        self.owner = from_text(options["user"]["id"]).decode()
        client = self._client("webauthn.create", options["challenge"])
        raw = from_text(self.id)
        data = self._data(ATTESTED) + bytes(16) + len(raw).to_bytes(2, "big") + raw + self._public()
        statement: dict[str, Any] = {}
        if attestation == "packed":
            statement = {"alg": -7, "sig": self._sign(data + hashlib.sha256(client).digest())}
        made = encode_cbor({"fmt": attestation, "attStmt": statement, "authData": data})
        return self._answer(client, {"attestationObject": in_text(made), "transports": ["internal", "odd"]})

    def use(self, options: dict[str, Any], *, origin: str | None = None, party: str | None = None) -> str:
        """What a browser sends after it was asked to sign."""
        if self.counts:
            self.counter += 1
        client = self._client("webauthn.get", options["challenge"], origin)
        data = self._data(0, party)
        signed = {"authenticatorData": in_text(data), "signature": in_text(self._sign(data + _sha(client)))}
        return self._answer(client, signed | ({"userHandle": in_text(self.owner.encode())} if self.owner else {}))

    def _answer(self, client: bytes, response: dict[str, Any]) -> str:
        sent = {"clientDataJSON": in_text(client)} | response
        return json.dumps({"id": self.id, "rawId": self.id, "type": "public-key", "response": sent})

    def _client(self, kind: str, challenge: str, origin: str | None = None) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": origin or self.origin, "crossOrigin": False}
        return json.dumps(told | self.client).encode()

    def _data(self, flags: int, party: str | None = None) -> bytes:
        return _sha((party or self.party).encode()) + bytes([self.flags | flags]) + self.counter.to_bytes(4, "big")

    def _public(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
        return encode_cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def _sign(self, data: bytes) -> bytes:
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))


def _sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
