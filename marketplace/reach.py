"""From where an answer is taken: a lease may have been ended by the end of the vendor's access while somebody typed."""

from kernel import db
from kernel.tenancy import Scope
from marketplace.queries.work import is_own
from web import current


def scope_of_answer(assignment_id: str) -> Scope:
    """The person's own scope; the system's for an assignment of theirs that their vendor does not see any more.

    The answer is then kept as late and paid; nothing else of the project can be reached so.
    """
    own = current.scope()
    with db.reading(own) as session:
        if is_own(session, current.actor(), assignment_id):
            return own
    whole = Scope.system("an answer that was typed before the vendor's access ended")
    with db.reading(whole) as session:
        return whole if is_own(session, current.actor(), assignment_id) else own
