"""Each finding of the inspection, with a small wheel that triggers it; and wheels that trigger none."""

from pathlib import Path

import pytest

from layer_action.build.inspecting.inspect import inspect_size
from layer_action.errors import Location
from layer_action.model.layer import Bytecode, Finding, LayerSize
from layer_action.model.lock import Wheel
from layer_action.model.target import Architecture, Target
from layer_action.ports.building import RefusedLayerError
from layer_action.record import replace
from tests.build.shelf import ARM, OLD, X86, Shelf, spec
from tests.standins.elf import AARCH64, I386, X86_64, make_elf
from tests.standins.rawzip import Entry, raw_zip
from tests.standins.wheels import Content, Extra

NEW = Target(runtime="python3.13", architecture=Architecture.X86_64)
PLATFORM = "cp312-cp312-manylinux2014_x86_64"
EXTENSION = "pkg/_x.cpython-312-x86_64-linux-gnu.so"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(folder=tmp_path)


Files = dict[str, Content]


def found(shelf: Shelf, files: Files, *, tags: str = "py3-none-any", target: Target = X86) -> list[Finding]:
    shelf.add("pkg", files, tags=tags)
    return shelf.findings(shelf.content(targets=[target]))


def said(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(finding.severity.value, finding.check) for finding in findings]


def test_a_plain_layer_has_no_findings(shelf: Shelf) -> None:
    assert found(shelf, {"pkg/__init__.py": "", "pkg/py.typed": ""}) == []


def test_a_compiled_layer_that_fits_has_no_findings(shelf: Shelf) -> None:
    elf = make_elf(X86_64, ["GLIBC_2.2.5", "GLIBC_2.34"])
    assert found(shelf, {EXTENSION: elf, "pkg.libs/libgomp.so.1": elf}, tags=PLATFORM) == []


def test_a_module_for_another_machine_is_an_error(shelf: Shelf) -> None:
    findings = found(shelf, {EXTENSION: make_elf(AARCH64)}, tags=PLATFORM)
    assert said(findings) == [("error", "wrong-machine")]
    assert findings[0].message == f"pkg: {EXTENSION} was compiled for aarch64; 3.12 x86_64 runs x86_64."
    assert findings[0].distribution == "pkg"


def test_it_is_an_error_in_a_wheel_that_claims_to_be_pure(shelf: Shelf) -> None:
    assert said(found(shelf, {EXTENSION: make_elf(X86_64)}, target=ARM)) == [("error", "wrong-machine")]


PLAIN = "cp312-cp312-linux_x86_64"
LINKED = make_elf(X86_64, libraries=["libpq.so.5", "libssl.so.3", "libc.so.6", "libpython3.12.so.1.0"])


def test_libraries_that_nobody_brings_are_a_warning_in_a_wheel_of_a_machine_like_this(shelf: Shelf) -> None:
    [finding] = found(shelf, {EXTENSION: LINKED}, tags=PLAIN)
    assert (finding.severity.value, finding.check, finding.distribution) == ("warning", "library-missing", "pkg")
    assert finding.message.startswith(f"pkg: {EXTENSION} was linked with libpq.so.5, libssl.so.3, which the layer")


def test_libraries_that_the_layer_holds_are_not_missing(shelf: Shelf) -> None:
    shelf.add("libs", {"libs/libpq.so.5": make_elf(X86_64)}, tags=PLATFORM)
    assert found(shelf, {EXTENSION: LINKED, "pkg.libs/libssl.so.3": LINKED}, tags=PLAIN) == []


def test_a_wheel_for_manylinux_is_believed_to_bring_what_it_links(shelf: Shelf) -> None:
    assert found(shelf, {EXTENSION: LINKED}, tags=PLATFORM) == []


def test_files_for_several_machines_are_no_mistake(shelf: Shelf) -> None:
    files: Files = {
        "pkg/attach_linux_amd64.so": make_elf(X86_64),
        "pkg/attach_linux_x86.so": make_elf(I386),
        "pkg/attach_linux_arm64.so": make_elf(AARCH64),
    }
    assert found(shelf, files) == []


