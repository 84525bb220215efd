"""What a client orders in a journey: a label schema, a guideline, units and gold, whose texts say what is right."""

import json
from datetime import timedelta
from typing import Any

from tests.journeys.cast import Cast, Person

LOCALE = "sw-KE"
CLASSES = ("refund", "network", "other")
ONTOLOGY: dict[str, Any] = {
    "task_type": "choice",
    "question": {"en": "What does the customer want?", "sw": "Mteja anataka nini?", "ar": "ماذا يريد العميل؟"},
    "classes": [
        {"id": "refund", "names": {"en": "Refund", "sw": "Kurudishiwa pesa", "ar": "استرداد المال"}},
        {"id": "network", "names": {"en": "Network", "sw": "Mtandao", "ar": "الشبكة"}},
        {"id": "other", "names": {"en": "Something else", "sw": "Jambo lingine", "ar": "شيء آخر"}},
    ],
    "options": {},
}
GUIDELINE = {"en": "Choose what the customer wants first.", "sw": "Chagua kile mteja anachotaka kwanza."}
SAYINGS = {
    "refund": "Nirudishieni pesa zangu za muamala", "network": "Mtandao haupatikani kijijini kwetu",
    "other": "Asante kwa huduma yenu",
}  # fmt: skip


def truth_of(content: dict[str, Any]) -> str:
    """The class whose saying the text is made of."""
    return class_said(content["text"])


def class_said(text: str) -> str:
    """The class whose saying stands in the text."""
    return next(name for name, words in SAYINGS.items() if words in text)


def saying(number: int, mark: str) -> tuple[str, str]:
    """A class and a text of it that nothing else repeats."""
    name = CLASSES[number % len(CLASSES)]
    return name, f"{SAYINGS[name]}, {mark} {number}."


def units_csv(count: int, start: int = 0) -> str:
    rows = [f'u{number},"{saying(number, "ujumbe")[1]}"' for number in range(start, start + count)]
    return "\n".join(["id,text", *rows]) + "\n"


def gold_rows(exam: int, live: int, training: int) -> list[dict[str, str]]:
    """Texts with their right answers, for each pool so many."""
    pools = ["exam"] * exam + ["live"] * live + ["training"] * training
    told = [(pool, *saying(number, pool)) for number, pool in enumerate(pools)]
    return [
        {"text": text, "label": name, "pool": pool, "explanation": f"The customer names it: {name}."}
        for pool, name, text in told
    ]


def gold_jsonl(exam: int, live: int, training: int) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in gold_rows(exam, live, training))


def gold_csv(exam: int, live: int, training: int) -> str:
    rows = [",".join(f'"{cell}"' for cell in row.values()) for row in gold_rows(exam, live, training)]
    return "\n".join(["text,label,pool,explanation", *rows]) + "\n"


def send_request(
    cast: Cast, pm: Person, vendor: str, *, units: int, overlap: int = 3, task_type: str = "choice"
) -> Any:
    deadline = (cast.now + timedelta(days=30)).isoformat()
    return pm.post(
        "/requests",
        {
            "name": "Support intents", "vendor_org_id": vendor, "task_type": task_type, "classification": "internal",
            "lines": [{"locale": LOCALE, "units": units}], "overlap": overlap, "quality_target": 0.85,
            "deadline_at": deadline, "currency": "EUR", "about": "Messages to a telephone company.",
        },
    )  # fmt: skip


def upload(cast: Cast, person: Person, project: str, kind: str, name: str, content: str) -> Any:
    """Upload, let it be checked, look at what was found, say yes, let it be written."""
    sent = person.post(f"/projects/{project}/batches", {"kind": kind, "name": name, "content": content})
    cast.work()
    checked = person.get(f"/batches/{sent['id']}")
    assert (checked["state"], checked["bad"], checked["findings"]) == ("checked", 0, [])
    person.post(f"/batches/{sent['id']}/confirm", {})
    cast.work()
    done = person.get(f"/batches/{sent['id']}")
    assert done["state"] == "imported"
    return done
