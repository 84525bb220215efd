"""Configuration: read once, told with every problem at once, and refused in production when it is unsafe."""

from pathlib import Path

import pytest

from kernel.config import Settings, UnsafeConfiguration, normal_url, settings_or_end

LONG = "q7Wz0Rk3Lm9Xv2Bn5Tc8Yd1Fg4Hj6PsAeUiOqWrTyZxC"
SAFE = {
    "POLYPHONY_ENV": "production",
    "DATABASE_URL": "postgresql://polyphony@db/polyphony",
    "REDIS_URL": "redis://:long-enough@queue/0",
    "SECRET_KEY": LONG,
    "FIELD_KEYS": "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY",
    "SERVER_NAME": "work.example.org",
    "AUDIT_ANCHOR_KEY": "/etc/polyphony/anchors.pem",
    "MAIL_URL": "smtps://letters:secret@mail.example.org",
}


def problems_of(environ: dict[str, str], tmp_path: Path) -> list[str]:
    with pytest.raises(UnsafeConfiguration) as refused:
        Settings.from_environment({"POLYPHONY_DATA": str(tmp_path), **environ})
    return refused.value.problems


def test_a_safe_production_is_taken(tmp_path: Path) -> None:
    settings = Settings.from_environment({"POLYPHONY_DATA": str(tmp_path), **SAFE})
    assert settings.is_production
    assert settings.database_url == "postgresql+psycopg://polyphony@db/polyphony"
    assert settings.field_keys == (("k1", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"),)
    assert list(tmp_path.iterdir()) == []  # nothing is made up in production


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is missing"),
        ({"SECRET_KEY": "changeme"}, "SECRET_KEY is missing, short or well known"),
        ({"SECRET_KEY": "ab" * 40}, "SECRET_KEY is missing, short or well known"),
        ({"FIELD_KEYS": ""}, "FIELD_KEYS is missing"),
        ({"SERVER_NAME": ""}, "SERVER_NAME is missing"),
        ({"TRUSTED_ISSUERS": "Elsewhere:short"}, "TRUSTED_ISSUERS must be"),
        ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG is on"),
        ({"DATABASE_URL": "sqlite:///var/polyphony.db"}, "SQLite has one wall"),
        ({"REDIS_URL": ""}, "REDIS_URL is missing"),
        ({"REDIS_URL": "redis://queue/0"}, "REDIS_URL has no password"),
        ({"DEMO_PASSWORD": "open sesame please"}, "DEMO_PASSWORD is set"),
        ({"AUDIT_ANCHOR_KEY": ""}, "AUDIT_ANCHOR_KEY is missing"),
        ({"PASSKEY_ORIGIN": "http://work.example.org"}, "PASSKEY_ORIGIN must be https://SERVER_NAME"),
        ({"PASSKEY_ORIGIN": "https://work.example.org/"}, "PASSKEY_ORIGIN must be https://SERVER_NAME"),
        ({"PASSKEY_ORIGIN": "https://elsewhere.example.org"}, "PASSKEY_ORIGIN must be https://SERVER_NAME"),
        ({"PASSKEY_ID": "other.example.org"}, "PASSKEY_ID must be the domain of PASSKEY_ORIGIN"),
        ({"PASSKEY_ID": "org"}, "PASSKEY_ID must be a domain of your own"),
        ({"PASSKEY_ID": "ample.org"}, "PASSKEY_ID must be the domain of PASSKEY_ORIGIN"),
        ({"SERVER_NAME": "192.0.2.7"}, "PASSKEY_ID must be a domain of your own"),
        ({"FIELD_KEYS": "k1:" + "A" * 43}, "FIELD_KEYS: the key k1 is not random"),
        ({"MAIL_URL": ""}, "MAIL_URL is missing"),
    ],
)
def test_an_unsafe_production_is_refused(tmp_path: Path, change: dict[str, str], told: str) -> None:
    assert [problem.startswith(told) for problem in problems_of({**SAFE, **change}, tmp_path)] == [True]


def test_the_key_of_the_anchors_lies_apart_from_the_data_and_is_read_by_its_owner_alone(tmp_path: Path) -> None:
    data, key = tmp_path / "data", tmp_path / "key.pem"
    (told,) = problems_of({**SAFE, "AUDIT_ANCHOR_KEY": str(data / "key.pem")}, data)
    assert told.startswith("AUDIT_ANCHOR_KEY lies in the data folder")
    key.touch(mode=0o644)
    (told,) = problems_of({**SAFE, "AUDIT_ANCHOR_KEY": str(key)}, data)
    assert told.startswith("AUDIT_ANCHOR_KEY can be read by others")
    key.chmod(0o600)
    environ = {"POLYPHONY_DATA": str(data), **SAFE, "AUDIT_ANCHOR_KEY": str(key), "AUDIT_ANCHORS": "/srv/anchors"}
    settings = Settings.from_environment(environ)
    assert (settings.anchor_key_file, settings.anchors_dir) == (key, Path("/srv/anchors"))


