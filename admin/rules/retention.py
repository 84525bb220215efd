"""How long personal data is kept where no person asks for its erasure."""

from dataclasses import dataclass
from datetime import timedelta

from i18n import Message, _


@dataclass(frozen=True)
class Retention:
    """What is kept for how long, counted from its own end."""

    code: str
    words: Message
    days: int

    @property
    def kept(self) -> timedelta:
        return timedelta(days=self.days)


ERASURES = Retention("erasures", _("People who asked to be erased, fourteen days after they asked"), 0)
COPIES = Retention("copies", _("Files with a person's data, made ready for them"), 0)
LISTS = Retention("lists", _("Files of lists, a day after they were made"), 0)
SESSIONS = Retention("sessions", _("Ended sessions, with network and browser"), 180)
UPLOADS = Retention("uploads", _("Uploaded files of units and gold, once they are written or given up"), 30)
CONTENTS = Retention("contents", _("Texts of units, at the day that their project's client has set"), 0)
RELEASED = Retention("released", _("Files of releases but their manifests, at the same day"), 0)
MEDIA = Retention("media", _("Pictures and sounds of projects, at the same day"), 0)
DESTINATIONS = Retention("destinations", _("Where payments went, once their run was settled"), 3_653)
UNJUDGED = Retention("unjudged", _("Recordings that natives have not decided on, after they were sent"), 180)
RECORDINGS = Retention("recordings", _("Recordings for checks by natives, once decided and while no appeal waits"), 60)
DOCUMENTS = Retention("documents", _("Contents of documents of people, once decided on and while no appeal waits"), 30)
CREDENTIALS = Retention("credentials", _("Credentials from elsewhere, a month after they ran out"), 30)
DRAFTS = Retention("drafts", _("Applications that were begun and not sent, a month after they were last saved"), 0)

ROSTERS = Retention("rosters", _("Lines of rosters, three months after they were sent or read"), 91)

# All that is removed for its age is a rule here: what a job of its own removed, nobody would be told of beforehand.
RULES = (
    ERASURES, COPIES, LISTS, SESSIONS, UPLOADS, CONTENTS, RELEASED, MEDIA, DOCUMENTS, CREDENTIALS, DRAFTS, ROSTERS,
    UNJUDGED, RECORDINGS, DESTINATIONS,
)  # fmt: skip
