import re
from dataclasses import replace

from hypothesis import HealthCheck, given, settings

from layer_action.model.function import Unknown
from layer_action.model.layer import LayerSize
from layer_action.model.plan import Outcome
from layer_action.report import treemap
from layer_action.report.reporter import MarkdownReporter
from tests.factories import make_plan
from tests.report import plans
from tests.report.plans import sized
from tests.report.rendering import parsed
from tests.report.strategies import outcomes

PAGE = MarkdownReporter().html
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "script", "section", "h1", "h2", "h3", "p", "b", "br"),
    *("ul", "li", "pre", "code", "span", "a", "div", "details", "summary", "figure", "figcaption"),
    *("table", "thead", "tbody", "tr", "th", "td", "svg", "g", "rect", "text"),
}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(outcomes())
def test_a_page_is_harmless_and_whole(outcome: Outcome) -> None:
    for page in (parsed(PAGE(outcome.plan, outcome)), parsed(PAGE(outcome.plan, None))):
        assert page.tags <= TAGS
        assert not {name for name in page.attributes if name.startswith("on")}
        assert all(link.startswith(("http://", "https://")) for link in page.links)


def test_a_page_asks_for_nothing() -> None:
    text = PAGE(plans.two_layers(), None)
    assert not re.search(r"\ssrc=|srcset|@import|url\(", text)
    assert "default-src 'none'" in text
    assert "<link" not in text


def test_a_page_tells_of_layers_packages_functions_and_problems() -> None:
    text = parsed(PAGE(plans.two_layers(), None)).text
    for word in ("2 of 12 change", "pandas", "241.3 MB (+38.7)", "report-builder", "ledger", "shop-prod"):
        assert word in text


def test_a_page_after_an_apply_tells_what_was_done() -> None:
    outcome = plans.broken_apply()
    text = parsed(PAGE(outcome.plan, outcome)).text
    for word in ("layer:http:15", "checkout-02 was not moved.", "Put back: checkout-01", "Not moved: checkout-03"):
        assert word in text


def test_every_tile_is_told_by_keyboard_too() -> None:
    text = PAGE(plans.two_layers(), None)
    assert text.count('<g class="tile') == text.count('tabindex="0"') == 4 + 4 + 5 + 5
    assert 'aria-label="pandas 3.0.1: 118.5 MB, 49.1 % of the layer, changed"' in text


def test_areas_are_sizes_on_one_scale() -> None:
    sizes = [sized("a", "1", 6_000_000), sized("b", "1", 2_000_000)]
    large = treemap.tiles(sizes, {}, of_largest=8_000_000)
    small = treemap.tiles(sizes[1:], {}, of_largest=8_000_000)
    area = {tile.name: tile.width * tile.height for tile in large}
    assert round(area["a"] / area["b"], 6) == 3
    assert round(small[0].width * small[0].height, 3) == round(area["b"], 3)


def test_very_many_packages_are_one_tile_more() -> None:
    found = treemap.tiles([sized(f"p{n}", "1", 1_000 + n) for n in range(3_000)], {}, of_largest=0)
    assert len(found) == 121
    assert {tile.kind for tile in found if "smaller" in tile.name} == {"rest"}


def test_tiles_do_not_overlap_and_stay_on_the_canvas() -> None:
    found = treemap.tiles([sized(f"p{n}", "1", n * n * 1_000) for n in range(1, 60)], {}, of_largest=0)
    assert round(sum(tile.width * tile.height for tile in found)) == round(treemap.WIDTH * treemap.HEIGHT)
    assert all(tile.x + tile.width <= treemap.WIDTH + 1e-6 for tile in found)
    assert all(tile.y + tile.height <= treemap.HEIGHT + 1e-6 for tile in found)


def test_a_layer_of_unknown_sizes_has_no_map() -> None:
    unread = Unknown(reason="the index does not answer Range")
    text = PAGE(make_plan([plans.data_publication(size=unread, before=unread)]), None)
    assert "<figure>" not in text
    assert "the index does not answer Range" in text


def test_a_layer_without_a_byte_has_no_map() -> None:
    nothing = LayerSize(zipped=0, unzipped=0)
    operation = replace(plans.http_publication(), size=nothing, before=nothing)
    assert "<figure>" not in PAGE(make_plan([operation]), None)
