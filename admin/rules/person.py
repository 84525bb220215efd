"""What is held about a person: which tables are theirs by name, and what of them is not handed over, and why."""

SECRETS = "secrets that prove who somebody is; they are of no use to anybody else and are not shown again"
GOLD = "tells which units were checks, which nobody is told"
MACHINERY = "the installation's own notes on carrying work; they say nothing more about you"

LEFT_OUT: dict[str, str] = {
    "account_link": SECRETS, "recovery_code": SECRETS, "totp_factor": SECRETS, "exposure": GOLD, "grade": GOLD,
    "track": GOLD, "track_day": GOLD, "gate_firing": GOLD, "idempotency": MACHINERY, "outbox": MACHINERY,
    "lane_person": MACHINERY,
}  # fmt: skip
# Of other people, of secrets, and of what is a client's.
COLUMNS_LEFT_OUT = frozenset(
    {
        "password_hash", "secret_hash", "email_key", "auth_epoch", "epoch", "seed", "right", "by_class", "planted",
        "label", "judgment_ids", "other_id", "figures", "key_version", "admitted_by", "verified_by", "by_account_id",
        "decided_by", "decided_before", "granted_by", "closed_by", "changed_by", "take_key", "submit_key", "confirmed",
    }
)  # fmt: skip
# Columns by which a row is somebody's: their account, their profile with a vendor, or a row that is theirs.
BY_ACCOUNT = ("account_id", "reviewer_id")
BY_PROFILE = ("annotator_id", "holder_id")
BY_PARENT = {
    "appeal": ("receipt_id", "decision_receipt"),
    "document_look": ("document_id", "person_document"),
    "language_evidence": ("claim_id", "language_claim"),
}


def way_to(table: str, columns: frozenset[str]) -> tuple[str, str] | None:
    """How rows of a table are a person's: the kind of way, and the column; None where they are nobody's in
    particular, or are left out."""
    if table in LEFT_OUT:
        return None
    if table in BY_PARENT:
        return "parent", BY_PARENT[table][0]
    for kind, names in (("account", BY_ACCOUNT), ("profile", BY_PROFILE)):
        for name in names:
            if name in columns:
                return kind, name
    return None
