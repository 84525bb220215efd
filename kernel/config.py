"""Configuration: read once from the environment, frozen, and refused when it is unsafe in production."""

import os
import re
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from kernel.crypto import key_bytes
from kernel.errors import Misuse

Environment = Literal["development", "test", "production"]

# What PostgreSQL's own library reads of an address; options of the driver would change how transactions work.
_POSTGRESQL_NUMBERS = {
    "port", "connect_timeout", "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count",
    "tcp_user_timeout",
}  # fmt: skip
_POSTGRESQL_OPTIONS = _POSTGRESQL_NUMBERS | {
    "host", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "channel_binding", "gssencmode",
    "application_name", "target_session_attrs",
}  # fmt: skip

_NO_MAIL = "none"  # chosen on purpose: letters stay files
_KEY_ID = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
_KNOWN_KEYS = {
    "secret",
    "changeme",
    "change-me",
    "dev",
    "development",
    "default",
    "test",
}


class UnsafeConfiguration(Exception):
    """What is set cannot be run; each line says which variable, and what to do."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(["These settings are refused:", *(f"  - {each}" for each in problems)]))
        self.problems = problems


@dataclass(frozen=True)
class Settings:
    """All settings of one process. `from_environment` is the only way in outside tests."""

    environment: Environment
    database_url: str
    redis_url: str | None
    data_dir: Path
    secret_key: str = field(repr=False)
    field_keys: tuple[tuple[str, str], ...] = field(repr=False, default=())
    host: str = "127.0.0.1"
    port: int = 8000
    server_name: str | None = None
    media_origin: str | None = None  # where pictures and sounds of units are fetched; None: below the pages' own
    trusted_proxies: int = 0
    demo_password: str | None = field(repr=False, default=None)
    session_idle_minutes: int = 30
    session_hours: int = 12
    max_upload_mb: int = 64
    mail_url: str | None = field(repr=False, default=None)  # of a mail server; None: letters are files beside the data
    mail_from: str = "Polyphony <polyphony@localhost>"
    second_factor_roles: tuple[str, ...] = ()  # who can do nothing without a second factor
    anchor_key_file: Path | None = None  # what signs anchors of the audit log; None: one kept in the data folder
    network_countries: Path | None = None  # lines of `network,country`; None: no address has a country
    name_list: Path | None = None  # names of people, one a line; None: names are not looked for in units
    trusted_issuers: tuple[tuple[str, str], ...] = ()  # other installations whose credentials are believed: name, key
    passkey_origin: str = "http://localhost:8000"  # the one address on whose pages passkeys are made and used
    passkey_id: str = "localhost"  # the domain that passkeys belong to: that of the address, or one above it
    anchors_dir: Path | None = None  # where they are kept, a file for each day; None: in the data folder

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def media_host(self) -> str | None:
        """The host that serves pictures and sounds and nothing else, if there is one."""
        return urlsplit(self.media_origin).netloc if self.media_origin else None

    @property
    def hosts(self) -> list[str] | None:
        """The hosts that are ours; None where any name will do."""
        if not self.server_name:
            return None
        return [self.server_name, *filter(None, [self.media_host])]

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Read and check. Raises UnsafeConfiguration with every problem at once."""
        env = os.environ if environ is None else environ
        problems: list[str] = []
        name = env.get("POLYPHONY_ENV", "development")
        if name not in ("development", "test", "production"):
            problems.append(f"POLYPHONY_ENV is {name!r}; it must be development, test or production.")
            name = "development"
        data_dir = Path(env.get("POLYPHONY_DATA", "var")).absolute()
        port = _number(env, "PORT", 8000, 1, 65535, problems)
        settings = cls(
            environment=name,  # type: ignore[arg-type]
            database_url=normal_url(env.get("DATABASE_URL") or f"sqlite:///{data_dir / 'polyphony.db'}"),
            redis_url=env.get("REDIS_URL") or None,
            data_dir=data_dir,
            secret_key=env.get("SECRET_KEY")
            or ("" if name == "production" else _local_secret(data_dir, "secret_key", problems)),
            field_keys=_field_keys(env.get("FIELD_KEYS"), name, data_dir, problems),
            host=env.get("HOST", "127.0.0.1"),
            port=port,
            server_name=env.get("SERVER_NAME") or None,
            media_origin=env.get("MEDIA_ORIGIN") or None,
            trusted_proxies=_number(env, "TRUSTED_PROXIES", 0, 0, 5, problems),
            demo_password=env.get("DEMO_PASSWORD") or None,
            session_idle_minutes=_number(env, "SESSION_IDLE_MINUTES", 30, 1, 24 * 60, problems),
            session_hours=_number(env, "SESSION_HOURS", 12, 1, 72, problems),
            max_upload_mb=_number(env, "MAX_UPLOAD_MB", 64, 1, 2048, problems),
            mail_url=None if env.get("MAIL_URL") == _NO_MAIL else env.get("MAIL_URL") or None,
            mail_from=env.get("MAIL_FROM") or f"Polyphony <polyphony@{env.get('SERVER_NAME') or 'localhost'}>",
            second_factor_roles=_roles(env.get("SECOND_FACTOR_ROLES"), name, problems),
            anchor_key_file=_path(env.get("AUDIT_ANCHOR_KEY")),
            network_countries=_path(env.get("NETWORK_COUNTRIES")),
            name_list=_path(env.get("NAME_LIST")),
            anchors_dir=_path(env.get("AUDIT_ANCHORS")),
            trusted_issuers=_issuers(env.get("TRUSTED_ISSUERS"), problems),
            **_passkeys(env, name, port),
        )
        problems += _address_problems(settings)
        problems += _passkey_problems(settings)
        if settings.is_production:
            problems += production_problems(settings, env)
        if problems:
            raise UnsafeConfiguration(problems)
        return settings


