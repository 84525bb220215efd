"""Codes of authenticator apps (RFC 6238) and recovery codes: how they are made, shown and read."""

import base64
import hashlib
import hmac
import unicodedata
from datetime import datetime
from urllib.parse import quote

STEP_SECONDS = 30
DIGITS = 6
DRIFT = 1  # steps that a phone's clock may be behind or ahead
SECRET_BYTES = 20
RECOVERY_CODES = 10
RECOVERY_BYTES = 15  # 120 bits, so that nobody needs to count guesses at them


def step_of(moment: datetime) -> int:
    """The time step that a moment lies in."""
    return int(moment.timestamp()) // STEP_SECONDS


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of one time step."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), hashlib.sha1)
    offset = mac[-1] & 15
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: bytes, typed: str, now: datetime, last_step: int) -> int | None:
    """The step whose code was typed, among those around now that are later than the last one used; else None."""
    code, found = digits_of(typed), None
    present = step_of(now)
    for step in range(present - DRIFT, present + DRIFT + 1):  # all of them, so that time tells nothing
        is_right = hmac.compare_digest(code_at(secret, step), code)
        if is_right and step > last_step and found is None:
            found = step
    return found


def digits_of(typed: str) -> str:
    """What was typed as plain digits: of any script, with spaces or hyphens between them; empty if it is no code."""
    bare = [letter for letter in typed if not letter.isspace() and letter != "-"]
    digits = [unicodedata.decimal(letter, -1) for letter in bare]
    return "".join(str(digit) for digit in digits) if len(digits) == DIGITS and min(digits) >= 0 else ""


def text_of(secret: bytes) -> str:
    """A secret as people type it into an app: base32 without padding."""
    return base64.b32encode(secret).decode().rstrip("=")


def bytes_of(text: str) -> bytes:
    """The secret that such a text stands for."""
    return base64.b32decode(text + "=" * (-len(text) % 8))


def in_groups(text: str) -> str:
    """In groups of four, as one reads it from a screen."""
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def address_of(secret: str, account: str, issuer: str) -> str:
    """The otpauth address that a QR code holds."""
    label = f"{quote(issuer, safe='')}:{quote(account, safe='')}"
    return (
        f"otpauth://totp/{label}?secret={secret}&issuer={quote(issuer, safe='')}"
        f"&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}"
    )


def recovery_code(drawn: bytes) -> str:
    """A recovery code from random bytes: 24 letters and digits in six groups."""
    text = base64.b32encode(drawn).decode()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def recovery_key(typed: str) -> str:
    """A recovery code as it is compared: without hyphens and spaces, in one case; empty if it cannot be one."""
    bare = "".join(letter for letter in typed if not letter.isspace() and letter not in "-\u2010\u2011\u2013").upper()
    return bare if bare.isascii() and bare.isalnum() and len(bare) == RECOVERY_BYTES * 8 // 5 else ""