def test_files_for_other_machines_only_are_a_notice_in_a_pure_wheel(shelf: Shelf) -> None:
    files: Files = {"pkg/attach_amd64.so": make_elf(X86_64), "pkg/attach_x86.so": make_elf(I386)}
    assert said(found(shelf, files, target=ARM)) == [("notice", "wrong-machine")]


def test_a_twin_for_the_right_machine_makes_up_for_it(shelf: Shelf) -> None:
    files: Files = {
        "pkg/_x.cpython-312-x86_64-linux-gnu.so": make_elf(X86_64),
        "pkg/_x.cpython-312-aarch64-linux-gnu.so": make_elf(AARCH64),
    }
    assert found(shelf, files) == []


def test_a_symbol_newer_than_the_runtimes_glibc_is_an_error(shelf: Shelf) -> None:
    elf = make_elf(X86_64, ["GLIBC_2.17", "GLIBC_2.28"])
    findings = found(shelf, {"pkg/_x.so": elf}, tags="cp311-cp311-linux_x86_64", target=OLD)
    assert said(findings) == [("error", "glibc-too-new")]
    assert findings[0].message == "pkg: pkg/_x.so needs glibc 2.28; python3.11 has 2.26."


@pytest.mark.parametrize(
    ("platform", "way"), [("linux", "Build it where glibc is 2.26"), ("manylinux2014", "Pin an older")]
)
def test_what_was_built_here_is_to_be_built_elsewhere_and_no_older_version_helps(
    shelf: Shelf, platform: str, way: str
) -> None:
    elf = make_elf(X86_64, ["GLIBC_2.28"])
    [finding] = found(shelf, {"pkg/_x.so": elf}, tags=f"cp311-cp311-{platform}_x86_64", target=OLD)
    assert finding.ways_out[0].startswith(way)


@pytest.mark.parametrize(("symbol", "runtime"), [("GLIBC_2.28", True), ("GLIBC_2.36", False)])
def test_a_newer_runtime_is_offered_only_where_one_has_that_glibc(shelf: Shelf, symbol: str, runtime: bool) -> None:
    elf = make_elf(X86_64, [symbol])
    [finding] = found(shelf, {"pkg/_x.so": elf}, tags="cp311-cp311-linux_x86_64", target=OLD)
    newer = "Use a runtime with a newer glibc: python3.12 and later have 2.34."
    assert (newer in finding.ways_out) is runtime


def test_it_is_a_warning_in_a_file_of_a_pure_wheel_that_python_does_not_import_by_itself(shelf: Shelf) -> None:
    findings = found(shelf, {"pkg/attach_amd64.so": make_elf(X86_64, ["GLIBC_2.34"])}, target=OLD)
    assert said(findings) == [("warning", "glibc-too-new")]


@pytest.mark.parametrize(("pythons", "checks"), [("<3.12", [("warning", "other-python")]), ("<3.13,>=3.9", [])])
def test_a_wheel_for_other_pythons_than_the_layers_is_told(
    shelf: Shelf, pythons: str, checks: list[tuple[str, str]]
) -> None:
    shelf.add("pkg", {"pkg.py": ""}, extra=Extra(requires_python=pythons))
    assert said(shelf.findings()) == checks


def test_a_weak_symbol_is_not_needed(shelf: Shelf) -> None:
    elf = make_elf(X86_64, ["GLIBC_2.17"], weak=["GLIBC_2.38"])
    assert found(shelf, {"pkg/_x.so": elf}, tags=PLATFORM) == []


def test_what_only_looks_compiled_is_passed_over(shelf: Shelf) -> None:
    assert found(shelf, {"pkg/a.so": b"\x7fELF", "pkg/b.so": make_elf(X86_64)[:100]}, tags=PLATFORM) == []


