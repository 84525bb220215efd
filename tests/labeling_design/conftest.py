"""The stage of the design system, for the pages of task types."""

from tests.web_design.conftest import stage

__all__ = ["stage"]
