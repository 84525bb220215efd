"""Anchors of the audit log: signed lines, to be kept where whoever can rewrite the database cannot reach them.

A line is JSON: the checkpoint, the fingerprint of the key, and an Ed25519 signature over everything else in canonical
form. Whoever has the public key can check a line without this installation.
"""

import base64
import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from admin.values import Anchor
from kernel.audit import Anchors, canonical

_FIELDS = ("chain", "seq", "hash", "count", "at")


class BadAnchor(Exception):
    """A line that was not signed by this key as it stands; says which line."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"line {number}: {why}")
        self.number, self.why = number, why


def new_key() -> bytes:
    """A new private key, in PEM."""
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def signing_key(pem: bytes) -> Ed25519PrivateKey:
    """The private key of a PEM file; raises ValueError for anything else."""
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("the key must be an Ed25519 key")
    return key


def checking_key(pem: bytes) -> Ed25519PublicKey:
    """The public key of a PEM file, which may hold either half; raises ValueError for anything else."""
    if b"PRIVATE" in pem:
        return signing_key(pem).public_key()
    key = serialization.load_pem_public_key(pem)
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("the key must be an Ed25519 key")
    return key


def fingerprint(key: Ed25519PublicKey) -> str:
    """A short name of a key, which a line carries so that a wrong key is told from a wrong line."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


def signed_line(anchor: Anchor, key: Ed25519PrivateKey) -> str:
    """The anchor as one signed line."""
    return sign({name: getattr(anchor, name) for name in _FIELDS}, key)


def sign(told: dict[str, Any], key: Ed25519PrivateKey) -> str:
    """What is told as one signed line, with the name of the key."""
    text = canonical(told | {"key": fingerprint(key.public_key())})
    signature = base64.b64encode(key.sign(text.encode())).decode()
    return canonical(json.loads(text) | {"signature": signature})


def checked(number: int, line: str, *keys: Ed25519PublicKey) -> dict[str, Any]:
    """What a signed line tells; raises BadAnchor where none of the keys signed it as it stands."""
    try:
        told: dict[str, Any] = json.loads(line)
        signature = base64.b64decode(told.pop("signature"), validate=True)
        key = {fingerprint(key): key for key in keys}.get(told["key"])
        if key is None:
            raise BadAnchor(number, f"signed by another key ({told['key']})")
        key.verify(signature, canonical(told).encode())
    except InvalidSignature:
        raise BadAnchor(number, "the signature does not hold") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise BadAnchor(number, "it is no signed line") from fault
    return told


def read_lines(lines: Iterable[str], key: Ed25519PublicKey) -> list[Anchor]:
    """The anchors of signed lines, in order. Raises BadAnchor at the first that does not hold."""
    return [_read(number, line, key) for number, line in enumerate(lines, start=1) if line.strip()]


def _read(number: int, line: str, key: Ed25519PublicKey) -> Anchor:
    told = checked(number, line, key)
    try:
        at = datetime.fromisoformat(told["at"])
        return Anchor(str(told["chain"]), int(told["seq"]), str(told["hash"]), int(told["count"]), at)
    except (ValueError, KeyError, TypeError) as fault:
        raise BadAnchor(number, "it is no anchor") from fault


def places(anchors: Iterable[Anchor]) -> Anchors:
    """What the verification of chains compares with. Two anchors of one place that differ cannot both hold."""
    found: Anchors = {}
    for anchor in anchors:
        if found.setdefault((anchor.chain, anchor.seq), anchor.hash) != anchor.hash:
            found[anchor.chain, anchor.seq] = "two anchors that differ"
    return found
