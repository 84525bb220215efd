"""Reads of single judgments."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from calibration.models import Judgment


def answer_of(session: Session, judgment_id: str) -> dict[str, Any]:
    """The answer that a judgment keeps."""
    return dict(session.execute(select(Judgment.answer).where(Judgment.id == judgment_id)).scalar_one())
