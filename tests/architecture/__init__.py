"""Tests that hold the structure of the source."""
