"""By what right a reader is shown pictures and sounds of tests, of decisions about them, and of checks by natives."""

from calibration.rules.voices import VOICE_CLASS
from calibration.values import LaneFacts
from labeling.links import Pass
from labeling.rules.media_links import Door


def attempt_pass(lane: LaneFacts, attempt_id: str) -> Pass:
    """One's own attempt at a test."""
    return Pass(Door.ATTEMPT, attempt_id, lane.classification)


def evidence_pass(lane: LaneFacts, receipt_id: str) -> Pass:
    """What a decision about oneself rests on."""
    return Pass(Door.EVIDENCE, receipt_id, lane.classification)


def dispute_pass(lane: LaneFacts, dispute_id: str, *, is_own: bool) -> Pass:
    """An objection: one's own, or one to decide."""
    return Pass(Door.DISPUTE if is_own else Door.CASE, dispute_id, lane.classification)


def voice_pass(check_id: str) -> Pass:
    """What a candidate said: their own, in a native's hands, or under an appeal."""
    return Pass(Door.VOICE, check_id, VOICE_CLASS)
