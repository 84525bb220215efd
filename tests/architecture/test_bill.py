"""The bill of materials says what the locks say, in the form that other programs read."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.bill import bill, python_parts, text_of
from tests.architecture.source import ROOT

LOCK = """alembic==1.20.1
    # via polyphony (pyproject.toml)
mako==1.3.0
    # via alembic
Typing_Extensions[x]==4.15.0 ; python_full_version < '3.12'
    # via
    #   alembic
    #   polyphony (pyproject.toml)
"""
PROJECT = {"name": "polyphony", "version": "0.1.0", "license": "Apache-2.0"}
FRONT_END = {
    "packages": {
        "": {"name": "polyphony"},
        "node_modules/@own/thing": {"version": "2.0.0", "integrity": "sha512-AAEC", "license": "MIT"},
        "node_modules/for-tests": {"version": "1.0.0", "integrity": "sha512-AAEC", "license": "MIT", "dev": True},
    }
}


def test_each_package_is_a_component_with_its_exact_version_and_who_asks_for_it() -> None:
    told = bill(PROJECT, LOCK, FRONT_END)
    assert (told["bomFormat"], told["specVersion"], told["version"]) == ("CycloneDX", "1.6", 1)
    assert [part["purl"] for part in told["components"]] == [
        "pkg:pypi/alembic@1.20.1", "pkg:pypi/mako@1.3.0", "pkg:pypi/typing-extensions@4.15.0",
        "pkg:npm/%40own/thing@2.0.0",
    ]  # fmt: skip
    assert told["components"][2]["properties"] == [{"name": "polyphony:when", "value": "python_full_version < '3.12'"}]
    assert told["components"][3]["hashes"] == [{"alg": "SHA-512", "content": "000102"}]
    wants = {each["ref"]: each["dependsOn"] for each in told["dependencies"]}
    assert wants == {
        "polyphony": [
            "pkg:pypi/alembic@1.20.1", "pkg:pypi/typing-extensions@4.15.0", "pkg:npm/%40own/thing@2.0.0"
        ],
        "pkg:pypi/alembic@1.20.1": ["pkg:pypi/mako@1.3.0", "pkg:pypi/typing-extensions@4.15.0"],
        "pkg:pypi/mako@1.3.0": [],
        "pkg:pypi/typing-extensions@4.15.0": [],
        "pkg:npm/%40own/thing@2.0.0": [],
    }  # fmt: skip


@pytest.mark.parametrize("line", ["flask>=3", "-e .", "flask @ https://files.example/flask.whl"])
def test_a_line_without_an_exact_version_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="no exact version"):
        python_parts(f"{LOCK}{line}\n")


def test_the_bill_of_this_checkout_has_every_line_of_its_locks_and_nothing_twice(tmp_path: Path) -> None:
    file = tmp_path / "bill.json"
    subprocess.run([sys.executable, "-m", "scripts.bill", str(file)], cwd=ROOT, check=True)
    told = json.loads(file.read_text())
    assert file.read_text() == text_of(), "the same locks are the same bill"
    refs = [part["bom-ref"] for part in told["components"]]
    pinned = re.findall(r"(?m)^([\w.-]+)(?:\[[^\]]*\])?==([^ \n]+)", (ROOT / "requirements.txt").read_text())
    assert len(refs) == len(set(refs)) == len(pinned) + 1, "and htmx"
    assert {f"pkg:pypi/{name}@{version}" for name, version in pinned} | {"pkg:npm/htmx.org@4.0.1"} == set(refs)
    for each in told["dependencies"]:
        assert {each["ref"], *each["dependsOn"]} <= {*refs, "polyphony"}
    reached, left = set(), ["polyphony"]
    wants = {each["ref"]: each["dependsOn"] for each in told["dependencies"]}
    while left:
        ref = left.pop()
        if ref not in reached:
            reached.add(ref)
            left += wants[ref]
    assert reached == {*refs, "polyphony"}, "nothing is there that nobody asks for"
