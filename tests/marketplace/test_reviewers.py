"""Reviewers are measured: what fell on appeal, and whether the next reviewer of the unit says the same."""

from marketplace.rules.reviewers import Verdict, figures


def test_a_reviewer_is_compared_with_the_next_one_of_the_same_unit_and_never_with_themselves() -> None:
    verdicts = [
        Verdict("u1", 1, "ann", "accept", None), Verdict("u1", 2, "ben", "accept", None),
        Verdict("u2", 1, "ann", "fix", "a"), Verdict("u2", 2, "ben", "fix", "b"),
        Verdict("u3", 2, "ben", "return", None), Verdict("u3", 1, "ben", "accept", None),
        Verdict("u4", 1, "cyd", "accept", None),
    ]  # fmt: skip
    rows = figures({"ann": 2, "ben": 4, "cyd": 1}, {"ann": 4, "ben": 1}, {"ann": 1}, verdicts)
    assert [row.reviewer_id for row in rows] == ["ben", "ann", "cyd"]
    agreed = {row.reviewer_id: (row.agreed.hits, row.agreed.n) for row in rows}
    assert agreed == {"ann": (1, 2), "ben": (1, 2), "cyd": (0, 0)}
    overturned = {row.reviewer_id: row.overturned.share for row in rows}
    assert overturned == {"ann": 0.25, "ben": 0.0, "cyd": None}
    assert rows[1].overturned.interval.lower < 0.25 < rows[1].overturned.interval.upper
