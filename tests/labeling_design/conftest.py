"""The stage of the design system, for the pages of task types."""

from tests.web_design.conftest import stage, tab

__all__ = ["stage", "tab"]
