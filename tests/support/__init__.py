"""What tests share: the size of examples, servers of their own, a look at the source."""

import os


def is_soak() -> bool:
    """Whether the long proofs run at their full numbers (`make soak`)."""
    return os.environ.get("SOAK") == "1"


def scale(small: int, full: int) -> int:
    """The size of an example: small in every run, full in a soak."""
    return full if is_soak() else small
