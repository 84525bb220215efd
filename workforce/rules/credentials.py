"""Portable credentials: a person's proven statements signed by an installation, and what another one makes of them."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from i18n import Message, _
from kernel.errors import Invalid
from web.json_text import path_of_unstorable, read_json

FORMAT = "polyphony-credential/1"
LONGEST = 200_000
MOST_LINES = 500
_KEY, _SIGNATURE = re.compile(r"[A-Za-z0-9_-]{43}"), re.compile(r"[A-Za-z0-9_-]{86}")


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
        found = read_json(text)
        if not isinstance(found, dict) or found.get("format") != FORMAT or path_of_unstorable(found) is not None:
            raise ValueError
        signature = _bytes(found.pop("signature"), _SIGNATURE)
        key = Ed25519PublicKey.from_public_bytes(_bytes(found["key"], _KEY))
    except (ValueError, KeyError, NotBase64) as error:
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
    if not isinstance(found.get("vendor_id", ""), str) or len(found.get("vendor_id", "")) > 300:
        raise _refused(_("This is no credential of Polyphony."))
    found.setdefault("accuracy", [])  # credentials from before it was told hold none
    for name in ("languages", "qualifications", "accuracy"):
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


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: Any, form: re.Pattern[str]) -> bytes:
    if not isinstance(text, str) or form.fullmatch(text) is None:
        raise ValueError
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _refused(message: Message) -> Invalid:
    return Invalid("credential.invalid", message, fields={"credential": message})
