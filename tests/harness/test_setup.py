"""Setting up a clone: what is refused, what is done once, what is done again."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts import browser, setup


@pytest.mark.parametrize(
    ("version", "has_ensurepip", "words"),
    [
        ((3, 10), True, "Polyphony needs Python 3.11 or newer, and this is 3.10."),
        ((3, 9), False, "Polyphony needs Python 3.11 or newer, and this is 3.9."),
        ((3, 11), False, "apt-get install python3-venv"),
    ],
)
def test_a_python_that_cannot_do_it_is_refused_in_words(
    version: tuple[int, int], has_ensurepip: bool, words: str
) -> None:
    assert words in (setup.refusal(version, has_ensurepip) or "")


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (4, 0)])
def test_a_new_enough_python_is_taken(version: tuple[int, int]) -> None:
    assert setup.refusal(version, True) is None


def test_a_folder_that_takes_no_file_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(setup.CannotSetUp, match="cannot be written to"):
        setup.ensure_writable(tmp_path / "nowhere")


def test_uv_is_told_what_pip_was_told_of_indexes() -> None:
    told = """:env:.find-links='/opt/a /opt/b'
global.index-url='https://one.example/simple'
install.extra-index-url='\\nhttps://two.example/simple\\nhttps://three.example/simple'
global.cert='/etc/own.pem'
global.timeout='60'
a line that is none of these
"""
    assert setup.uv_options(told) == (
        [
            "--index-url", "https://one.example/simple",
            "--extra-index-url", "https://two.example/simple", "--extra-index-url", "https://three.example/simple",
            "--find-links", "/opt/a", "--find-links", "/opt/b",
        ],
        {"SSL_CERT_FILE": "/etc/own.pem"},
    )  # fmt: skip
    assert setup.uv_options("") == ([], {})


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with nothing to install, whose steps note that they ran."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "i18n" / "sw").mkdir(parents=True)
    (tmp_path / "requirements.txt").write_text("# nothing\n")
    (tmp_path / "requirements-dev.txt").write_text("# nothing more\n")
    (tmp_path / "scripts" / "assets.py").write_text("open('log', 'a').write('assets ')")
    (tmp_path / "i18n" / "compile.py").write_text("open('log', 'a').write('catalogs '); open('i18n/sw/a.mo', 'w')")
    (tmp_path / "i18n" / "sw" / "a.po").write_text('msgid "Hello"\nmsgstr "Jambo"\n')
    return tmp_path


def test_only_what_changed_is_done_again(clone: Path, capfd: pytest.CaptureFixture[str]) -> None:
    setup.set_up(clone)
    assert setup.venv_python(clone).exists()
    first = capfd.readouterr().out
    assert "Making a virtual environment" in first and "Installing what requirements.txt lists" in first

    setup.set_up(clone)
    assert capfd.readouterr().out == ""
    assert (clone / "log").read_text() == "assets catalogs assets "

    (clone / "requirements.txt").write_text("# still nothing\n")
    (clone / "i18n" / "sw" / "a.mo").unlink()
    setup.set_up(clone)
    again = capfd.readouterr().out
    assert "Making" not in again and "Installing what requirements.txt lists" in again and "Compiling" in again

    setup.set_up(clone, development=True)
    setup.set_up(clone)
    assert capfd.readouterr().out.count("Installing") == 1  # the development lock contains the other one


def test_a_lock_that_cannot_be_installed_leaves_no_stamp(clone: Path, capfd: pytest.CaptureFixture[str]) -> None:
    python = setup.venv_python(clone)
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (clone / "requirements.txt").write_text("./nowhere\n")
    with pytest.raises(setup.CannotSetUp, match="was not installed"):
        setup.set_up(clone)
    capfd.readouterr()
    assert setup.stamped(clone, "requirements.txt") is None


def test_the_script_runs_without_anything_installed() -> None:
    bare = [sys.executable, "-I", "-S", "scripts/setup.py", "--help"]
    told = subprocess.run(bare, cwd=setup.ROOT, capture_output=True, text=True, check=True)
    assert "--browser" in told.stdout


def test_the_browser_that_is_named_is_taken_or_none(tmp_path: Path) -> None:
    named = tmp_path / "my-browser"
    named.write_text("#!/bin/sh\n")
    named.chmod(0o755)
    assert browser.find({"CHROMIUM": str(named), "PATH": ""}) == str(named)
    assert browser.find({"CHROMIUM": str(tmp_path / "gone"), "PATH": "/usr/bin"}) is None


def test_an_installed_browser_is_preferred_to_playwrights_own(tmp_path: Path) -> None:
    own = tmp_path / ".cache" / "ms-playwright" / "chromium-1200" / "chrome-linux" / "chrome"
    own.parent.mkdir(parents=True)
    own.touch()
    home = {"HOME": str(tmp_path), "PATH": str(tmp_path / "bin")}
    if not any(Path(app).exists() for app in browser.MAC_APPS):
        assert browser.find(home) == str(own)
    (tmp_path / "bin").mkdir()
    installed = tmp_path / "bin" / "google-chrome"
    installed.touch(mode=0o755)
    assert browser.find(home) == str(installed)
