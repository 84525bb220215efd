"""Labeling: what a label is. Task types, ontologies, and the files that units and gold come in."""
