"""Start of a process without Flask: settings, database, keys, transport, and everything that registers itself."""

from kernel import db, networks, queue
from kernel.config import Settings, refusals_end, settings_or_end
from kernel.crypto import use_keys
from kernel.mail import mail_of, use_mail
from kernel.ports import Port
from kernel.registry import connect_all, load_jobs, load_models

_settings: Port[Settings] = Port("settings")


def settings_in_place() -> Settings:
    """The settings this process was started with, for what runs outside any request."""
    return _settings.get()


def start(settings: Settings | None = None, database: db.Database | None = None) -> tuple[Settings, db.Database]:
    """Make this process able to carry jobs and run commands, on the settings' database or the one given."""
    settings = settings or settings_or_end()
    database = database or db.Database(settings.database_url)
    _settings.put(settings)
    db.use(database)
    use_keys(settings.field_keys)
    networks.use_countries(settings.network_countries)
    use_mail(mail_of(settings))
    queue.use_transport(queue.Rq(settings.redis_url) if settings.redis_url else queue.Null())
    load_models()
    load_jobs()
    with refusals_end():
        connect_all(settings)
    return settings, database
