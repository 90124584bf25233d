"""What wheels say of their needs, read by the headers alone."""

import pytest

from layer_action.build.about import about
from layer_action.build.metadata import parse_metadata

LINES = ["Metadata-Version: 2.1", "Name: Shop.Cart", "Version: 1.0", "License: MIT", "Requires-Dist: till", ""]
README = ["Requires-Dist: nothing", "Name: a readme", "License: none", ""]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_readme_behind_the_headers_states_nothing(end: str) -> None:
    metadata = end.join([*LINES, *README]).encode()
    assert about(metadata).license == "MIT"
    found = parse_metadata(metadata)
    assert (found.name, found.requires) == ("shop-cart", ("till",))


def test_a_summary_with_a_strange_line_end_hides_no_requirement() -> None:
    summary = "Summary: one\u2028two\x0cRequires-Dist: nothing"
    assert parse_metadata("\n".join([summary, *LINES]).encode()).requires == ("till",)


def test_a_name_that_is_stated_twice_is_none() -> None:
    with pytest.raises(Exception, match="no name or version"):
        parse_metadata("\n".join(["Name: other", *LINES]).encode())
