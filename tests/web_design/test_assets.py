"""Addresses of static files, the code of others that is installed, and the weight of our own."""

import gzip
import json
import re
from pathlib import Path

import pytest

from scripts import assets as installer
from web.assets import STATIC, Assets, asset

ROOT = Path(__file__).resolve().parents[2]


def test_the_address_changes_with_the_content(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("one")
    served = Assets(tmp_path)
    first = served("a.css")
    (tmp_path / "a.css").write_text("two and more")
    assert first == "/static/a.css?v=7692c3ad"
    assert served("a.css") != first


def test_a_package_brings_files_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "boxes.js").write_text("1")
    served = Assets(STATIC)
    served.add("labeling", tmp_path)
    assert served.find("labeling/boxes.js") == tmp_path / "boxes.js"
    assert re.fullmatch(r"/static/labeling/boxes\.js\?v=[0-9a-f]{8}", served("labeling/boxes.js"))


@pytest.mark.parametrize("path", ["../templates/base.html", "a/../../x", "/etc/hostname", "missing.js", ""])
def test_nothing_outside_the_folder_is_found(path: str) -> None:
    assert asset.find(path) is None


def test_what_was_installed_is_what_the_lock_names() -> None:
    assert installer.is_current(ROOT), "run make setup"
    noted = json.loads((STATIC / "vendor" / "manifest.json").read_text())["htmx.min.js"]
    assert noted["name"] == "htmx.org" and noted["licence"] == "BSD-0-Clause"
    assert noted["version"] == installer.locked(ROOT)["htmx.org"]["version"]


def test_a_changed_file_is_not_current(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text(json.dumps({"polyphony": {"assets": {"a": {"a.js": "out/a.js"}}}}))
    lock = {"packages": {"": {}, "node_modules/a": {"version": "1.0.0", "resolved": "https://registry.example/a"}}}
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))
    (tmp_path / "node_modules" / "a").mkdir(parents=True)
    (tmp_path / "node_modules" / "a" / "a.js").write_text("1")
    (tmp_path / "node_modules" / "a" / "package.json").write_text('{"name": "a", "version": "1.0.0", "license": "MIT"}')
    assert not installer.is_current(tmp_path)
    installer._copy(tmp_path / "node_modules" / "a", "a.js", tmp_path / "out" / "a.js")
    assert installer.is_current(tmp_path)
    (tmp_path / "out" / "a.js").write_text("2")
    assert not installer.is_current(tmp_path)


def test_the_lock_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()


def test_addresses_are_taken_out_of_a_lock(tmp_path: Path) -> None:
    lock = {"packages": {"": {}, "node_modules/a": {"version": "1", "resolved": "https://registry.example/a"}}}
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))
    installer.strip_addresses(tmp_path)
    assert json.loads((tmp_path / "package-lock.json").read_text())["packages"]["node_modules/a"] == {"version": "1"}


@pytest.mark.parametrize("name, most", [("polyphony.css", 12_288), ("app.js", 6_144)])
def test_our_own_files_stay_light(name: str, most: int) -> None:
    assert len(gzip.compress((STATIC / name).read_bytes(), 9)) <= most


def test_scripts_of_an_annotators_page_stay_under_their_limit() -> None:
    sizes = [len(gzip.compress((STATIC / name).read_bytes(), 9)) for name in ("app.js", "vendor/htmx.min.js")]
    assert sum(sizes) <= 20_480


def test_our_script_evaluates_nothing_and_writes_no_markup() -> None:
    script = (STATIC / "app.js").read_text()
    assert not re.search(
        r"\beval\(|\bFunction\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\.style\b", script
    )


def test_the_sheet_knows_no_left_or_right() -> None:
    sheet = re.sub(r"/\*.*?\*/", "", (STATIC / "polyphony.css").read_text(), flags=re.S)
    physical = r"(?:margin|padding|border)-(?:left|right)|(?<![-\w])(?:left|right)\s*:|text-align:\s*(?:left|right)"
    assert re.findall(physical, sheet) == []
