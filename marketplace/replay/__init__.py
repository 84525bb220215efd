"""Replay: a folder of real crowd judgments, played through the system's own operations."""
