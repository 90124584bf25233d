import random
import re

from hypothesis import HealthCheck, given, settings

from layer_action.model.function import Unknown
from layer_action.model.layer import DistributionSize, LayerSize
from layer_action.model.plan import Outcome
from layer_action.record import replace
from layer_action.report import treemap
from layer_action.report.reporter import MarkdownReporter
from tests.factories import make_content, make_plan, make_spec
from tests.report import parts, plans
from tests.report.parts import sized
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


def test_a_label_ends_where_its_tile_ends_however_wide_its_letters_are() -> None:
    size = LayerSize(zipped=1, unzipped=900_000, distributions=(with_files("W" * 40, 500_000, 400_000),))
    text = PAGE(make_plan([replace(parts.http_publication(), size=size)]), None)
    tiles = re.findall(r'<rect x="(\S+)" y="\S+" width="(\S+)" height="\S+"(?: rx="2")?/>(<svg\b[^>]*>)?<text', text)
    assert len(tiles) > 2
    assert [box for x, width, box in tiles if box != f'<svg x="{x}" width="{width}">'] == []
    assert text.count("<text") == text.count("</text></svg>") + text.count("</text><text")


def test_areas_are_sizes_on_one_scale() -> None:
    sizes = [sized("a", "1", 6_000_000), sized("b", "1", 2_000_000)]
    large = treemap.tiles(sizes, {}, of_largest=8_000_000)
    small = treemap.tiles(sizes[1:], {}, of_largest=8_000_000)
    area = {tile.name: tile.box.width * tile.box.height for tile in large}
    assert round(area["a"] / area["b"], 6) == 3
    assert round(small[0].box.width * small[0].box.height, 3) == round(area["b"], 3)


def test_very_many_packages_are_one_tile_more() -> None:
    found = treemap.tiles([sized(f"p{n}", "1", 1_000 + n) for n in range(3_000)], {}, of_largest=0)
    assert len(found) == 121
    assert {tile.kind for tile in found if "smaller" in tile.name} == {"rest"}


def test_tiles_do_not_overlap_and_stay_on_the_canvas() -> None:
    found = treemap.tiles([sized(f"p{n}", "1", n * n * 1_000) for n in range(1, 60)], {}, of_largest=0)
    assert round(sum(tile.box.width * tile.box.height for tile in found)) == round(treemap.WIDTH * treemap.HEIGHT)
    assert all(tile.box.x + tile.box.width <= treemap.WIDTH + 1e-6 for tile in found)
    assert all(tile.box.y + tile.box.height <= treemap.HEIGHT + 1e-6 for tile in found)


def test_a_layer_of_unknown_sizes_has_no_map() -> None:
    unread = Unknown(reason="the index does not answer Range")
    text = PAGE(make_plan([parts.data_publication(size=unread, before=unread)]), None)
    assert "<figure>" not in text
    assert "The sizes are not known." in text


def test_a_layer_without_a_byte_has_no_map() -> None:
    nothing = LayerSize(zipped=0, unzipped=0)
    operation = replace(parts.http_publication(), size=nothing, before=nothing)
    assert "<figure>" not in PAGE(make_plan([operation]), None)


def with_files(name: str, *files: int, version: str = "1") -> DistributionSize:
    return DistributionSize.of(name, version, files, lambda at: f"{name}/{at}.py")


def test_a_distribution_is_divided_among_its_files() -> None:
    [tile] = treemap.tiles([with_files("a", 500_000, 300_000, *[100] * 900)], {}, of_largest=0)
    assert [(file.name, file.unzipped, file.is_rest) for file in tile.files] == [
        ("a/0.py", 500_000, False),
        ("a/1.py", 300_000, False),
        ("900 smaller files", 90_000, True),
    ]
    room = treemap.inner(tile.box)
    assert room is not None
    areas = [file.box.width * file.box.height for file in tile.files]
    assert round(sum(areas)) == round(room.width * room.height)
    assert round(areas[0] / areas[1], 6) == round(5 / 3, 6)
    assert all(file.box.x >= room.x and file.box.y >= room.y for file in tile.files)
    assert all(file.box.x + file.box.width <= room.x + room.width + 1e-6 for file in tile.files)


def test_files_too_small_to_be_seen_are_told_as_a_count() -> None:
    sizes = [with_files("a", *[1_000] * 900), with_files("b", 400, 300), with_files("one", 90_000)]
    found = {tile.name: tile for tile in treemap.tiles(sizes, {}, of_largest=0)}
    assert found["b"].files == ()
    assert found["one"].files == (), "it is its distribution"
    assert all(file.box.width * file.box.height > 80 for file in found["a"].files)
    assert [file.name for file in found["a"].files if file.is_rest] in ([], ["900 smaller files"])


def test_only_the_largest_files_of_a_layer_are_told_by_themselves() -> None:
    sizes = [with_files(f"p{n}", *range(10_000 * (n + 1), 10_000 * (n + 1) + 30)) for n in range(10)]
    found = treemap.tiles(sizes, {}, of_largest=0, most_files=40)
    files = [file for tile in found for file in tile.files if not file.is_rest]
    assert 0 < len(files) <= 40
    assert min(file.unzipped for file in files) >= 90_000


def test_a_file_tells_its_place_size_and_distribution_and_the_largest_are_read_out() -> None:
    size = LayerSize(zipped=1, unzipped=1_000_000, distributions=(with_files("a", 700_000, 200_000, 100_000),))
    operation = replace(parts.http_publication(), size=size)
    text = PAGE(make_plan([operation]), None)
    assert "<title>a/0.py: 0.7 MB, 70.0 % of the layer; a 1</title>" in text
    assert "largest: a/0.py 0.7 MB, a/1.py 0.2 MB, a/2.py 0.1 MB" in text


def test_what_belongs_to_no_distribution_has_its_tile() -> None:
    size = LayerSize(zipped=1, unzipped=1_000_000, distributions=(with_files("a", 700_000),))
    text = PAGE(make_plan([replace(parts.http_publication(), size=size)]), None)
    assert "other files: 0.3 MB, 30.0 % of the layer, rest" in text


def test_a_size_that_is_not_exact_is_told_as_the_least() -> None:
    size = LayerSize(zipped=1, unzipped=700_000, distributions=(with_files("a", 700_000),), exact=False)
    text = PAGE(make_plan([replace(parts.http_publication(), size=size)]), None)
    assert "after: at least 0.7 MB unzipped" in text


def test_a_page_of_many_large_layers_stays_below_a_megabyte() -> None:
    rng = random.Random(1)
    sizes = [int(1_000 * rng.paretovariate(0.7)) for _ in range(900)]
    distributions = tuple(with_files(f"package-{n}", *sizes) for n in range(60))
    size = LayerSize(zipped=1, unzipped=sum(part.unzipped for part in distributions), distributions=distributions)
    operation = replace(parts.http_publication(), size=size, before=size)
    contents = [make_content(make_spec(f"layer-{n}"), seed=str(n)) for n in range(12)]
    text = PAGE(make_plan([replace(operation, content=content) for content in contents]), None)
    assert text.count('<g class="file') > 1_000
    assert len(text.encode()) < 1_000_000


def test_a_page_of_what_was_done_calls_moves_planned_that_may_not_have_been_made() -> None:
    outcome = plans.broken_apply()
    assert "<h2>Planned: 3 functions move</h2>" in PAGE(outcome.plan, outcome)
    assert "<h2>3 functions move</h2>" in PAGE(outcome.plan, None)