def settings_or_end() -> Settings:
    """The settings of the environment; a process whose settings are refused says which, and ends with code 2."""
    with refusals_end():
        return Settings.from_environment()


@contextmanager
def refusals_end() -> Iterator[None]:
    """Say which settings are refused, and end the process with code 2."""
    try:
        yield
    except UnsafeConfiguration as problem:
        print(problem, file=sys.stderr)
        raise SystemExit(2) from None


def _passkeys(env: Mapping[str, str], name: str, port: int) -> dict[str, str]:
    """Where passkeys are used, and whose they are: the server's own name unless it is said otherwise."""
    server = env.get("SERVER_NAME") or ""
    origin = env.get("PASSKEY_ORIGIN") or (f"https://{server}" if name == "production" else f"http://localhost:{port}")
    return {"passkey_origin": origin, "passkey_id": env.get("PASSKEY_ID") or _host_of(origin)}


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).hostname or ""
    except ValueError:
        return ""


def _passkey_problems(settings: Settings) -> list[str]:
    """Browsers prove an origin and a domain with every passkey; a wrong one would let another site ask for them."""
    origin, domain = settings.passkey_origin, settings.passkey_id
    host, is_local = _host_of(origin), settings.environment != "production"
    if settings.is_production and not settings.server_name:
        return []  # that is told already, and the rest follows from it
    problems = []
    scheme = "http" if is_local and host == "localhost" and origin.startswith("http:") else "https"
    if not host or not _is_origin(origin, scheme) or (settings.is_production and not _serves(settings, host)):
        problems.append("PASSKEY_ORIGIN must be https://SERVER_NAME, with a port if need be and nothing after it.")
    if host != domain and not host.endswith(f".{domain}"):
        problems.append("PASSKEY_ID must be the domain of PASSKEY_ORIGIN, or one above it.")
    elif _is_number(domain) or (settings.is_production and "." not in domain):
        problems.append(
            "PASSKEY_ID must be a domain of your own, with a dot in it; browsers take no address of numbers."
        )
    return problems


def _is_origin(origin: str, scheme: str) -> bool:
    try:
        parts = urlsplit(origin)
        return origin == f"{scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    except ValueError:  # a port that is no number
        return False


def _serves(settings: Settings, host: str) -> bool:
    return host == _host_of(f"https://{settings.server_name}")


def _is_number(domain: str) -> bool:
    with suppress(ValueError):
        return bool(ip_address(domain))
    return False


def _issuers(text: str | None, problems: list[str]) -> tuple[tuple[str, str], ...]:
    """`NAME:KEY` with commas; each key is the public one that an installation shows, 32 bytes in URL-safe base64."""
    found = []
    for part in (text or "").split(","):
        name, _, key = part.strip().partition(":")
        if not part.strip():
            continue
        if not name or len(key) != 43 or not key.replace("-", "").replace("_", "").isalnum():
            problems.append("TRUSTED_ISSUERS must be NAME:KEY pairs with commas between them.")
            return ()
        found.append((name, key))
    return tuple(found)


