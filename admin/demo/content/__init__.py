"""Texts of the demonstration world, written for it: messages, answers of assistants, reviews, schemas, guidelines."""