@pytest.mark.parametrize(
    "tags",
    ["cp311-cp311-manylinux2014_x86_64", "py3-none-musllinux_1_2_x86_64", "py3-none-win_amd64", "py3-none-linux_i686"],
)
def test_a_wheel_for_another_target_is_an_error(shelf: Shelf, tags: str) -> None:
    assert said(found(shelf, {"pkg/a.py": ""}, tags=tags)) == [("error", "wheel-does-not-fit")]


def test_a_wheel_must_fit_every_target_of_the_artifact(shelf: Shelf) -> None:
    shelf.add("pkg", {"pkg/a.py": ""}, tags=PLATFORM)
    findings = shelf.findings(shelf.content(targets=[X86, ARM]))
    assert [finding.message.rpartition(" on ")[2] for finding in findings] == ["3.12 arm64."]


def test_start_up_code_is_a_notice(shelf: Shelf) -> None:
    findings = found(shelf, {"pkg.pth": "import pkg\n", "paths.pth": "pkg\n", "pkg/inner.pth": "import os\n"})
    assert said(findings) == [("notice", "start-up-code")] * 2
    assert {finding.message for finding in findings} == {
        "pkg ships pkg.pth, which runs code at each cold start.",
        "pkg ships paths.pth, which adds folders to the path at each cold start.",
    }


HIDDEN = {
    "runs code": "\ufeffimport pkg\n",
    "is too long to be looked into, and is read": "# nothing\n" * 9_000 + "import pkg\n",
}


@pytest.mark.parametrize("what", HIDDEN)
def test_start_up_code_cannot_hide(shelf: Shelf, what: str) -> None:
    assert [finding.message for finding in found(shelf, {"pkg.pth": HIDDEN[what]})] == [
        f"pkg ships pkg.pth, which {what} at each cold start."
    ]


@pytest.mark.parametrize("path", ["typing.py", "asyncio/__init__.py"])
def test_what_shadows_the_standard_library_is_a_warning(shelf: Shelf, path: str) -> None:
    findings = found(shelf, {path: ""})
    assert said(findings) == [("warning", "shadows-standard-library")]
    assert path.partition(".")[0].partition("/")[0] in findings[0].message


@pytest.mark.parametrize("path", ["token.txt", "json.pyi", "email/page.html", "sys.py", "zipimport.py"])
def test_what_python_does_not_import_in_place_of_its_own_shadows_nothing(shelf: Shelf, path: str) -> None:
    assert not found(shelf, {path: ""})


@pytest.mark.parametrize("content", ["", "# nothing\n\n"])
def test_a_pth_of_comments_alone_is_no_start_up_code(shelf: Shelf, content: str) -> None:
    assert not found(shelf, {"pkg.pth": content})


@pytest.mark.parametrize(("target", "is_read"), [(X86, True), (NEW, False)])
def test_newer_pythons_pass_over_a_hidden_pth(shelf: Shelf, target: Target, is_read: bool) -> None:
    assert bool(found(shelf, {".pkg.pth": "import pkg\n"}, target=target)) is is_read


@pytest.mark.parametrize(("target", "shadows"), [(X86, True), (NEW, False)])
def test_a_backport_shadows_nothing_where_the_module_is_gone(shelf: Shelf, target: Target, shadows: bool) -> None:
    assert bool(found(shelf, {"cgi.py": ""}, target=target)) is shadows


def test_bundled_boto_is_a_notice_that_says_what_it_costs(shelf: Shelf) -> None:
    shelf.add("boto3", {"boto3/__init__.py": "x" * 1_000_000})
    shelf.add("botocore", {"botocore/__init__.py": "x" * 2_000_000})
    (finding,) = shelf.findings()
    assert (finding.severity, finding.check) == ("notice", "in-the-runtime")
    assert "boto3 and botocore (3.0 MB)" in finding.message
    assert finding.ways_out == ("`provided: [boto3, botocore]` saves 3.0 MB, if you need no newer one.",)


