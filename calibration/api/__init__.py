"""The API of calibration: one's own quality and tests, a lane's quality and rules, a client's gold."""

from calibration.api import behaviour, disputes, gates, gold, lanes, learning, natives, people, rows
from calibration.api.routes import api

__all__ = ["api", "behaviour", "disputes", "gates", "gold", "lanes", "learning", "natives", "people", "rows"]
