"""What the packages below ask of the installation as a whole, put in place in every process."""

from admin.invariants import check
from kernel.config import Settings
from marketplace.replay.report import use_checks


def connect(settings: Settings) -> None:
    """Lend the invariants to the report of a replay."""
    use_checks(lambda session, books, log: all(result.ok for result in check(session, books=books, log=log)))
