"""Addresses of pages that are mailed to people."""

from flask import url_for


def test_address(lane_id: str) -> str:
    """The start page of a lane's test."""
    return url_for("calibration.test", lane_id=lane_id, _external=True)


test_address.__test__ = False  # type: ignore[attr-defined]
