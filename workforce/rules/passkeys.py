"""Passkeys (WebAuthn): what a browser is asked for, and what it has to send to be believed."""

import base64
import json
from dataclasses import dataclass
from typing import Any

MOST = 10  # of one account
CHALLENGE_BYTES = 32
LONGEST_SENT = 16_000
_TIMEOUT = 120_000  # milliseconds that a browser waits for the person
_KINDS_OF_KEYS = (-8, -7, -257)  # EdDSA, ECDSA on P-256, RSA with SHA-256
_ODD = (ValueError, TypeError, KeyError, AttributeError, RecursionError)  # of JSON that says something else
_TRANSPORTS = frozenset({"usb", "nfc", "ble", "internal", "hybrid", "smart-card", "cable"})


@dataclass(frozen=True)
class Made:
    """A new passkey that a browser has proven to hold."""

    credential_id: str
    public_key: str
    sign_count: int
    transports: tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """Which passkey a browser says that it has used, and for which challenge; nothing of it is proven yet."""

    credential_id: str
    owner: str | None


def in_text(data: bytes) -> str:
    """Bytes in URL-safe base64 without padding, as browsers send them."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def from_text(text: str) -> bytes:
    """The bytes of such a text; raises ValueError for another one."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def making_options(
    *, party: str, challenge: bytes, account_id: str, email: str, name: str, known: list[str]
) -> dict[str, Any]:
    """What a browser is asked to make: a key that it finds by itself, and that asks for the person."""
    return {
        "rp": {"id": party, "name": "Polyphony"},
        "user": {"id": in_text(account_id.encode()), "name": email, "displayName": name},
        "challenge": in_text(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": kind} for kind in _KINDS_OF_KEYS],
        "timeout": _TIMEOUT,
        "excludeCredentials": [{"type": "public-key", "id": each} for each in known],
        "authenticatorSelection": {
            "residentKey": "required", "requireResidentKey": True, "userVerification": "required",
        },
        "attestation": "none",
    }  # fmt: skip


def using_options(*, party: str, challenge: bytes, known: list[tuple[str, list[str]]]) -> dict[str, Any]:
    """What a browser is asked to sign; without known keys, it offers those that it has for this domain."""
    return {
        "rpId": party, "challenge": in_text(challenge), "timeout": _TIMEOUT, "userVerification": "required",
        "allowCredentials": [{"type": "public-key", "id": each, "transports": ways} for each, ways in known],
    }  # fmt: skip


def challenge_of(sent: str) -> bytes | None:
    """The challenge that an answer says it is for."""
    try:
        return from_text(_client_of(sent)["challenge"])
    except _ODD:
        return None


def read_shown(sent: str) -> Shown | None:
    """Whose key an answer says it is of."""
    try:
        answer = json.loads(sent[:LONGEST_SENT])
        owner = answer["response"].get("userHandle")
        return Shown(in_text(from_text(answer["id"])), from_text(owner).decode() if owner else None)
    except _ODD:
        return None


def read_made(sent: str, *, party: str, origin: str, challenge: bytes) -> Made | None:
    """A new passkey, if all that came with it is right: type, challenge, origin, domain, the person, the signature."""
    from webauthn import verify_registration_response  # with certificates and all it is slow to import

    if _is_framed(sent):
        return None
    try:
        made = verify_registration_response(
            credential=sent, expected_challenge=challenge, expected_rp_id=party, expected_origin=origin,
            require_user_verification=True,
        )  # fmt: skip
        ways = json.loads(sent)["response"].get("transports") or []
        transports = tuple(each for each in ways if each in _TRANSPORTS)
    except Exception:  # it is any bytes that somebody liked to send, through four parsers; what fails proves nothing
        return None
    return Made(in_text(made.credential_id), in_text(made.credential_public_key), made.sign_count, transports)


def count_of(sent: str, *, party: str, origin: str, challenge: bytes, public_key: str) -> int | None:
    """The counter that a passkey shows with its signature, if all of it is right; else None."""
    from webauthn import verify_authentication_response

    if _is_framed(sent):
        return None
    try:
        shown = verify_authentication_response(
            credential=sent, expected_challenge=challenge, expected_rp_id=party, expected_origin=origin,
            credential_public_key=from_text(public_key), credential_current_sign_count=0,
            require_user_verification=True,
        )  # fmt: skip
    except Exception:  # as above: whatever the parsers stumble over, nothing is proven
        return None
    return shown.new_sign_count


def goes_on(known: int, shown: int) -> bool:
    """Whether a counter goes on as that of one key does; passkeys that many devices share do not count at all."""
    return shown > known or known == shown == 0


def _is_framed(sent: str) -> bool:
    """Whether it was asked for inside another site's page; what cannot be read is taken for that."""
    try:
        return bool(_client_of(sent).get("crossOrigin"))
    except _ODD:
        return True


def _client_of(sent: str) -> Any:
    if len(sent) > LONGEST_SENT:
        raise ValueError("an answer longer than any browser's")
    return json.loads(from_text(json.loads(sent)["response"]["clientDataJSON"]))
