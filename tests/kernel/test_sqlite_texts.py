"""What SQLite keeps as text is read back, also where somebody else wrote it."""

import pytest

from kernel.sqlite_texts import json_of_sqlite


@pytest.mark.parametrize("kept", ['{"a": 1}', ' {"a": 1}', '{"a": 1} ', '\n{"a":1}\n'])
def test_json_is_read_with_blanks_around_it_too(kept: str) -> None:
    assert json_of_sqlite(kept) == {"a": 1}


@pytest.mark.parametrize("kept", ["", " ", "{", '{"a": 1} x'])
def test_what_is_no_json_is_refused(kept: str) -> None:
    with pytest.raises(ValueError, match=r"Expecting value|Expecting property|Extra data"):
        json_of_sqlite(kept)