def test_passkeys_belong_to_the_servers_own_name_or_to_localhost(tmp_path: Path) -> None:
    def found(environ: dict[str, str]) -> tuple[str, str]:
        settings = Settings.from_environment({"POLYPHONY_DATA": str(tmp_path), **environ})
        return settings.passkey_origin, settings.passkey_id

    assert found(SAFE) == ("https://work.example.org", "work.example.org")
    above = {"PASSKEY_ORIGIN": "https://work.example.org:8443", "PASSKEY_ID": "example.org"}
    assert found({**SAFE, **above}) == ("https://work.example.org:8443", "example.org")
    assert found({"PORT": "9000"}) == ("http://localhost:9000", "localhost")
    (told,) = problems_of({"PASSKEY_ORIGIN": "http://work.example.org"}, tmp_path)
    assert told.startswith("PASSKEY_ORIGIN")


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    told = problems_of({"POLYPHONY_ENV": "production", "PORT": "none"}, tmp_path)
    assert [line.split()[0] for line in told] == [
        "PORT", "SECRET_KEY", "FIELD_KEYS", "SERVER_NAME", "SQLite", "REDIS_URL", "MAIL_URL", "AUDIT_ANCHOR_KEY",
    ]  # fmt: skip


def test_sqlite_for_one_client_is_a_choice_that_is_spelled_out(tmp_path: Path) -> None:
    chosen = {**SAFE, "DATABASE_URL": "", "ACCEPT_SQLITE": "one-client", "POLYPHONY_DATA": str(tmp_path)}
    assert Settings.from_environment(chosen).is_sqlite


def test_a_local_socket_needs_no_password(tmp_path: Path) -> None:
    chosen = {**SAFE, "REDIS_URL": "unix:///run/valkey.sock", "POLYPHONY_DATA": str(tmp_path)}
    assert Settings.from_environment(chosen).redis_url == "unix:///run/valkey.sock"


@pytest.mark.parametrize("text", ["0", "65536", "8000.5", "-1", "٨٠٠٠", "http"])
def test_a_port_is_a_whole_number_in_its_bounds(tmp_path: Path, text: str) -> None:
    assert problems_of({"PORT": text}, tmp_path) == [f"PORT is {text!r}; it must be a whole number from 1 to 65535."]


def test_letters_stay_files_in_production_where_that_is_said(tmp_path: Path) -> None:
    settings = Settings.from_environment({"POLYPHONY_DATA": str(tmp_path), **SAFE, "MAIL_URL": "none"})
    assert settings.mail_url is None


@pytest.mark.parametrize("key", ["b", "AAAA", "é", "A" * 43 + "!", "A" * 44])
def test_a_field_key_is_32_bytes_in_base64(tmp_path: Path, key: str) -> None:
    good = "k1:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
    assert problems_of({"FIELD_KEYS": f"{good},a:{key}"}, tmp_path) == [
        "FIELD_KEYS: the key a is not 32 bytes in base64."
    ]
    assert problems_of({"FIELD_KEYS": f"{good},{good}"}, tmp_path) == [
        "FIELD_KEYS names a key twice; each needs an id of its own."
    ]


def test_a_data_folder_that_cannot_be_written_to_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("POLYPHONY_DATA", str(tmp_path / "file" / "data"))
    with pytest.raises(SystemExit) as ended:
        settings_or_end()
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines()[1:] == [
        f"  - The data folder {tmp_path / 'file' / 'data'} cannot be written to (Not a directory);"
        " name another with POLYPHONY_DATA."
    ]


@pytest.mark.parametrize("text", ["k1", "k1:", ":abc", "k1:abc,k2", "a|b:abc"])
def test_field_keys_are_pairs(tmp_path: Path, text: str) -> None:
    assert problems_of({"FIELD_KEYS": text}, tmp_path) == [
        "FIELD_KEYS must be ID:BASE64KEY pairs, separated by commas."
    ]


def test_an_unknown_environment_is_refused(tmp_path: Path) -> None:
    told = problems_of({"POLYPHONY_ENV": "prod"}, tmp_path)
    assert told == ["POLYPHONY_ENV is 'prod'; it must be development, test or production."]


