"""The demonstration world: people, projects and two weeks of work, played through the system's own operations."""
