"""A plan that waits in a file between two steps, or two environments."""

import json
from pathlib import Path

import pytest

from layer_action.build.resolving.explain import NoWheelError
from layer_action.build.resolving.missing import MissingError
from layer_action.errors import (
    BuildError,
    ConfigError,
    InputError,
    LayerActionError,
    Location,
    Problems,
    ResolutionError,
    WrongFileError,
)
from layer_action.formats import planfile
from layer_action.formats.digest import layer_digest
from layer_action.model.function import Unknown
from layer_action.model.layer import LayerContent, Severity
from layer_action.model.lock import DistributionChange, Source, SourceKind, Wheel
from layer_action.model.own_files import OwnFile, OwnFiles
from layer_action.model.plan import (
    FailedLayer,
    HeldFunction,
    NoLongerDeclared,
    Plan,
    Reason,
    SkippedFunction,
    Superseded,
)
from layer_action.ports.building import RefusedLayerError
from layer_action.record import replace
from tests.factories import (
    make_content,
    make_distribution,
    make_finding,
    make_function,
    make_layer_version,
    make_lock,
    make_plan,
    make_publication,
    make_repoint,
    make_size,
    make_spec,
    make_unchanged,
)

ROOT = Path("/somewhere/checkout")


def honest(content: LayerContent) -> LayerContent:
    digest = layer_digest(spec=content.spec, targets=content.targets, lock=content.lock, own_files=content.own_files)
    return replace(content, digest=digest)


def encoded(plan: Plan, *, root: Path | None = None) -> bytes:
    return b"".join(planfile.encode(plan, root=root))


def rich_plan() -> Plan:
    source = Source(kind=SourceKind.DIRECTORY, location="libs/common", identity="tree:1")
    wheel = Wheel(filename="a-1-py3-none-any.whl", sha256="a" * 64, size=3, url="https://me:secret@index.example/a.whl")
    lock = make_lock([make_distribution("common", origin=source), make_distribution("a", origin=wheel)])
    own = OwnFile(path="python/a b/x.py", source=ROOT / "my src/x.py", sha256="b" * 64, size=1, executable=True)
    spec = make_spec(locations=(("", Location("c.yml", 3)),), build_from_source=("common",), budget=5)
    content = honest(make_content(spec, lock=lock, own_files=OwnFiles([own])))
    change = DistributionChange(name="a", before=None, after="1", direct=True)
    function = make_function(code_location="https://bucket.example/?X-Amz-Signature=key")
    held = make_function("held", tags=Unknown(reason="not allowed"))
    return make_plan(
        [
            make_publication(content, changes=(change,), size=make_size(), before=Unknown(reason="no idea")),
            make_unchanged(),
            Superseded(
                spec=spec, layer_name="http", region="x-1", current=make_layer_version(), reason=Reason(text="newer")
            ),
            NoLongerDeclared(name="old", layer_name="old", region="", reason=Reason(text="gone")),
            FailedLayer(
                spec=spec, error=Problems([ResolutionError("no", location=Location("r.txt", 1)), BuildError("b")])
            ),
        ],
        [
            make_repoint(function, unzipped=Unknown(reason="denied")),
            HeldFunction(function=held, layer="http", reason="held"),
            SkippedFunction(function=make_function("s"), layer="http", reason="image", ways_out=("rebuild it",)),
        ],
        findings=(make_finding(location=Location("a", 1)),),
    )


def test_everything_but_secrets_comes_back() -> None:
    plan = rich_plan()
    data = encoded(plan, root=ROOT)
    read = planfile.decode(data, root=ROOT)

    assert encoded(read, root=ROOT) == data
    assert read.layers[1:4] == plan.layers[1:4]
    assert read.functions[1:] == plan.functions[1:]
    assert read.findings == plan.findings
    assert b"secret" not in data
    assert b"Signature" not in data


def test_own_files_are_found_in_another_checkout() -> None:
    data = encoded(rich_plan(), root=ROOT)
    read = planfile.decode(data, root=Path("/github/workspace"))
    assert read.publications[0].content.own_files[0].source == Path("/github/workspace/my src/x.py")
    assert str(ROOT).encode() not in data


