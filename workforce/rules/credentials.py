"""Portable credentials: a person's proven statements signed by an installation, and what another one makes of them."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from i18n import Message, _
from kernel.errors import Invalid

FORMAT = "polyphony-credential/1"
LONGEST = 200_000
MOST_LINES = 500


def public_key(seed: bytes) -> str:
    """The key by which others verify what this installation signs, in URL-safe base64."""
    return _text(_private(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


def signed(content: Mapping[str, Any], seed: bytes) -> str:
    """The credential as a file: what it says, the key, and the signature over both."""
    body = {**content, "format": FORMAT, "key": public_key(seed)}
    return json.dumps({**body, "signature": _text(_private(seed).sign(_canonical(body)))}, ensure_ascii=False, indent=1)


def verified(text: str) -> dict[str, Any]:
    """What a credential says, if its own key signed exactly this; whose key that is, is another question.

    Raises Invalid for anything else.
    """
    if len(text) > LONGEST:
        raise _refused(_("This is no credential of Polyphony."))
    try:
        found = json.loads(text, object_pairs_hook=_no_twins)
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise ValueError
        signature = _bytes(str(found.pop("signature")))
        key = Ed25519PublicKey.from_public_bytes(_bytes(str(found["key"])))
    except (ValueError, KeyError, NotBase64, RecursionError) as error:
        raise _refused(_("This is no credential of Polyphony.")) from error
    try:
        key.verify(signature, _canonical(found))
    except InvalidSignature as error:
        raise _refused(_("This credential was changed after it was signed. Nothing of it is believed.")) from error
    _ensure_shape(found)
    return found


def _ensure_shape(found: dict[str, Any]) -> None:
    """Signed or not, it may say anything; raises Invalid unless it says it as a credential does."""
    for name in ("issuer", "vendor", "email", "name", "issued_at", "expires_at"):
        if not isinstance(found.get(name), str) or len(found[name]) > 300:
            raise _refused(_("This is no credential of Polyphony."))
    for name in ("languages", "qualifications"):
        lines = found.get(name)
        if not isinstance(lines, list) or len(lines) > MOST_LINES:
            raise _refused(_("This is no credential of Polyphony."))
        for line in lines:
            is_flat = isinstance(line, dict) and all(isinstance(value, str | None) for value in line.values())
            if not is_flat or any(len(value or "") > 100 for value in line.values()):
                raise _refused(_("This is no credential of Polyphony."))


def _private(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(seed)


def _canonical(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "strict")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _refused(message: Message) -> Invalid:
    return Invalid("credential.invalid", message, fields={"credential": message})
