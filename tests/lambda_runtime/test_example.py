"""Lambda's own Python loads what the example's layers hold."""

import zipfile
from pathlib import Path

import pytest

from examples.demo.shop import Shop
from tests.end_to_end.checkout import Checkout
from tests.lambda_runtime.conftest import LambdaPython

pytestmark = pytest.mark.index

# imports what it is told, and says where each module came from
IMPORTS = """
import importlib

def handler(event, context):
    return {name: importlib.import_module(name).__file__ for name in event["modules"]}
"""
# a layer, what a function does with it, and what must come out
USES = [
    (
        "shop-http-x86_64",
        "import requests",
        "requests.Request('GET', 'https://x.example').prepare().url",
        "https://x.example/",
    ),
    ("shop-data", "import pandas", "int(pandas.DataFrame({'cents': [1, 2]})['cents'].sum())", 3),
    ("shop-common", "import shop_common as shop", "shop.OrderPlaced(order='7', total_cents='250').total_cents", 250),
]
LAYERS = [layer for layer, *_ in USES]


@pytest.fixture(scope="module")
def layers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's layers, built by the command line; the folder that holds them."""
    folder = tmp_path_factory.mktemp("example")
    shop = Shop.open(folder)
    Checkout(root=shop.root).run("build", "--all", "--dir", str(folder / "zips"), "--cache-dir", str(folder / "cache"))
    return folder / "zips"


@pytest.mark.parametrize("layer", LAYERS)
def test_a_handler_imports_all_that_a_layer_holds(lambda_python: LambdaPython, layers: Path, layer: str) -> None:
    zipped = layers / f"{layer}.zip"
    modules = importable(zipped)
    assert modules
    api = lambda_python.invoke([zipped], IMPORTS, {"modules": modules})
    assert api.errors == []
    assert set(api.answers[0]) == set(modules)
    assert all(place.startswith("/opt/python/") for place in api.answers[0].values()), api.answers


@pytest.mark.parametrize(("layer", "imports", "expression", "answer"), USES)
def test_what_a_layer_holds_works(
    lambda_python: LambdaPython, layers: Path, layer: str, imports: str, expression: str, answer: object
) -> None:
    code = f"{imports}\n\ndef handler(event, context):\n    return {expression}\n"
    api = lambda_python.invoke([layers / f"{layer}.zip"], code, {}, {})
    assert (api.errors, api.answers) == ([], [answer] * 2)


def test_a_function_may_use_all_three_layers_at_once(lambda_python: LambdaPython, layers: Path) -> None:
    zips = [layers / f"{layer}.zip" for layer in LAYERS]
    api = lambda_python.invoke(zips, IMPORTS, {"modules": ["requests", "pandas", "shop_common", "pydantic"]})
    assert api.errors == []


def test_without_the_layer_the_runtime_says_what_users_see(lambda_python: LambdaPython, layers: Path) -> None:
    code = "import pandas\n\ndef handler(event, context):\n    return 0\n"
    api = lambda_python.invoke([layers / "shop-http-x86_64.zip"], code, {})
    assert api.answers == []
    assert api.errors[0]["errorType"] == "Runtime.ImportModuleError"


def importable(zipped: Path) -> list[str]:
    """Return the top-level modules of a layer: packages and single files, compiled ones as well."""
    with zipfile.ZipFile(zipped) as archive:
        names = [name.removeprefix("python/") for name in archive.namelist() if name.startswith("python/")]
    packages = {name.partition("/")[0] for name in names if name.endswith("/__init__.py") and name.count("/") == 1}
    single = {name.partition(".")[0] for name in names if "/" not in name and name.endswith((".py", ".so"))}
    return sorted(packages | single)
