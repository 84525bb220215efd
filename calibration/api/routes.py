"""The blueprint of the API of calibration, and what its parts say alike."""

from kernel.tenancy import Scope
from web.api import Api
from web.forms import OutModel

api = Api("calibration", __name__)


class JobRef(OutModel):
    """A job that was asked for; `GET /api/v1/jobs/{job_id}` tells how it stands."""

    job_id: str


def exam_scope() -> Scope:
    """Attempts compare answers with keys, and tests count them; the operations ask for permission themselves."""
    return Scope.system("exam")
