"""Nothing with words in it is kept for ever unnoticed."""

from admin.rules.kept import BY_ERASURE, BY_RULE, REASONS
from admin.rules.retention import RULES
from tests.web.canaries import SHAPES


def test_every_table_with_words_has_a_rule_an_erasure_or_a_reason() -> None:
    with_words = {column.partition(".")[0] for column in SHAPES}
    told = [*BY_RULE, *BY_ERASURE, *REASONS]
    assert sorted(told) == sorted(with_words), "each such table once, and no other"
    assert set(BY_RULE.values()) <= {rule.code for rule in RULES}
    assert all(reason.strip() for reason in REASONS.values())
