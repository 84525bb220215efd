"""The world: what is there already while the play goes on."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from admin.demo.behaviour import Knowledge
from admin.demo.doings import Player
from admin.demo.orders import Project
from admin.demo.people import Speaker
from admin.demo.stage import Stage
from admin.demo.wishes import Size
from workforce.values import PoolView


@dataclass
class World:
    """Organizations, people and projects by name, and the notes that later deeds need."""

    stage: Stage
    size: Size
    password: str = field(default="", repr=False)
    orgs: dict[str, str] = field(default_factory=dict)
    players: dict[str, Player] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    known: dict[str, Knowledge] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)  # ids by what they are of
    waits: Speaker | None = None
    pool: PoolView = field(init=False)

    def lanes_of(self, player: Player, kinds: Iterable[str]) -> list[tuple[str, str, Knowledge]]:
        """Lanes in the player's language that are open already, in the order of these kinds."""
        locale = player.speaker.locale
        found = [(kind, self.projects[kind]) for kind in kinds if kind in self.known]
        return [(each.lanes[locale], kind, self.known[kind]) for kind, each in found if locale in each.lanes]

    def kind_of(self, lane_id: str) -> str:
        """Which texts a lane has."""
        return next(kind for kind, each in self.projects.items() if lane_id in each.lanes.values())
