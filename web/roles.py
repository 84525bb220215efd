"""What roles are called."""

from i18n import Message, _
from kernel.policy import Role

ROLE_LABELS: dict[str, Message] = {
    Role.OPERATOR: _("Operator"),
    Role.FINANCE: _("Finance"),
    Role.AUDITOR: _("Auditor"),
    Role.CLIENT_ADMIN: _("Client administrator"),
    Role.CLIENT_PM: _("Client project manager"),
    Role.CLIENT_QA: _("Client quality"),
    Role.VENDOR_MANAGER: _("Vendor manager"),
    Role.REVIEWER: _("Reviewer"),
    Role.ANNOTATOR: _("Annotator"),
}