def production_problems(settings: Settings, env: Mapping[str, str]) -> list[str]:
    """Everything that must not be so in production."""
    problems = []
    key = settings.secret_key
    if len(key) < 43 or key.lower() in _KNOWN_KEYS or len(set(key)) < 12:
        problems.append("SECRET_KEY is missing, short or well known; set 64 random bytes.")
    if not settings.field_keys:
        problems.append("FIELD_KEYS is missing; set ID:BASE64KEY pairs; the first seals, all of them open.")
    if not settings.server_name:
        problems.append("SERVER_NAME is missing; links and the check of the Host header need it.")
    if env.get("FLASK_DEBUG", "0") not in ("", "0"):
        problems.append("FLASK_DEBUG is on; it shows the source to anybody.")
    if settings.is_sqlite and env.get("ACCEPT_SQLITE") != "one-client":
        problems.append("SQLite has one wall between tenants; use PostgreSQL, or set ACCEPT_SQLITE=one-client.")
    if settings.redis_url is None:
        problems.append("REDIS_URL is missing; the embedded server is for development.")
    elif urlsplit(settings.redis_url).scheme != "unix" and not urlsplit(settings.redis_url).password:
        problems.append("REDIS_URL has no password.")
    if not env.get("MAIL_URL"):
        problems.append(
            "MAIL_URL is missing; set smtp://… or smtps://…, or none where somebody reads the files in the folder mail."
        )
    if settings.demo_password:
        problems.append("DEMO_PASSWORD is set; demonstration accounts do not exist in production.")
    return problems + _anchor_problems(settings)


def _address_problems(settings: Settings) -> list[str]:
    """Addresses of kinds that are not known; said here, before a library stumbles over them in its own words."""
    problems = _database_problems(settings.database_url)
    if settings.redis_url and not _is_address(settings.redis_url, "redis", "rediss", "unix"):
        problems.append("REDIS_URL must be redis://…, rediss://… or unix:///PATH.")
    if settings.mail_url and not _is_address(settings.mail_url, "smtp", "smtps"):
        problems.append("MAIL_URL must be smtp://USER:PASSWORD@HOST:PORT (with STARTTLS) or smtps://….")
    if settings.media_origin and not _is_media_origin(settings):
        problems.append("MEDIA_ORIGIN must be https://HOST with another host than SERVER_NAME, and nothing behind it.")
    if "\n" in settings.mail_from or "@" not in settings.mail_from:
        problems.append("MAIL_FROM must be an address, such as Polyphony <no-reply@example.org>.")
    return problems


def _database_problems(url: str) -> list[str]:
    """The address of the database, and the options after its question mark: what is not known is not passed on."""
    if not _is_address(url, "sqlite", "postgresql+psycopg") or "\0" in unquote(url):
        return ["DATABASE_URL must be postgresql+psycopg://USER:PASSWORD@HOST/NAME or sqlite:///PATH."]
    address, _, query = url.partition("?")
    options = parse_qsl(query, keep_blank_values=True)
    if address.startswith("sqlite"):
        return [f"DATABASE_URL has {query!r} after the question mark; SQLite takes no options."] if query else []
    problems = []
    names = [name for name, _ in options]
    if unknown := sorted(set(names) - _POSTGRESQL_OPTIONS):
        problems.append(
            f"DATABASE_URL has the options {', '.join(map(repr, unknown))};"
            f" known are {', '.join(sorted(_POSTGRESQL_OPTIONS))}."
        )
    if twice := sorted({name for name in names if names.count(name) > 1}):
        problems.append(f"DATABASE_URL names {', '.join(twice)} more than once.")
    for name, value in options:
        if name in _POSTGRESQL_NUMBERS and not (value.isascii() and value.isdigit()):
            problems.append(f"DATABASE_URL has {name}={value}; it must be a whole number.")
    return problems


def _is_media_origin(settings: Settings) -> bool:
    """Whether the origin of media is one that a policy can name: plain http is for tries on one's own machine."""
    origin = settings.media_origin or ""
    schemes = ("https",) if settings.is_production else ("https", "http")
    parts = urlsplit(origin)
    is_plain = parts.scheme in schemes and origin == f"{parts.scheme}://{parts.netloc}"
    return is_plain and bool(re.fullmatch(r"[a-z0-9.-]+(:\d+)?", parts.netloc)) and parts.netloc != settings.server_name


