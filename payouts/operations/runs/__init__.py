"""Payout runs: made by one person, approved by another, exported, then settled or sent back."""

from payouts.operations.runs.outcomes import fail_line, settle_run
from payouts.operations.runs.preparing import prepare_run
from payouts.operations.runs.signing import approve_run, cancel_run, export_run, file_of

__all__ = ["approve_run", "cancel_run", "export_run", "fail_line", "file_of", "prepare_run", "settle_run"]
