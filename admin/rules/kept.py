"""Every table that holds words of people or clients has an end: a rule of retention, an erasure, or a reason here."""

# Rows or words that a rule of retention takes (`admin/rules/retention.py`), by the rule's code.
BY_RULE = {
    "application_draft": "drafts",
    "auth_session": "sessions",
    "batch": "uploads",
    "brought_credential": "credentials",
    "gold_key": "contents",
    "item": "contents",
    "item_original": "contents",
    "made_file": "lists",
    "media_name": "media",
    "payout_line": "destinations",
    "person_document": "documents",
    "roster": "rosters",
    "roster_line": "rosters",
}

# Words that an erasure of their person empties or removes (`admin/operations/own_data.py`); until then they serve the
# person's own work with a vendor.
BY_ERASURE = {
    "account", "account_link", "account_token", "annotator", "appeal", "assignment", "audit_words", "behaviour_review",
    "decision_receipt", "dispute", "document_look", "factor_reset", "invitation", "language_check",
    "language_evidence", "passkey", "payout_method", "problem_report", "qualification", "review", "role_offer",
    "saved_filter", "standing_change",
}  # fmt: skip

# Words that stay, and why.
REASONS = {
    "agreement": "what people signed must be readable as long as their signatures stand",
    "gold_set": "a name of the client's own; the words of its items go by their rule",
    "guideline": "judgments are measured against the text that stood when they were given",
    "judgment": "an answer is a choice of the label schema, or places in a text; the text goes by its rule",
    "language_prompt": "a vendor's question to everybody, about nobody",
    "lot_rework": "why a lot was sent back stands beside what it cost",
    "ontology": "labels are read by the schema they were given under",
    "organization": "the name of a party to ledger, releases and log",
    "payout_run": "a file's name, part of the books",
    "pool": "a vendor's offer to everybody, about nobody",
    "project": "what invoices and releases name",
    "qualification_test": "what a test is about stands behind every result of it",
    "quote": "part of what two parties agreed on or did not",
    "release": "reasons that a delivery went out or came back: the receipt of what was delivered",
}
