"""What a release consists of: records, files and a manifest that are the same bytes whenever the data are the same."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from labeling.files.writing import csv_line, jsonl_line
from labeling.tasktypes import registry
from labeling.values import InvalidAnswer, InvalidContent, Ontology
from marketplace.values.releases import Billable, ReleaseFile, Settled
from web.json_text import canonical_json

STRANGER = "P-"
FORMAT = "polyphony-release/2"
CSV_HEAD = (
    "id", "unit", "locale", "label", "answer", "source", "confidence", "judgments", "people", "reviewed", "reviewers",
    "verdicts", "ontology", "guideline",
)  # fmt: skip


def pseudonym(project_id: str, annotator_id: str) -> str:
    """How a project's deliveries call a person: the same in all of them, and another in every other project."""
    digest = hashlib.sha256(f"person\n{project_id}\n{annotator_id}".encode()).hexdigest()
    return f"{STRANGER}{digest[:10].upper()}"


def record_of(unit: Settled, label: str | None, versions: Mapping[str, int]) -> dict[str, Any]:
    """The line of a unit: its content, its label, and where the label comes from. `versions` is by ontology and
    guideline; `label` is the class where the answers form a closed set."""
    return {
        "id": unit.client_ref,
        "unit": unit.unit_id,
        "locale": unit.locale,
        "content": unit.content,
        "label": label,
        "answer": unit.label,
        "source": unit.source,
        "confidence": None if unit.confidence is None else round(unit.confidence, 6),
        "reviewed": bool(unit.reviews),
        "ontology": sorted({versions[vote.ontology_id] for vote in unit.votes}),
        "guideline": sorted({versions[vote.guideline_id] for vote in unit.votes}),
        "judgments": [
            {
                "person": vote.person, "answer": vote.answer, "late": vote.is_late,
                "ontology": versions[vote.ontology_id], "guideline": versions[vote.guideline_id],
                "at": vote.at.isoformat(), "seconds": vote.seconds,
            }
            for vote in unit.votes
        ],
        "reviews": [
            {
                "person": each.person, "verdict": each.verdict, "reason": each.reason, "round": each.round,
                "at": each.at.isoformat() if each.at else None,
            }
            for each in unit.reviews
        ],
    }  # fmt: skip


def label_class(task_type: str, ontology: Ontology, unit: Settled) -> str | None:
    """The class of a unit's label, or None where answers form no closed set or the class is gone."""
    kind = registry.get(task_type)
    try:
        return kind.category(kind.parse(unit.label, ontology, kind.parse_content(unit.content)))
    except (InvalidAnswer, InvalidContent):
        return None


def jsonl_bytes(record: Mapping[str, Any]) -> bytes:
    """A record as its line."""
    return jsonl_line(record).encode()


def csv_bytes(records: Iterable[Mapping[str, Any]], content_fields: Sequence[str]) -> Iterator[bytes]:
    """The records as a table: the content's fields stand after the language."""
    head = (*CSV_HEAD[:3], *content_fields, *CSV_HEAD[3:])
    yield csv_line(head).encode()
    for record in records:
        values: dict[str, Any] = {**record, **{name: record["content"].get(name) for name in content_fields}}
        values["judgments"] = len(record["judgments"])
        values["people"] = " ".join(vote["person"] for vote in record["judgments"])
        values["reviewers"] = " ".join(each["person"] for each in record["reviews"])
        values["verdicts"] = " ".join(each["verdict"] for each in record["reviews"])
        for name in ("ontology", "guideline"):
            values[name] = " ".join(str(version) for version in record[name])
        yield csv_line(values[name] for name in head).encode()


def manifest_of(
    *, project_id: str, name: str, version: int, units: int, files: Sequence[ReleaseFile]
) -> bytes:  # fmt: skip
    """What the release is and holds, with the checksum of each file; its own checksum is the release's."""
    body = {
        "format": FORMAT, "project": {"id": project_id, "name": name}, "release": version, "units": units,
        "files": [
            {"name": file.name, "format": file.format, "sha256": file.sha256, "size": file.size} for file in files
        ],
    }  # fmt: skip
    return (canonical_json(body) + "\n").encode()


def billable_lines(
    report: Mapping[str, Any], accepted: Iterable[Mapping[str, Any]], prices: Mapping[str, int]
) -> tuple[Billable, ...]:
    """The units by language that no accepted release has brought before: a release holds those of earlier ones too."""
    before: dict[str, int] = {}
    for other in accepted:
        for row in other["by_locale"]:
            before[row["locale"]] = max(before.get(row["locale"], 0), row["units"])
    rows = [(row["locale"], row["units"] - before.get(row["locale"], 0)) for row in report["by_locale"]]
    return tuple(Billable(locale, units, prices[locale]) for locale, units in rows if units > 0)
