"""What is done with personal data: decided once for a project, in whichever of its imports holds some first.

Were it decided file by file, gold could be told from work: by its placeholders, or by what it asks of people.
"""

from sqlalchemy import update
from sqlalchemy.orm import Session

from labeling.rules.personal import PersonalChoice
from marketplace.models import Project
from marketplace.queries.imports import project_choice


def settle_choice(session: Session, project_id: str, wanted: PersonalChoice) -> PersonalChoice:
    """Keep this for the project if nothing was decided before; returns what holds, for the caller to compare."""
    session.execute(
        update(Project)
        .where(Project.id == project_id, Project.personal_choice.is_(None))
        .values(personal_choice=wanted.value),
        execution_options={"synchronize_session": False},
    )
    return project_choice(session, project_id) or wanted
