"""Reads of the machinery: the log, jobs, figures."""
