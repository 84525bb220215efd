"""Joining the application: pages, API and commands of work, and what the packages below ask about lanes."""

from flask import Flask

from calibration import lanes
from kernel.config import Settings
from marketplace.api import reviews as reviews_api
from marketplace.api import work as work_api
from marketplace.operations.appeals import decide_appeal
from marketplace.pages import board, review, work
from marketplace.queries.facts import lane_facts, lane_labels
from marketplace.storage import local_storage, use_storage
from payouts.queries.lanes import use_lanes
from workforce import desk


def register(app: Flask) -> None:
    """Add everything that work serves."""
    settings: Settings = app.config["SETTINGS"]
    use_storage(local_storage(settings))
    lanes.use_provider(lane_facts)
    use_lanes(lane_labels)
    desk.use_desk(decide_appeal)
    for blueprint in (board.pages, review.pages, work.pages, reviews_api.api, work_api.api):
        app.register_blueprint(blueprint)
