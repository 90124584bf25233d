"""A distribution, and the line of the user's that brings it into a layer."""

from layer_action.decide.way_in import point
from layer_action.errors import BuildError, Location, Problems, concerning
from layer_action.model.lock import Lock, LockedDistribution, Wheel, way_to
from tests.factories import ARM_312

SHOP = Location("requirements.txt", 4)


def lock(**required_by: tuple[str, ...]) -> Lock:
    found = (
        LockedDistribution(
            name=name,
            version="1.0",
            origin=Wheel(filename=f"{name}-1.0-py3-none-any.whl", sha256="0" * 64),
            direct=not by,
            required_by=by,
        )
        for name, by in required_by.items()
    )
    return Lock(target=ARM_312, distributions=tuple(found))


def test_the_shortest_way_begins_at_a_line() -> None:
    whole = lock(shop=(), cart=("shop",), till=("cart", "shop"), driver=("cart", "till"))
    assert way_to("shop", whole.required_by, {"shop": SHOP}) == ("shop",)
    assert way_to("driver", whole.required_by, {"shop": SHOP}) == ("shop", "cart", "driver")
    assert way_to("driver", whole.required_by, {}) == ()


def test_names_that_need_one_another_end() -> None:
    assert way_to("cart", {"cart": ["till"], "till": ["cart"]}, {"shop": SHOP}) == ()


def test_an_error_gets_the_line_and_says_who_needs_what_it_is_about() -> None:
    near = concerning(BuildError("shop is broken."), "shop")
    far = concerning(BuildError("cart is broken."), "cart")
    other = BuildError("Nothing fits.")
    point(Problems([near, far, other]), lock(shop=(), cart=("shop",)), {"shop": SHOP})
    assert [(each.message, each.location) for each in (near, far, other)] == [
        ("shop is broken.", SHOP),
        ("cart is broken. It is in the layer because of shop → cart.", SHOP),
        ("Nothing fits.", None),
    ]
