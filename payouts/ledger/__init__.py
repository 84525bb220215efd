"""The ledger: the one place that posts entries, and the proof that all of them add up."""

from payouts.ledger.posting import post, post_all
from payouts.ledger.proof import CHECKS, Finding, prove, verify

__all__ = ["CHECKS", "Finding", "post", "post_all", "prove", "verify"]
