"""What a browser has to send for a passkey to be believed: everything right, or nothing at all."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.support.authenticator import ORIGIN, PARTY, PRESENT, VERIFIED, Authenticator
from workforce.rules import passkeys
from workforce.rules.passkeys import Made, count_of, goes_on, in_text, read_made, read_shown

CHALLENGE = bytes(range(32))
MAKING = passkeys.making_options(
    party=PARTY, challenge=CHALLENGE, account_id="a" * 22, email="a@one.example", name="A", known=[]
)
USING = passkeys.using_options(party=PARTY, challenge=CHALLENGE, known=[])


def made(device: Authenticator, *, attestation: str = "none", **expected: Any) -> Made | None:
    told = {"party": PARTY, "origin": ORIGIN, "challenge": CHALLENGE} | expected
    return read_made(device.make(MAKING, attestation=attestation), **told)


def test_what_is_asked_of_a_browser() -> None:
    assert MAKING["challenge"] == in_text(CHALLENGE) and MAKING["attestation"] == "none"
    assert MAKING["authenticatorSelection"]["userVerification"] == USING["userVerification"] == "required"
    assert passkeys.from_text(MAKING["user"]["id"]) == b"a" * 22, "an id that says nothing of the person"
    assert USING["allowCredentials"] == [], "any that the browser knows, so that nothing tells who exists"


@pytest.mark.parametrize("attestation", ["none", "packed"])
def test_a_passkey_is_made_and_signs(attestation: str) -> None:
    device = Authenticator()
    found = made(device, attestation=attestation)
    assert found is not None
    assert (found.credential_id, found.sign_count, found.transports) == (device.id, 0, ("internal",))
    sent = device.use(USING)
    assert passkeys.challenge_of(sent) == CHALLENGE
    shown = read_shown(sent)
    assert shown is not None and (shown.credential_id, shown.owner) == (device.id, "a" * 22)
    told: dict[str, Any] = {"party": PARTY, "origin": ORIGIN, "challenge": CHALLENGE, "public_key": found.public_key}
    assert count_of(sent, **told) == 1
    wrong: list[dict[str, Any]] = [
        {"party": "other.example"}, {"origin": "https://localhost:8000"}, {"challenge": bytes(32)},
        {"public_key": made(Authenticator()).public_key},
    ]  # fmt: skip
    assert [count_of(sent, **(told | change)) for change in wrong] == [None] * len(wrong)
    assert count_of(device.use(USING, origin="https://evil.example"), **told) is None
    assert count_of(device.use(USING, party="evil.example"), **told) is None
    assert count_of(device.use(USING) + " " * 20_000, **told) is None
    assert count_of(replace(device, flags=PRESENT).use(USING), **told) is None, "nobody was asked for"
    assert count_of(replace(device, flags=VERIFIED).use(USING), **told) is None, "nobody was there"
    assert count_of(replace(device, client={"crossOrigin": True}).use(USING), **told) is None
    assert count_of(device.make(MAKING), **told) is None, "an answer to the other question"
    altered = json.loads(sent)
    altered["response"]["authenticatorData"] = altered["response"]["authenticatorData"][:-2] + "EE"
    assert count_of(json.dumps(altered), **told) is None


@pytest.mark.parametrize(
    "change",
    [
        {"party": "other.example"}, {"origin": "http://localhost:8001"}, {"challenge": b"x" * 32},
    ],
)  # fmt: skip
def test_a_passkey_made_for_something_else_is_not_kept(change: dict[str, Any]) -> None:
    assert made(Authenticator(), **change) is None


def test_a_passkey_that_asks_nobody_or_is_made_in_a_frame_is_not_kept() -> None:
    assert made(Authenticator(flags=PRESENT)) is None
    assert made(Authenticator(client={"crossOrigin": True})) is None
    assert made(Authenticator(client={"type": "webauthn.get"})) is None


@pytest.mark.parametrize(
    "sent",
    [
        "", "{", "[]", "null", "7", '{"response": 1}', '{"id": 5, "response": {}}', "[" * 9000,
        '{"response": {"clientDataJSON": "bnVsbA"}}', '{"id": "\\u0000", "response": {"clientDataJSON": "!!"}}',
        '{"id": "AA", "rawId": "AA", "type": "x", "response": {"clientDataJSON": "e30", "attestationObject": "oA",'
        ' "authenticatorData": "", "signature": ""}}',
    ],
)  # fmt: skip
def test_whatever_else_is_sent_proves_nothing(sent: str) -> None:
    assert passkeys.challenge_of(sent) is None
    assert read_shown(sent) is None or read_shown(sent).owner is None
    assert read_made(sent, party=PARTY, origin=ORIGIN, challenge=CHALLENGE) is None
    assert count_of(sent, party=PARTY, origin=ORIGIN, challenge=CHALLENGE, public_key="oA") is None


def test_a_counter_goes_on_or_is_that_of_a_copy() -> None:
    pairs = [(0, 0), (0, 1), (5, 6), (5, 900), (5, 5), (5, 4), (5, 0)]
    assert [goes_on(*pair) for pair in pairs] == [True, True, True, True, False, False, False]
