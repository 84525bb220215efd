"""Reads of organizations for whoever runs the installation."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from workforce.models import Organization
from workforce.queries.accounts import organization_view
from workforce.rules.names import name_key
from workforce.values import OrganizationView


def organization_named(session: Session, name: str) -> OrganizationView | None:
    """The organization of this name, however it is written."""
    row = session.scalars(select(Organization).where(Organization.name_key == name_key(name))).one_or_none()
    return organization_view(row) if row else None
