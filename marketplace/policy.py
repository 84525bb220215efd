"""Who may do what to projects, lanes, assignments and reviews: rows as resources for the one decision function."""

from kernel.policy import Actor, Demand, Resource
from marketplace.models import Assignment, Lane, Project, Review, Unit


def project_resource(project: Project, rights: frozenset[str] | None) -> Resource:
    """A project, with the rights of the actor's grant on it."""
    return Resource(
        "project", project.id, project.org_id, project.vendor_org_id,
        grant_rights=rights, classification=project.classification,
    )  # fmt: skip


def lane_resource(lane: Lane, rights: frozenset[str] | None) -> Resource:
    """A lane, for those who configure it."""
    return Resource(
        "lane", lane.id, lane.org_id, lane.vendor_org_id, grant_rights=rights, classification=lane.classification
    )


def work_resource(lane: Lane, actor: Actor, demands: tuple[Demand, ...]) -> Resource:
    """A lane, for a person who wants to work in it: all that it asks, compared with what is known of them."""
    return Resource(
        "lane", lane.id, lane.org_id, lane.vendor_org_id,
        owner_account_id=actor.account_id, lease_account_id=actor.account_id,
        classification=lane.classification, demands=demands,
    )  # fmt: skip


def unit_resource(lane: Lane, actor: Actor, unit_id: str, classification: str, demands: tuple[Demand, ...]) -> Resource:
    """A unit whose own class is above its lane's, for the person to whom it is about to be handed."""
    return Resource(
        "unit", unit_id, lane.org_id, lane.vendor_org_id, owner_account_id=actor.account_id,
        lease_account_id=actor.account_id, classification=classification, demands=demands,
    )  # fmt: skip


def client_unit_resource(unit: Unit, rights: frozenset[str] | None, demands: tuple[Demand, ...] = ()) -> Resource:
    """A unit, for those whose data it is; with what its class asks of whoever reads it."""
    return Resource(
        "unit", unit.id, unit.org_id, unit.vendor_org_id, grant_rights=rights, classification=unit.classification,
        demands=demands,
    )  # fmt: skip


def assignment_resource(assignment: Assignment) -> Resource:
    """An assignment, for the one person whom it was handed to."""
    return Resource(
        "assignment", assignment.id, assignment.org_id, assignment.vendor_org_id,
        owner_account_id=assignment.account_id, lease_account_id=assignment.account_id,
        lease_until=assignment.lease_until,
    )  # fmt: skip


def review_resource(review: Review, rights: frozenset[str] | None) -> Resource:
    """A review, for those who review."""
    return Resource("review", review.id, review.org_id, review.vendor_org_id, grant_rights=rights)
