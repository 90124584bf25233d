"""Lines beside a lock: what they ask for must be what it holds."""

from collections.abc import Sequence

import pytest
from packaging.requirements import Requirement

from layer_action.build.asking.asked import Asked, Asking
from layer_action.build.resolving.beside import unlike_their_lock
from layer_action.errors import LayerActionError, Location
from layer_action.model.lock import LockedDistribution, Source, SourceKind
from tests.build.locks import PYLOCK, locked_by_uv, stocked
from tests.build.workshop import ARM_312, Site

BOTH = (*PYLOCK, "asked.txt")


@pytest.fixture
def shop(site: Site) -> Site:
    locked_by_uv(stocked(site), "shop\nsix\n")
    site.write("older.txt", "cart<2\n")
    return site


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["six==1.16"], "six==1.16 is asked for, but the lock holds six 1.17."),
        (["six", "-c older.txt"], "cart<2 is asked for, but the lock holds cart 2.1."),
        (
            ["six @ https://me:pw@example.com/six-1.16-py3-none-any.whl"],
            "six @ https://example.com/six-1.16-py3-none-any",
        ),
        ([f"six==1.17 --hash=sha256:{'0' * 64}"], "six-1.17-py3-none-any.whl has another hash than the requirement"),
    ],
)
def test_a_line_that_asks_for_something_else_is_told(shop: Site, lines: Sequence[str], told: str) -> None:
    shop.write("asked.txt", "\n".join(lines))
    with pytest.raises(LayerActionError) as caught:
        shop.resolve(requirements=BOTH)
    assert caught.value.message.startswith(told)
    assert caught.value.location == Location("older.txt" if "cart" in told else "asked.txt", 1)


def test_lines_that_the_lock_agrees_with_are_none_of_a_problem(shop: Site) -> None:
    file = shop.index.wheel("six", "1.17")
    shop.write("asked.txt", f"shop\ncart>=2\nsix==1.17 --hash=sha256:{file.sha256}\ntomli<1 ; python_version < '3.9'\n")
    assert shop.versions(requirements=BOTH) == {"cart": "2.1", "shop": "1.0", "six": "1.17"}
    shop.write("asked.txt", f"shop\nsix @ http://127.0.0.1:{shop.index.port}/files/{file.filename}\n")
    assert shop.versions(requirements=BOTH) == {"cart": "2.1", "shop": "1.0", "six": "1.17"}


@pytest.mark.parametrize(("place", "suits"), [("shop@v1", True), ("shop", True), ("shop2@v1", False)])
def test_a_line_that_names_a_repository_must_name_the_one_of_the_lock(place: str, *, suits: bool) -> None:
    asked = Asked(requirement=Requirement(f"shop @ git+https://example.com/{place}"), location=Location("a.txt", 1))
    origin = Source(kind=SourceKind.VCS, location="git+https://example.com/shop", identity=f"commit:{'0' * 40}")
    locked = {"shop": LockedDistribution(name="shop", version="1.0", origin=origin)}
    problems = list(unlike_their_lock(Asking(requirements=[asked]), ARM_312, locked, ()))
    assert (problems == []) is suits