def test_development_keeps_its_secrets_for_itself_and_for_the_next_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = Settings.from_environment({"POLYPHONY_DATA": str(data)})
    again = Settings.from_environment({"POLYPHONY_DATA": str(data)})
    assert (first.secret_key, first.field_keys) == (again.secret_key, again.field_keys)
    assert {file.name: file.stat().st_mode & 0o777 for file in data.iterdir()} == {
        "secret_key": 0o600, "field_key": 0o600,
    }  # fmt: skip
    assert first.database_url == f"sqlite:///{data / 'polyphony.db'}"


def test_settings_do_not_print_their_secrets(tmp_path: Path) -> None:
    settings = Settings.from_environment({"POLYPHONY_DATA": str(tmp_path), **SAFE})
    assert LONG not in repr(settings)
    assert "MDEyMzQ1" not in repr(settings)


@pytest.mark.parametrize("url", ["postgres://u@h/d", "postgresql://u@h/d", "postgresql+psycopg://u@h/d"])
def test_common_spellings_of_postgresql_name_one_driver(url: str) -> None:
    assert normal_url(url) == "postgresql+psycopg://u@h/d"


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("DATABASE_URL", "mysql://root@127.0.0.1/polyphony"),
        ("DATABASE_URL", "polyphony.db"),
        ("DATABASE_URL", "postgresql://127.0.0.1:many/polyphony"),
        ("REDIS_URL", "http://127.0.0.1:6379"),
        ("REDIS_URL", "nonsense"),
    ],
)
def test_an_address_of_an_unknown_kind_is_refused_by_its_name(tmp_path: Path, name: str, address: str) -> None:
    with pytest.raises(UnsafeConfiguration, match=f"  - {name} must be "):
        Settings.from_environment({"POLYPHONY_DATA": str(tmp_path), name: address})


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("sqlite:///x.db?timeout=abc", "'timeout=abc' after the question mark; SQLite takes no options."),
        ("sqlite:///x.db?mode=ro&cache=shared", "'mode=ro&cache=shared' after the question mark"),
        ("postgresql://u@h/d?autocommit=1&sslmod=require", "the options 'autocommit', 'sslmod'; known are"),
        ("postgresql://u@h/d?sslmode=require&sslmode=disable", "sslmode more than once"),
        ("postgresql://u@h/d?connect_timeout=soon", "connect_timeout=soon; it must be a whole number"),
        ("sqlite://host/x.db", "must be postgresql+psycopg://USER:PASSWORD@HOST/NAME or sqlite:///PATH."),
        ("sqlite:///x%00.db", "must be postgresql"),
    ],
)
def test_odd_parts_of_the_address_of_the_database_are_named(tmp_path: Path, address: str, told: str) -> None:
    (problem,) = problems_of({"DATABASE_URL": address}, tmp_path)
    assert problem.startswith("DATABASE_URL ")
    assert told in problem


def test_options_that_postgresql_knows_are_taken(tmp_path: Path) -> None:
    address = "postgresql://u@/d?host=/run/postgresql&connect_timeout=5"
    settings = Settings.from_environment({"POLYPHONY_DATA": str(tmp_path), "DATABASE_URL": address})
    assert settings.database_url.endswith("?host=/run/postgresql&connect_timeout=5")


def test_a_process_with_refused_settings_says_so_and_ends_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POLYPHONY_DATA", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "sqlite:///x.db?timeout=abc")
    with pytest.raises(SystemExit) as end:
        settings_or_end()
    assert end.value.code == 2
    assert capsys.readouterr().err.splitlines() == [
        "These settings are refused:",
        "  - DATABASE_URL has 'timeout=abc' after the question mark; SQLite takes no options.",
    ]


@pytest.mark.parametrize(
    "origin",
    ["http://media.example.org", "https://work.example.org", "https://media.example.org/", "media.example.org",
     "https://a b; script-src *", "https://me@media.example.org"],
)  # fmt: skip
def test_media_have_a_plain_origin_of_their_own_or_none(tmp_path: Path, origin: str) -> None:
    assert [each[:12] for each in problems_of({**SAFE, "MEDIA_ORIGIN": origin}, tmp_path)] == ["MEDIA_ORIGIN"]
    own = {"POLYPHONY_DATA": str(tmp_path), **SAFE, "MEDIA_ORIGIN": "https://media.example.org"}
    assert Settings.from_environment(own).hosts == ["work.example.org", "media.example.org"]
