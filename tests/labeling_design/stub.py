"""Pages of every task type with made-up content, in the reader's language and in others."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader

from i18n import use_locale
from labeling import rendering
from labeling.tasktypes import registry
from labeling.values import Ontology
from tests.web_design import stub

HERE = Path(__file__).parent
TEMPLATES = HERE.parents[1] / "labeling" / "templates"
GUIDELINE = ("ar", "اختر ما يريده العميل **أولًا**.\n\n- ليس المشكلة\n- بل الطلب")


@dataclass(frozen=True)
class Case:
    """A task type with a schema, a content and an answer to it."""

    task_type: str
    ontology: Ontology
    content: dict[str, Any]
    locale: str
    answer: dict[str, Any]


def schema(task_type: str, classes: list[dict[str, Any]], question: dict[str, str], **options: bool | int) -> Ontology:
    return registry.read_ontology(
        {"task_type": task_type, "question": question, "classes": classes, "options": options}
    )


def label(class_id: str, en: str, ar: str = "", definition: str = "") -> dict[str, Any]:
    names = {"en": en, "ar": ar} if ar else {"en": en}
    return {"id": class_id, "names": names, "definitions": {"en": definition} if definition else {}}


INTENTS = schema(
    "choice",
    [
        label("refund", "Refund", "استرداد المبلغ", "Asks for money back"),
        label("network", "Network <problem>", definition="Internet or phone does not work"),
        label("bundle", "Verbindungsunterbrechungsentschädigungszahlung", "شراء باقة"),
    ],
    {"en": "What does the customer want?", "ar": "ماذا يريد العميل؟"},
)
MANY = schema(
    "choice", [label(f"c{number}", f"Class {number}", definition="Something") for number in range(41)], {"en": "Which?"}
)
BETTER = {
    steps: schema("pairwise", [], {"en": "Which answer helps more?"}, strength_steps=steps) for steps in (0, 2, 5)
}
NAMES = schema(
    "spans", [label("PER", "Person", "شخص", "A human being"), label("LOC", "Place")], {"en": "Mark the names."},
    overlapping=True,
)  # fmt: skip

SWAHILI = {
    "text": "Habari, jana nilinunua bando <b>la wiki</b>.\nIntaneti haifanyi kazi.\n\nNaomba mnirudishie pesa.",
    "context": "Karibu, nikusaidie vipi?",
}
PAIR = {
    "prompt": "هل يجب أن أقدّم تأكيد الورشة أولًا؟",
    "a": "لا، لا يلزم تقديم التأكيد مسبقًا.\n\niPhone يعمل أيضًا.",
    "b": "هذا يعتمد على عقدك.",
}
WALK = {"text": "Amina Wekesa\nna Wanjiru <i> Nairobi walikwenda pamoja"}
SPANS = {
    "spans": [
        {"start": 0, "end": 5, "label": "LOC"},
        {"start": 0, "end": 12, "label": "PER"},
        {"start": 16, "end": 35, "label": "PER"},
        {"start": 28, "end": 45, "label": "GONE"},
    ]
}

CASES = {
    "choice": Case("choice", INTENTS, SWAHILI, "sw-KE", {"choice": "network"}),
    "choice-many": Case("choice", MANY, SWAHILI, "sw-KE", {"choice": "c40"}),
    "pairwise": Case("pairwise", BETTER[2], PAIR, "ar-EG", {"preference": "b", "strength": 1}),
    "pairwise-plain": Case("pairwise", BETTER[0], PAIR, "ar-EG", {"preference": "tie"}),
    "pairwise-strength": Case("pairwise", BETTER[5], PAIR, "ar-EG", {"preference": "a", "strength": 4}),
    "spans": Case("spans", NAMES, WALK, "sw-KE", SPANS),
}


def environment(locale: str) -> Environment:
    env = stub.environment(locale)
    assert env.loader is not None
    env.loader = ChoiceLoader([env.loader, FileSystemLoader(TEMPLATES), FileSystemLoader(HERE / "pages")])
    rendering.install(env)
    return env


def page(name: str, case: Case, locale: str, **extra: Any) -> str:
    told = {
        "task_type": case.task_type, "ontology": case.ontology, "content": case.content, "item_locale": case.locale,
        "answer": case.answer, "errors": {}, "values": {}, "guideline": GUIDELINE,
    }  # fmt: skip
    with use_locale(locale):
        return environment(locale).get_template(name).render(stub.context(locale, annotator=True) | told | extra)
