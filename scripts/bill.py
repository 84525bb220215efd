"""What the product is made of, as a CycloneDX bill of materials, out of the locks alone: the same locks, one bill."""

import argparse
import base64
import json
import re
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FORM = "1.6"
_LINE = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^ ;]+)(?: ; (?P<when>.+))?$")
_VIA = re.compile(r"^    # +(?:via *)?(?P<who>.*)$")


@dataclass
class Part:
    """One package of a lock, and who asks for it."""

    name: str
    version: str
    when: str = ""  # for which Python or system alone
    wanted_by: list[str] = field(default_factory=list)

    @property
    def ref(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}"


def python_parts(lock: str) -> list[Part]:
    """The packages of a lock for Python; raises ValueError for a line that pins nothing."""
    found: list[Part] = []
    for line in lock.splitlines():
        if told := _LINE.match(line):
            found.append(Part(_plain(told["name"]), told["version"], told["when"] or ""))
        elif via := _VIA.match(line):
            if via["who"]:
                found[-1].wanted_by.append(via["who"])
        elif line.strip():
            raise ValueError(f"This line of the lock names no exact version: {line}")
    return found


def bill(project: dict[str, Any], lock: str, front_end: dict[str, Any]) -> dict[str, Any]:
    """The bill for a project's metadata, its lock for Python and its lock for the front end."""
    parts, name = python_parts(lock), project["name"]
    root = {
        "type": "application", "bom-ref": name, "name": name, "version": project["version"],
        "licenses": [{"license": {"id": project["license"]}}],
    }  # fmt: skip
    front = [
        _of_front_end(path, told) for path, told in sorted(front_end["packages"].items()) if _is_shipped(path, told)
    ]
    wanted = _wanted(parts, f"{name} (pyproject.toml)") + [one["bom-ref"] for one in front]
    return {
        "bomFormat": "CycloneDX", "specVersion": FORM, "version": 1,
        "metadata": {"component": root, "lifecycles": [{"phase": "pre-build"}]},
        "components": [*map(_component, parts), *front],
        "dependencies": [
            {"ref": name, "dependsOn": wanted},
            *({"ref": part.ref, "dependsOn": _wanted(parts, part.name)} for part in parts),
            *({"ref": one["bom-ref"], "dependsOn": []} for one in front),
        ],
    }  # fmt: skip


def _component(part: Part) -> dict[str, Any]:
    told = {
        "type": "library", "bom-ref": part.ref, "name": part.name, "version": part.version, "scope": "required",
        "purl": part.ref,
    }  # fmt: skip
    return told | ({"properties": [{"name": "polyphony:when", "value": part.when}]} if part.when else {})


def _wanted(parts: list[Part], who: str) -> list[str]:
    return sorted(part.ref for part in parts if who in part.wanted_by)


def _is_shipped(path: str, told: dict[str, Any]) -> bool:
    return path.startswith("node_modules/") and not told.get("dev")


def _of_front_end(path: str, told: dict[str, Any]) -> dict[str, Any]:
    name = path.removeprefix("node_modules/")
    ref = f"pkg:npm/{name.replace('@', '%40')}@{told['version']}"
    kind, _, digest = told["integrity"].partition("-")
    return {
        "type": "library", "bom-ref": ref, "name": name, "version": told["version"], "scope": "required", "purl": ref,
        "hashes": [{"alg": kind.replace("sha", "SHA-"), "content": base64.b64decode(digest).hex()}],
        "licenses": [{"license": {"id": told["license"]}}],
    }  # fmt: skip


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def text_of(root: Path = ROOT) -> str:
    """The bill of a checkout."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    front_end = json.loads((root / "package-lock.json").read_text())
    return json.dumps(bill(project, (root / "requirements.txt").read_text(), front_end), indent=2) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="where to write it; without it, to standard output")
    chosen = parser.parse_args()
    if chosen.file is None:
        sys.stdout.write(text_of())
    else:
        chosen.file.write_text(text_of())
    return 0


if __name__ == "__main__":
    sys.exit(main())
