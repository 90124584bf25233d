"""Requirements in the spelling of other tools."""

import pytest

from layer_action.build.asking.spelling import distribution_of, meant


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("six=1.16.0", "A single `=` is conda's; write `six==1.16.0`."),
        ("numpy=1.26.4=py312h8753938_0", "A single `=` is conda's; write `numpy==1.26.4`."),
        ("_libgcc_mutex=0.1=main", "Remove it: it is a part of conda."),
        ("python=3.12", "Remove it: the Python of a layer is that of its `runtimes`."),
        ("requests^2.31", "`^` is Poetry's; write `requests>=2.31,<3`."),
        ("requests ^ 0.3.1", "`^` is Poetry's; write `requests>=0.3.1,<0.4`."),
        ("requests[socks]~2.31", "Write `requests[socks]~=2.31`."),
        ("requests=>2.31", "Write `requests>=2.31`."),
        ("requests=!2.31", "Write `requests!=2.31`."),
        ("requests@2.31.0", "Write `requests==2.31.0`."),
        ("requests:latest", "Write `requests` alone: the newest version that fits is taken."),
        ("requests==latest", "Write `requests` alone: the newest version that fits is taken."),
        ('"requests==2"', "Remove the quotes."),
        (
            "requests==${VERSION}",
            "Write it out: variables are filled in only in URLs, since a layer follows from what is committed.",
        ),
        ("requests, idna", "Write one requirement a line."),
        ("requests==2 idna>=3", "Write one requirement a line."),
        ("what is this", ""),
        ("<<<<<<< HEAD", ""),
    ],
)
def test_what_was_meant_is_offered(text: str, hint: str) -> None:
    assert meant(text) == hint


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("pil", "Ask for `pillow` instead."),
        ("psycopg2", "Ask for `psycopg2-binary` instead."),
        ("asyncio", "`asyncio` is part of Python itself: remove it."),
        ("pkg-resources", "Remove it: `pip freeze` of Debian's Python names it, and it is part of setuptools."),
        ("requests", ""),
    ],
)
def test_the_distribution_of_a_module_is_offered(name: str, hint: str) -> None:
    assert distribution_of(name) == hint
