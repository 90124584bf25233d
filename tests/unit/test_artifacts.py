"""Which targets share a zip, and what it is called."""

from itertools import product

import pytest

from layer_action.decide.artifacts import check_names, check_parameters, contents_of, layer_names
from layer_action.errors import ConfigError, Location, Problems
from layer_action.model.layer import Bytecode, LayerContent, LayerSpec, Publication
from layer_action.model.lock import Lock, Wheel
from layer_action.model.own_files import OwnFiles
from layer_action.model.target import Architecture, Target
from tests.factories import ARM_312, X86_312, make_distribution, make_lock, make_spec

ARM_313 = Target(runtime="python3.13", architecture=Architecture.ARM64)
ALL = tuple(Target(runtime=r, architecture=a) for r, a in product(("python3.12", "python3.13"), Architecture))


def lock_of(target: Target, *compiled: str, **versions: str) -> Lock:
    """A lock of pure wheels, and of compiled ones: one for each target."""
    wheels = [
        make_distribution(name, origin=Wheel(filename=f"{name}-{target}.whl", sha256=f"{name}{target}"))
        for name in compiled
    ]
    return make_lock(
        [*wheels, *(make_distribution(name, version) for name, version in versions.items())], target=target
    )


def contents(spec: LayerSpec, *locks: Lock) -> tuple[LayerContent, ...]:
    return contents_of(spec, {lock.target: lock for lock in locks}, own_files=OwnFiles(), inputs_hash="i:" + "0" * 12)


def test_targets_with_the_same_wheels_share_one_artifact() -> None:
    spec = make_spec(targets=(X86_312, ARM_312))
    found = contents(spec, lock_of(ARM_312, requests="1"), lock_of(X86_312, requests="1"))
    assert [(content.layer_name, content.targets) for content in found] == [("http", (X86_312, ARM_312))]
    assert found[0].lock.target == X86_312


def test_a_name_with_placeholders_gives_each_its_own() -> None:
    spec = make_spec(layer_name="data-{runtime}-{architecture}", targets=(X86_312, ARM_312))
    found = contents(spec, lock_of(ARM_312, "numpy"), lock_of(X86_312, "numpy"))
    assert [content.layer_name for content in found] == ["data-python3_12-x86_64", "data-python3_12-arm64"]
    assert len({content.digest for content in found}) == 2


def test_a_name_does_not_come_and_go_with_the_wheels() -> None:
    spec = make_spec(layer_name="data-{architecture}", targets=(X86_312, ARM_312))
    same = contents(spec, lock_of(ARM_312, a="1"), lock_of(X86_312, a="1"))
    other = contents(spec, lock_of(ARM_312, "a"), lock_of(X86_312, "a"))
    assert [content.layer_name for content in same] == [content.layer_name for content in other]
    assert tuple(content.layer_name for content in same) == layer_names(spec)


def test_a_name_too_narrow_says_which_distribution_differs_and_what_to_write() -> None:
    location = Location("c.yml", 4)
    spec = make_spec("data", targets=(X86_312, ARM_312), locations=(("", location),))
    with pytest.raises(ConfigError) as caught:
        contents(spec, lock_of(X86_312, "numpy"), lock_of(ARM_312, "numpy"))
    assert "numpy 1.0.0 has one wheel for 3.12 x86_64 and another for 3.12 arm64" in caught.value.message
    assert "name: data-{architecture}" in caught.value.hint
    assert caught.value.location == location


@pytest.mark.parametrize(
    ("targets", "compiled", "template"),
    [
        ((ARM_312, ARM_313), True, "data-{runtime}"),
        (ALL, True, "data-{runtime}-{architecture}"),
    ],
)
def test_the_name_to_write_is_the_shortest_that_is_enough(
    targets: tuple[Target, ...], compiled: bool, template: str
) -> None:
    spec = make_spec("data", targets=targets)
    with pytest.raises(ConfigError) as caught:
        contents(spec, *(lock_of(target, *(["numpy"] if compiled else [])) for target in targets))
    assert f"name: {template}`" in caught.value.hint


def test_versions_and_markers_that_differ_are_named() -> None:
    spec = make_spec(targets=(ARM_312, ARM_313))
    with pytest.raises(ConfigError) as caught:
        contents(spec, lock_of(ARM_312, numpy="2.0", tomli="1"), lock_of(ARM_313, numpy="2.1"))
    assert "numpy is 2.0 on 3.12 arm64 and 2.1 on 3.13 arm64" in caught.value.message
    assert "tomli is needed on 3.12 arm64 only" in caught.value.message


def test_bytecode_belongs_to_one_python() -> None:
    spec = make_spec(targets=(ARM_312, ARM_313), bytecode=Bytecode.ALL)
    with pytest.raises(ConfigError) as caught:
        contents(spec, lock_of(ARM_312, a="1"), lock_of(ARM_313, a="1"))
    assert "bytecode" in caught.value.message
    assert "{runtime}" in caught.value.hint


def test_two_layers_of_one_name_are_refused_once() -> None:
    with pytest.raises(ConfigError, match="`a` and `b` would both be published as `shared`"):
        check_names([make_spec("a", layer_name="shared"), make_spec("b", layer_name="shared")])


def test_every_clash_of_names_is_told() -> None:
    clashing = [make_spec(name, layer_name="shared") for name in "abc"]
    with pytest.raises(Problems):
        check_names(clashing)


def test_different_names_raise_nothing() -> None:
    check_names([make_spec("a"), make_spec("b")])


def test_two_zips_of_one_layer_need_a_parameter_each() -> None:
    spec = make_spec(
        layer_name="data-{architecture}",
        targets=(X86_312, ARM_312),
        publication=Publication(ssm="/layers/data"),
        locations=(("ssm", Location("c.yml", 7)),),
    )
    with pytest.raises(ConfigError) as caught:
        check_parameters([spec])
    assert "`data-x86_64` and `data-arm64` would both be recorded in the parameter /layers/data" in str(caught.value)
    assert "`{layer}`" in caught.value.hint
    assert caught.value.location == Location("c.yml", 7)


def test_two_layers_need_a_parameter_each() -> None:
    specs = [make_spec(name, publication=Publication(ssm="/layers/{region}")) for name in ("http", "data")]
    with pytest.raises(ConfigError, match="`http` and `data`"):
        check_parameters(specs)


def test_a_parameter_named_after_its_layer_raises_nothing() -> None:
    check_parameters([make_spec(name, publication=Publication(ssm="/layers/{layer}")) for name in ("http", "data")])
