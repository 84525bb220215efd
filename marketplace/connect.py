"""What the packages below ask of work, put in place in every process: web, jobs and commands alike."""

from calibration import contents, lanes
from calibration.queries.criteria import work_criteria
from kernel.config import Settings
from kernel.storage import local_storage, use_storage
from marketplace.operations import returning, reviewing
from marketplace.operations.appeals import decide_appeal
from marketplace.operations.reads import FILES, readable_items
from marketplace.queries.facts import (
    LaneLabels,
    lane_facts,
    lanes_named,
    lanes_with_tests,
    locales_wanted,
    people_for_test,
)
from marketplace.queries.item_classes import item_classes
from payouts.queries.lanes import use_lanes
from workforce import desk, leases
from workforce.demand import use_demand, use_lanes_named, use_lanes_with_tests
from workforce.figures import use_criteria
from workforce.making import use_files


def connect(settings: Settings) -> None:
    """Answer for lanes, appeals and leases, and keep files where the settings say."""
    use_storage(local_storage(settings))
    lanes.use_provider(lane_facts)
    lanes.use_people_for_test(people_for_test)
    contents.use_guard(readable_items, item_classes)
    use_lanes(LaneLabels())
    use_demand(locales_wanted)
    use_lanes_with_tests(lanes_with_tests)
    use_lanes_named(lanes_named)
    use_criteria(work_criteria)
    use_files(FILES)
    desk.use_desk(decide_appeal)
    leases.use_leases(returning.end_leases)
    leases.use_reviews(reviewing.end_reviews)
