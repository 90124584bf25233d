"""What is wrong beside the first problem is looked for, but not at any length."""

import time

import pytest

from layer_action.build.resolving.patience import Patience
from layer_action.errors import LayerActionError, Location, each_of
from tests.build.workshop import ARM_312, NOTHING, Site, spec_of
from tests.fakes import RecordingConsole

PATIENCE = "layer_action.build.resolving.patience"


def told(site: Site, console: RecordingConsole) -> list[Location | None]:
    site.write("requirements.txt", "cart==2\nshop==2\n")
    for name in ("cart", "shop"):
        site.index.wheel(name, "1")
    resolver = site.resolver(console)
    with pytest.raises(LayerActionError) as caught:
        resolver.resolve(spec_of(ARM_312), ARM_312, site.root, NOTHING)
    return [each.location for each in each_of(caught.value)]


def test_all_that_is_wrong_is_told_where_it_is_found_soon(site: Site) -> None:
    assert len(told(site, RecordingConsole())) == 2


def test_what_takes_long_to_find_beside_the_first_is_left(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{PATIENCE}._LONGEST", 0.0)
    console = RecordingConsole()
    assert len(told(site, console)) == 1
    assert console.texts("info") == ["What else may be wrong with http for 3.12 arm64 would take longer to find."]


def wait_until(latest: float, console: RecordingConsole) -> None:
    while not console.texts("info") and time.monotonic() < latest:
        time.sleep(0.001)


def test_a_long_search_says_what_it_is_about(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{PATIENCE}._UNTOLD", 0.0)
    console = RecordingConsole()
    with Patience(spec_of(ARM_312), ARM_312, console) as patience:
        assert patience.until(is_wrong=False) == 0
        assert console.texts("info") == []
        assert patience.until(is_wrong=True) > 0
        wait_until(time.monotonic() + 10, console)
    assert console.texts("info") == ["Looking for what else is wrong with http for 3.12 arm64 …"]
