"""Names in a sentence."""

import pytest

from layer_action.model.listing import listed


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 more"),
    ],
)
def test_a_list_reads_as_a_sentence_would_have_it(names: list[str], text: str) -> None:
    assert listed(names) == text
