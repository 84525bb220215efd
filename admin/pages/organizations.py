"""Organizations of the installation, and founding one with its first person."""

from flask import Response, request
from pydantic import Field

from admin.operations.founding import found_organization
from admin.pages import pages
from admin.values import Founded
from i18n import Message, _, current_locale
from kernel import db
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.guard import check
from kernel.tenancy import Scope
from web import current
from web.forms import Form, FormModel, empty_form, read_form
from web.render import page
from workforce.confirming import role_offer_address
from workforce.queries import organizations as organizations_by_name
from workforce.values import OrgKind

KINDS: dict[str, Message] = {
    OrgKind.CLIENT.value: _("Client"),
    OrgKind.VENDOR.value: _("Vendor"),
    OrgKind.OPERATOR.value: _("Operator"),
}
_FIELD_OF = {"email_taken": "email", "name_taken": "name"}


class NewOrganization(FormModel):
    """What the form of a new organization sends."""

    kind: OrgKind
    name: str = Field(min_length=1, max_length=120)
    email: str = Field(min_length=3, max_length=254)
    currency: str = Field(default="USD", min_length=3, max_length=3)


@pages.get("/admin/organizations")
def organizations() -> Response:
    """All organizations, by name."""
    return _show(empty_form({"kind": OrgKind.CLIENT.value, "currency": "USD"}))


@pages.post("/admin/organizations")
def create_organization() -> Response:
    """Found one; a letter offers the role that runs it."""
    form, founded = read_form(NewOrganization), None
    if form.ok:
        try:
            founded = _found(form.data)
        except Invalid as problem:
            form.add(problem)
        except (Conflict, Forbidden) as problem:
            form.errors[_FIELD_OF.get(problem.code.rpartition(".")[2], "")] = problem.message
    if founded is None:
        return _show(form, status=422)
    return _show(empty_form({"kind": OrgKind.CLIENT.value, "currency": "USD"}), founded)


def _found(data: NewOrganization) -> Founded:
    with db.transaction(Scope.system("founding an organization")) as session:
        return found_organization(
            session, current.actor(), kind=data.kind, name=data.name, email=data.email, currency=data.currency.upper(),
            locale=current_locale(), address_of=role_offer_address,
        )  # fmt: skip


def _show(form: Form[NewOrganization], founded: Founded | None = None, status: int = 200) -> Response:
    with db.reading(Scope.system("list of organizations")) as session:
        rows, after = organizations_by_name(session, after=request.args.get("after") or None)
        founds = check(current.actor(), "organization:create", None, db.now_of(session)).allow
    return page(
        "admin/organizations.html", status, rows=rows, after=after, form=form, errors=form.errors, founded=founded,
        kinds=[(kind, str(words)) for kind, words in KINDS.items()], kind_words=KINDS, founds=founds,
    )  # fmt: skip
