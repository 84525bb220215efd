"""Roles: which ones an organization knows, and who may give them to whom."""

from kernel.policy import Role
from workforce.values import OrgKind

ROLES_OF_KIND: dict[OrgKind, frozenset[Role]] = {
    OrgKind.CLIENT: frozenset({Role.CLIENT_ADMIN, Role.CLIENT_PM, Role.CLIENT_QA}),
    OrgKind.VENDOR: frozenset({Role.VENDOR_MANAGER, Role.REVIEWER, Role.FINANCE, Role.ANNOTATOR}),
    OrgKind.OPERATOR: frozenset({Role.OPERATOR, Role.AUDITOR}),
}

# Nobody gives a role above their own, and none makes an annotator of somebody: people apply for that themselves.
GRANTS: dict[Role, frozenset[Role]] = {
    Role.CLIENT_ADMIN: ROLES_OF_KIND[OrgKind.CLIENT],
    Role.VENDOR_MANAGER: frozenset({Role.VENDOR_MANAGER, Role.REVIEWER, Role.FINANCE}),
    Role.OPERATOR: frozenset(Role),
}

# The role without which an organization could not be run by itself any longer.
KEEPER: dict[OrgKind, Role] = {
    OrgKind.CLIENT: Role.CLIENT_ADMIN,
    OrgKind.VENDOR: Role.VENDOR_MANAGER,
    OrgKind.OPERATOR: Role.OPERATOR,
}


def fits(role: Role, kind: OrgKind) -> bool:
    """Whether organizations of this kind have the role."""
    return role in ROLES_OF_KIND[kind]


def may_grant(granter: Role | None, role: Role) -> bool:
    """Whether somebody in the role `granter` may give, or end, the role."""
    return granter is not None and role in GRANTS.get(granter, frozenset())


def grantable(granter: Role | None, kind: OrgKind) -> tuple[Role, ...]:
    """The roles that a form offers, in the order of their names."""
    return tuple(role for role in Role if may_grant(granter, role) and fits(role, kind) and role is not Role.ANNOTATOR)
