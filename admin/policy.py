"""Who may look at the machinery, and who may turn its wheels."""

from enum import StrEnum

from kernel.policy import Actor, Resource, matrix


class Action(StrEnum):
    """Every permission that running the installation asks for; the matrix says who has it."""

    HOME = "admin:home"
    AUDIT_READ = "audit:read"
    AUDIT_VERIFY = "audit:verify"
    JOB_READ = "job:read"
    JOB_MANAGE = "job:manage"
    RETENTION_READ = "retention:read"
    ORGANIZATION_READ = "organization:read"


def chain_resource(chain: str | None) -> Resource:
    """A chain belongs to the organization it is named after; all of them, or the installation's, to none."""
    return Resource("audit", chain, org_id=chain)


def job_resource(event_id: str, org_id: str | None) -> Resource:
    """A job of the outbox."""
    return Resource("job", event_id, org_id=org_id)


def reads_every_chain(actor: Actor) -> bool:
    """Whether the actor reads the log of the whole installation, or only their organization's."""
    return actor.role is not None and "all" in matrix().actions[Action.AUDIT_READ].get(actor.role, frozenset())
