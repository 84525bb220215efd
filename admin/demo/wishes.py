"""Wishes: the six requests of the demonstration's clients, and the texts of those that become projects."""

from dataclasses import dataclass

from admin.demo import material
from admin.demo.content import guidelines, schemas
from admin.demo.orders import Set, Wish


@dataclass(frozen=True)
class Size:
    """How big a world is built: units a lane, and how many annotators each language has at most."""

    intents: int = 100
    answers: int = 50
    reviews: int = 50
    people: int = 8
    overlap: int = 3
    a_day: int = 4  # units of one person on a day on which they work
    sessions: int = 2  # a day
    works: int = 1  # people work each so many days
    checks: float = 0.4  # of the work in the language that is checked often
    nights: int = 1  # the jobs of the night run each so many days


FULL = Size()
SMALL = Size(intents=90, answers=8, reviews=10, people=4, overlap=2, a_day=2, sessions=1, works=2, checks=0.9, nights=3)

_NORDLICHT, _HELIO = "client", "client2"


def intents(size: Size) -> Wish:
    """Messages in five languages: live, about half done."""
    locales = ("sw-KE", "es-MX", "ar-EG", "hi-IN", "pt-BR")
    return Wish(
        _NORDLICHT, "Support intents, round 3",
        "Messages of telephone customers, for an assistant that answers in their language. One of seven wishes each.",
        "choice", size.overlap, 0.85, 30, dict.fromkeys(locales, size.intents), dict.fromkeys(locales, 190_000),
        {"sw-KE": 50_000, "es-MX": 60_000, "ar-EG": 52_000, "hi-IN": 48_000, "pt-BR": 58_000},
    )  # fmt: skip


def answers(size: Size) -> Wish:
    """Comparisons in two languages: finished, released and accepted."""
    locales = ("sw-KE", "es-MX")
    return Wish(
        _NORDLICHT, "Assistant answers, preference",
        "Two answers of an assistant to everyday questions. Which one helps more, and by how much?",
        "pairwise", size.overlap, 0.8, 12, dict.fromkeys(locales, size.answers), dict.fromkeys(locales, 420_000),
        {"sw-KE": 110_000, "es-MX": 130_000},
    )  # fmt: skip


def reviews(size: Size) -> Wish:
    """Reviews of products in two languages: of another client, just begun."""
    locales = ("ar-EG", "pt-BR")
    return Wish(
        _HELIO, "Product reviews, sentiment",
        "Short reviews of household goods. What does the writer feel about the product?",
        "choice", size.overlap, 0.8, 21, dict.fromkeys(locales, size.reviews), dict.fromkeys(locales, 160_000),
        {"ar-EG": 45_000, "pt-BR": 50_000},
    )  # fmt: skip


BEGUN = Wish(
    _NORDLICHT, "Survey comments, sentiment",
    "Comments from our yearly survey of customers. What does the writer feel about our service?",
    "choice", 3, 0.85, 35, {"hi-IN": 2_000, "es-MX": 3_000}, {"hi-IN": 160_000, "es-MX": 180_000}, {},
)  # fmt: skip
QUOTED = Wish(
    _NORDLICHT, "Support intents, Angola and Peru",
    "The same seven wishes for two new markets.",
    "choice", 3, 0.85, 45, {"pt-AO": 6_000, "es-PE": 4_000}, {"pt-AO": 230_000, "es-PE": 200_000}, {},
)  # fmt: skip
ASKED = Wish(
    _HELIO, "Assistant answers, Kiswahili and Hindi",
    "Comparisons of two answers to questions about farming and health. We bring 300 gold units for each language.",
    "pairwise", 5, 0.85, 40, {"sw-KE": 5_000, "hi-IN": 5_000}, {}, {},
)  # fmt: skip

INTENT_SET = Set("intents", material.intents, schemas.INTENTS, guidelines.INTENTS_FIRST, exam=126, training=10, live=64)
ANSWER_SET = Set("answers", material.answers, schemas.PREFERENCE, guidelines.PREFERENCE, exam=120, training=8, live=30)
REVIEW_SET = Set("reviews", material.reviews, schemas.SENTIMENT, guidelines.SENTIMENT, exam=110, training=8, live=24)
