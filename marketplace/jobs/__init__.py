"""The jobs of work, all of them imported here, so that loading this package registers every one."""

from marketplace.jobs import appeals, counting, imports, media, reads, releases, work

__all__ = ["appeals", "counting", "imports", "media", "reads", "releases", "work"]