def test_without_boto_goes_what_only_it_needs(shelf: Shelf) -> None:
    shelf.add("boto3", {"boto3/__init__.py": "x" * 1_000_000})
    shelf.add("s3transfer", {"s3transfer/__init__.py": "x" * 2_000_000}, required_by=["boto3"])
    (finding,) = shelf.findings()
    assert "bundles boto3 (1.0 MB)" in finding.message
    assert "saves 3.0 MB" in finding.ways_out[0]


def test_over_its_budget_a_layer_is_an_error_that_says_what_each_preset_saves(shelf: Shelf) -> None:
    shelf.add("heavy", {"heavy/a.py": "x" * 500_000, "heavy/tests/test_a.py": "y" * 400_000})
    shelf.add("light", {"light.py": "z" * 1000})
    where = Location("lambda-layers.yml", 4)
    layer = spec(budget=600_000, locations=(("budget", where),))
    (finding,) = shelf.findings(shelf.content(spec=layer))
    assert (finding.severity, finding.check, finding.location, finding.layer) == (
        "error",
        "over-budget",
        where,
        "shelf",
    )
    assert (
        finding.message
        == "The layer `shelf` is 0.9 MB unzipped; its budget is 0.6 MB. Heaviest: heavy 0.9 MB, light 2 kB."
    )
    assert finding.ways_out == (
        "`exclude: [tests]` in `shelf` saves 0.4 MB.",
        "Without heavy it would be 0.9 MB less: move it to a layer of its own.",
        "Raise `budget:` in `shelf`, up to Lambda's 250 MiB.",
    )


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (262_144_000, [("error", "layer-too-large")]),
        (255_000_000, [("warning", "nearly-too-large")]),
        (200_000_000, []),
    ],
)
def test_lambdas_limit_is_held(shelf: Shelf, size: int, expected: list[tuple[str, str]]) -> None:
    found = inspect_size(shelf.content(), LayerSize(zipped=size // 3, unzipped=size))
    assert said(list(found)) == expected


def test_of_several_zips_of_a_layer_the_one_that_is_too_large_is_named(shelf: Shelf) -> None:
    content = shelf.content(targets=[ARM])
    content = replace(content, spec=replace(content.spec, targets=(X86, ARM)))
    (finding,) = inspect_size(content, LayerSize(zipped=1, unzipped=300_000_000))
    assert finding.message.startswith("The layer `shelf` for 3.12 arm64 is 300.0 MB unzipped")


def test_a_layer_that_is_refused_is_not_written(shelf: Shelf) -> None:
    shelf.add("heavy", {"heavy/a.py": "x" * 500_000})
    with pytest.raises(RefusedLayerError, match=r"its budget is 0\.4 MB\. Heaviest: heavy 0\.5 MB") as caught:
        shelf.build(shelf.content(spec=spec(budget=400_000)))
    assert said(list(caught.value.findings)) == [("error", "over-budget")]
    assert not (shelf.folder / "out" / "shelf.zip").exists()


def test_no_bytecode_is_made_for_what_is_too_large_without(shelf: Shelf) -> None:
    shelf.add("pkg", {"pkg/__init__.py": "x = 1\n", "pkg/a.bin": bytes(262_144_000)})
    layer = spec(bytecode=Bytecode.IMPORTS, imports=("no_such_module",))  # it would be told, if it were tried
    assert said(shelf.findings(shelf.content(spec=layer))) == [("error", "layer-too-large")]


def test_what_is_too_large_is_refused_before_gigabytes_are_fetched(shelf: Shelf) -> None:
    huge = raw_zip(
        [
            Entry(name=b"pkg/a.bin", raw=bytes(300_000), uncompressed=300_000_000),
            Entry(name=b"pkg-1.0.dist-info/METADATA"),
        ]
    )
    wheel = shelf.put("pkg", "pkg-1.0-py3-none-any.whl", huge).origin
    assert isinstance(wheel, Wheel)
    shelf.distributions["pkg"] = replace(shelf.distributions["pkg"], origin=replace(wheel, size=150_000_000))
    assert said(shelf.findings()) == [("error", "layer-too-large")]
    assert not (shelf.folder / "cache").exists()