def _is_address(url: str, *kinds: str) -> bool:
    try:
        parts = urlsplit(url)
        if parts.scheme == "sqlite" and (parts.netloc or not parts.path.strip("/") or parts.path == "/:memory:"):
            return False  # a file of this machine; one in memory is private to one connection
        return url == url.strip() and parts.scheme in kinds and "://" in url and (parts.port is None or parts.port > 0)
    except ValueError:  # a port that is no number
        return False


def _anchor_problems(settings: Settings) -> list[str]:
    """The key of the anchors proves nothing where whoever rewrites the data finds it, too."""
    file = settings.anchor_key_file
    if file is None:
        return ["AUDIT_ANCHOR_KEY is missing; set the path of an Ed25519 key in PEM that the workers alone can read."]
    if file.is_relative_to(settings.data_dir):
        return ["AUDIT_ANCHOR_KEY lies in the data folder, beside what it proves; keep it elsewhere."]
    with suppress(OSError):  # a process that may not even look at it is as it should be
        if file.stat().st_mode & 0o077:
            return ["AUDIT_ANCHOR_KEY can be read by others than its owner; chmod 600."]
    return []


def normal_url(url: str) -> str:
    """Accept the common spellings of a PostgreSQL address and name the driver that is used."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url[len(prefix) :]
    return url


def _path(text: str | None) -> Path | None:
    return Path(text).absolute() if text else None


def _number(
    env: Mapping[str, str],
    name: str,
    default: int,
    low: int,
    high: int,
    problems: list[str],
) -> int:
    text = env.get(name) or str(default)
    if text.isascii() and text.isdigit() and low <= int(text) <= high:
        return int(text)
    problems.append(f"{name} is {text!r}; it must be a whole number from {low} to {high}.")
    return default


# Who sees the data, the people or the money of others.
_STAFF = (
    "operator", "finance", "auditor", "client_admin", "client_pm", "client_qa", "vendor_manager", "reviewer",
)  # fmt: skip


def _roles(text: str | None, name: str, problems: list[str]) -> tuple[str, ...]:
    """The roles that need a second factor: in production everybody's but annotators', elsewhere nobody's."""
    if not text:
        return _STAFF if name == "production" else ()
    wanted = tuple(part.strip() for part in text.split(",") if part.strip())
    if wanted == ("none",):
        return ()
    if unknown := sorted(set(wanted) - {*_STAFF, "annotator"}):
        problems.append(f"SECOND_FACTOR_ROLES names {', '.join(unknown)}; write roles with commas, or none.")
    return wanted


def _field_keys(text: str | None, name: str, data_dir: Path, problems: list[str]) -> tuple[tuple[str, str], ...]:
    if not text:
        return () if name == "production" else (("local", _local_secret(data_dir, "field_key", problems)),)
    pairs = [part.strip().partition(":") for part in text.split(",") if part.strip()]
    if any(not _KEY_ID.fullmatch(key_id) or not key for key_id, _, key in pairs):
        problems.append("FIELD_KEYS must be ID:BASE64KEY pairs, separated by commas.")
        return ()
    if len({key_id for key_id, _, _key in pairs}) < len(pairs):
        problems.append("FIELD_KEYS names a key twice; each needs an id of its own.")
        return ()
    found = tuple((key_id, key) for key_id, _, key in pairs)
    problems += [each for key_id, key in found if (each := _key_problem(key_id, key, name))]
    return found


def _key_problem(key_id: str, key: str, environment: str) -> str:
    try:
        raw = key_bytes(key)
    except Misuse:
        return f"FIELD_KEYS: the key {key_id} is not 32 bytes in base64."
    if environment == "production" and len(set(raw)) < 12:
        return f"FIELD_KEYS: the key {key_id} is not random; take 32 random bytes."
    return ""


def _local_secret(data_dir: Path, name: str, problems: list[str]) -> str:
    """A secret kept beside the local database, so that a restart does not sign everybody out."""
    path = data_dir / name
    try:
        if path.exists():
            return path.read_text().strip()
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        secret = secrets.token_urlsafe(32 if name == "field_key" else 64)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secret)
    except OSError as fault:
        told = f"The data folder {data_dir} cannot be written to ({fault.strerror}); name another with POLYPHONY_DATA."
        if told not in problems:
            problems.append(told)
        return ""
    return secret
