"""What is held about a person: which tables are theirs by name, what of each is handed over, and why some is not."""

from typing import Any

from workforce.rules.evidence import shown_evidence

SECRETS = "secrets that prove who somebody is; they are of no use to anybody else and are not shown again"
GOLD = "tells which units were checks, which nobody is told"
MACHINERY = "the installation's own notes on carrying work; they say nothing more about you"

LEFT_OUT: dict[str, str] = {
    "account_link": SECRETS, "recovery_code": SECRETS, "totp_factor": SECRETS, "exposure": GOLD, "grade": GOLD,
    "track": GOLD, "track_day": GOLD, "gate_firing": GOLD, "idempotency": MACHINERY, "outbox": MACHINERY,
    "lane_person": MACHINERY, "name_part": MACHINERY,
}  # fmt: skip

_SHARED = "id org_id vendor_org_id project_id"
# What is handed over of each table. A column that is not named here stays: secrets, other people, what is a client's,
# and whatever tells a check from other work. Units and items are never named, nor the place that somebody took at one:
# a check has more places than other units of its lane.
_SHOWN = {
    "audit_words": "id org_id about_id words",
    "account": "id email_sealed email_confirmed_at name_sealed locale time_zone status has_short_password factor_since"
    " created_at",
    "account_token": "id account_id membership_id name scopes created_at expires_at last_used_at proven_at revoked_at",
    "agreement_signature": "id org_id annotator_id agreement_id code version locale text_sha256 signed_at",
    "annotator_code": "org_id annotator_id kind code",
    "annotator": "id org_id account_id pool_id pseudonym status country time_zone weekly_hours skills domains"
    " about_sealed"
    " clearance clearance_until sensitive_seen_at identity_verified_at applied_at admitted_at",
    "appeal": "id org_id receipt_id text opened_at due_at held_at decided_at outcome answer",
    "application_draft": "id org_id pool_id content_sealed saved_at expires_at",
    "assignment": f"{_SHARED} lane_id annotator_id account_id state leased_at lease_until ended_at rate_micros currency"
    " ontology_id guideline_id judgment_id draft_sealed draft_at reason note",
    "attempt": f"{_SHARED} test_id lane_id annotator_id account_id number purpose network state position asked"
    " started_at deadline_at ended_at next_at",
    "auth_session": "id account_id membership_id created_at seen_at idle_until absolute_until mfa_at mfa_kind"
    " passkey_at proven_at waits network agent country revoked_at",
    "behaviour_review": f"{_SHARED} lane_id annotator_id signal evidence opened_at outcome note decided_at receipt_id",
    "brought_credential": "id org_id annotator_id key said_sealed issued_at expires_at brought_at",
    "data_request": "id account_id kind state asked_at due_at done_at held_up_by sha256 size",
    "decision_receipt": "id org_id annotator_id kind rule rule_version what why way_back figure evidence cause_kind"
    " cause_id lane_id until_at decided_at state ended_at",
    "disclosure": f"{_SHARED} receipt_id annotator_id judgment_id at",
    "dispute": f"{_SHARED} lane_id source annotator_id account_id attempt_id receipt_id ontology_id answer text"
    " opened_at due_at outcome reply decided_at answer_receipt_id",
    "document_look": "id org_id document_id role reason at",
    "earning": "id org_id annotator_id account_id lane_id project_id cause_kind cause_id micros currency state memo"
    " earned_at due_at approved_at paid_at receipt_id payout_line_id",
    "factor_reset": "id account_id reason asked_at decided_at outcome",
    "invitation": "id org_id pool_id email_sealed name_sealed locale note_sealed created_at sent_at sent_times"
    " expires_at accepted_at annotator_id revoked_at",
    "judgment": f"{_SHARED} lane_id assignment_id annotator_id account_id ontology_id guideline_id answer category"
    " is_late answered_at seconds",
    "language_check": "id org_id claim_id annotator_id account_id pool_id locale mode level prompt answer state"
    " asked_at answered_at decided_at receipt_id",
    "language_claim": "id org_id annotator_id locale mode proficiency status steps claimed_at verified_at until_at",
    "language_evidence": "id org_id claim_id kind level weight fades_days note at until_at",
    "language_recording": "id org_id check_id annotator_id account_id media_type size seconds sha256 kept_at",
    "language_vote": "id org_id check_id annotator_id account_id taken_at held_until confirms counts voted_at"
    " given_back_at micros currency",
    "ledger_account": "id org_id kind holder_id currency balance_micros",
    "made_file": "id org_id account_id kind asked_sealed state asked_at until_at rows size sha256",
    "membership": "id org_id account_id role from_at ended_at",
    "passkey": "id account_id name created_at last_used_at doubted_at",
    "payout_line": "id org_id run_id annotator_id micros currency earnings kind holder_sealed details_sealed mask state"
    " reason",
    "payout_method": "id org_id annotator_id kind holder_sealed details_sealed mask changed_at",
    "person_document": "id org_id annotator_id kind name_sealed about_sealed media_type size sha256 content_sealed"
    " uploaded_at state decided_at reason",
    "problem_report": f"{_SHARED} annotator_id account_id reason note at closed_at answer",
    "qualification": f"{_SHARED} lane_id annotator_id account_id basis attempt_id reason since_at until_at revoked_at"
    " check_id paused_until pause_receipt_id",
    "review": f"{_SHARED} lane_id round why state reviewer_id lease_until verdict reason note asked_at done_at",
    "saved_filter": "id org_id account_id name asked_sealed",
    "test_invitation": "id org_id lane_id annotator_id at",
    "signature_place": "id org_id annotator_id network",
    "standing_change": "id org_id annotator_id status reason receipt_id at",
}
SHOWN: dict[str, tuple[str, ...]] = {table: tuple(columns.split()) for table, columns in _SHOWN.items()}

# What nobody has decided on is a suspicion, and who is told of it knows what to hide.
ONLY_WHEN = {"behaviour_review": "decided_at"}
# Columns by which a row is somebody's: their account, their profile with a vendor, or a row that is theirs.
BY_ACCOUNT = ("account_id", "reviewer_id")
BY_PROFILE = ("annotator_id", "holder_id", "about_id")
BY_PARENT = {
    "appeal": ("receipt_id", "decision_receipt"),
    "document_look": ("document_id", "person_document"),
    "language_evidence": ("claim_id", "language_claim"),
}
BY_KEY = {"application_draft": "key_hash"}


def way_to(table: str, columns: frozenset[str]) -> tuple[str, str] | None:
    """How rows of a table are a person's: the kind of way, and the column; None where they are nobody's in
    particular, or are left out."""
    if table in LEFT_OUT:
        return None
    if table in BY_KEY:
        return "key", BY_KEY[table]
    if table in BY_PARENT:
        return "parent", BY_PARENT[table][0]
    for kind, names in (("account", BY_ACCOUNT), ("profile", BY_PROFILE)):
        for name in names:
            if name in columns:
                return kind, name
    return None


def as_told(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """A row as its person may read it: the answers that a decision rests on are a number wherever pages say no more."""
    if table not in ("decision_receipt", "behaviour_review"):
        return row
    told = {**row, "evidence": list(shown_evidence(row.get("kind", ""), row["evidence"]))}
    if row.get("cause_kind") == "judgment":
        told["cause_id"] = None
    return told
