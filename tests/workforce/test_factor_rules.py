"""Codes of authenticator apps, recovery codes, the picture of an enrolment, and what asks for a fresh proof."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kernel.policy import Actor, Decision, Reason, Resource, Role, decide, matrix
from workforce.pages.qr import qr_of
from workforce.rules import totp

RFC = b"12345678901234567890"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
STEP = totp.step_of(NOW)


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"), (1234567890, "89005924"),
        (2000000000, "69279037"), (20000000000, "65353130"),
    ],
)  # fmt: skip
def test_codes_are_those_of_rfc_6238(second: int, code: str) -> None:
    assert totp.code_at(RFC, second // totp.STEP_SECONDS, 8) == code


@pytest.mark.parametrize(("drift", "last", "found"), [
    (0, 0, 0), (-1, 0, -1), (1, 0, 1), (-2, 0, None), (2, 0, None),
    (0, STEP, None), (-1, STEP - 1, None), (1, STEP, 1),
])  # fmt: skip
def test_a_code_is_taken_one_step_early_or_late_and_never_twice(drift: int, last: int, found: int | None) -> None:
    step = totp.matching_step(RFC, totp.code_at(RFC, STEP + drift), NOW, last)
    assert step == (None if found is None else STEP + found)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("287 082", "287082"),
        ("287-082", "287082"),
        ("٢٨٧٠٨٢", "287082"),
        ("28708", ""),
        ("28708a", ""),
        ("", ""),
        ("²87082", ""),
    ],
)
def test_a_code_is_read_in_any_script_with_gaps(typed: str, read: str) -> None:
    assert totp.digits_of(typed) == read


def test_a_recovery_code_is_long_and_read_however_it_is_typed() -> None:
    code = totp.recovery_code(bytes(range(15)))
    assert totp.RECOVERY_BYTES * 8 >= 112 and len(code) == 29
    assert totp.recovery_key(f" {code.lower()} ".replace("-", "\u2011")) == code.replace("-", "")
    assert totp.recovery_key("123456") == totp.recovery_key("é" * 24) == ""


def test_an_app_is_told_issuer_account_and_secret() -> None:
    secret = totp.text_of(RFC)
    assert totp.bytes_of(secret) == RFC
    assert totp.address_of(secret, "nia@bücher.example", "Polyphony") == (
        f"otpauth://totp/Polyphony:nia%40b%C3%BCcher.example?secret={secret}&issuer=Polyphony"
        "&algorithm=SHA1&digits=6&period=30"
    )


def test_a_qr_code_has_its_margin_and_its_three_corners() -> None:
    code = qr_of("otpauth://totp/Polyphony:nia?secret=ABC")
    assert (code.side - 8 - 17) % 4 == 0
    for corner in ("M4 4h7v1h-7z", f"M{code.side - 11} 4h7v1h-7z", f"M4 {code.side - 11}h7v1h-7z"):
        assert corner in code.path
    assert "M0 " not in code.path and "h-0" not in code.path


PERSON = Actor("a", "v", Role.FINANCE, org_kind="vendor", session_ref="s", proven_at=NOW - timedelta(minutes=14))
RUN = Resource("payout_run", "r", org_id="v", author_account_id="b")


def _decided(actor: Actor, action: str, resource: Resource | None = None) -> Decision:
    return decide(actor, action, resource, NOW)


def test_money_asks_for_a_proof_of_the_last_quarter_of_an_hour() -> None:
    assert _decided(PERSON, "payout:approve", RUN).allow
    for stale in (replace(PERSON, proven_at=NOW - timedelta(minutes=15)), replace(PERSON, proven_at=None)):
        for resource in (None, RUN):
            decision = _decided(stale, "payout:approve", resource)
            assert not decision.allow and decision.is_within_reach and decision.reasons == (Reason.MFA_STALE,)
        assert _decided(stale, "payout:read", RUN).allow
    own = _decided(replace(PERSON, proven_at=None), "payout:approve", replace(RUN, author_account_id="a"))
    assert not own.is_within_reach and own.reasons == (Reason.SELF_APPROVAL, Reason.MFA_STALE)
    assert _decided(replace(PERSON, session_ref=None, proven_at=None), "payout:approve", RUN).allow


@pytest.mark.parametrize(
    ("classification", "is_asked"),
    [("public", False), ("internal", False), ("confidential", True), ("restricted_phi", True), (None, True)],
)
def test_files_ask_for_it_from_confidential_data_on(classification: str | None, is_asked: bool) -> None:
    client = Actor("a", "c", Role.CLIENT_PM, session_ref="s")
    project = Resource("project", "p", org_id="c", classification=classification)
    assert _decided(client, "release:download").allow
    assert _decided(client, "release:download", project).allow is not is_asked


@pytest.mark.parametrize(
    ("action", "role"),
    [
        ("people:export", Role.VENDOR_MANAGER), ("people:export", Role.AUDITOR), ("people:clear", Role.VENDOR_MANAGER),
        ("invitation:export", Role.VENDOR_MANAGER), ("reads:export", Role.CLIENT_PM), ("team:manage", Role.OPERATOR),
        ("credential:export", Role.ANNOTATOR), ("team:manage", Role.CLIENT_ADMIN), ("release:open", Role.CLIENT_PM),
        ("class:lower", Role.CLIENT_ADMIN), ("sessions:end", Role.VENDOR_MANAGER), ("sessions:end", Role.OPERATOR),
    ],
)  # fmt: skip
def test_taking_lists_away_and_giving_reach_ask_for_a_proof_and_are_offered_before_it(action: str, role: Role) -> None:
    stale = replace(PERSON, role=role, proven_at=NOW - timedelta(minutes=15))
    assert _decided(replace(PERSON, role=role), action).allow
    assert _decided(stale, action).reasons == (Reason.MFA_STALE,) and _decided(stale, action).is_within_reach


def test_who_lacks_the_second_factor_of_their_role_can_only_get_one() -> None:
    lacking = replace(PERSON, lacks_factor=True)
    open_to_them = {action for action in matrix().actions if _decided(lacking, action).allow}
    assert open_to_them == {"account:self", "account:secure"} == set(matrix().without_factor)
    assert _decided(lacking, "payout:read").reasons == (Reason.MFA_MISSING,)