def test_a_wheel_of_the_repository_is_found_in_another_checkout() -> None:
    wheel = Wheel(filename="a-1-py3-none-any.whl", sha256="a" * 64, url="file:///a%20b/wheels/a-1-py3-none-any.whl")
    content = honest(make_content(lock=make_lock([make_distribution("a", origin=wheel)])))
    data = encoded(make_plan([make_publication(content)]), root=Path("/a b"))
    read = planfile.decode(data, root=Path("/c d")).publications[0].content.lock.distributions[0].origin
    assert isinstance(read, Wheel)
    assert read.url == "file:///c%20d/wheels/a-1-py3-none-any.whl"


def test_errors_keep_their_class_message_and_place() -> None:
    read = planfile.decode(encoded(rich_plan()))
    error = read.failures[0].error
    assert isinstance(error, Problems)
    assert isinstance(error.problems[0], ResolutionError)
    assert str(error.problems[0]) == "r.txt:1: no"


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"{}", b'{"format": "lambda-layer-action plan 2"}', b"\xff\xfe", b'"text"', b"[" * 100_000],
    ids=lambda data: data[:9],
)
def test_something_else_is_refused_with_the_way_out(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        planfile.decode(data, file="plan.json")
    assert "plan --out" in caught.value.hint
    assert caught.value.location == Location("plan.json")


def test_a_plan_edited_by_hand_is_refused() -> None:
    data = encoded(make_plan([make_publication(honest(make_content()))]))
    with pytest.raises(InputError, match="changed after it was written"):
        planfile.decode(data.replace(b"1.1.0", b"9.9.9"))


def test_a_plan_that_contradicts_its_own_digest_is_refused() -> None:
    data = encoded(make_plan([make_publication(make_content())]))
    with pytest.raises(InputError, match="digest of `http`"):
        planfile.decode(data)


@pytest.mark.parametrize("edit", [{"layers": [{"$is": "Path"}]}, {"layers": 3}, {"commit": None}, {"extra": 1}])
def test_a_plan_of_the_wrong_shape_is_refused(edit: dict[str, object]) -> None:
    document = json.loads(encoded(make_plan()))
    document["plan"].update(edit)
    document["sha256"] = planfile._checksum(document["plan"])  # noqa: SLF001 - as one who recomputes it would
    with pytest.raises(InputError):
        planfile.decode(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("error", "$is"), "InterruptedRunError"),
        (("error", "$is"), "Problems"),
        (("error", "$is"), "MissingError"),
        pytest.param(("spec", "rollout", "bake"), 10**400, id="a number beyond all floats"),
    ],
)
def test_a_value_that_a_plan_cannot_hold_is_refused(place: tuple[str, ...], value: object) -> None:
    document = json.loads(encoded(make_plan([FailedLayer(spec=make_spec(), error=ConfigError("bad"))])))
    found = document["plan"]["layers"][0]
    for key in place[:-1]:
        found = found[key]
    found[place[-1]] = value
    document["sha256"] = planfile._checksum(document["plan"])  # noqa: SLF001 - as one who recomputes it would
    with pytest.raises(InputError):
        planfile.decode(json.dumps(document).encode())


def test_an_error_that_is_no_build_error_comes_back_too() -> None:
    plan = make_plan([FailedLayer(spec=make_spec(), error=ConfigError("bad", hint="mend it"))])
    error = planfile.decode(encoded(plan)).failures[0].error
    assert isinstance(error, ConfigError)
    assert error.hint == "mend it"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (MissingError("shop 1.0", ["cart"], ["cart"], Location("pylock.toml", 3)), ResolutionError),
        (NoWheelError("no wheel", location=Location("r.txt", 1)), ResolutionError),
        (WrongFileError("another file", sha256="0" * 64), WrongFileError),
        (RefusedLayerError([make_finding(severity=Severity.ERROR)]), BuildError),
    ],
)
def test_an_error_that_only_its_own_module_knows_is_read_back_as_what_it_is_to_all(
    error: LayerActionError, kind: type[LayerActionError]
) -> None:
    plan = make_plan([FailedLayer(spec=make_spec(), error=error)])
    (failed,) = planfile.decode(encoded(plan)).failures
    assert type(failed.error) is kind
    assert (failed.error.message, failed.error.hint, failed.error.location) == (
        error.message,
        error.hint,
        error.location,
    )
