"""The house of the design, as a test: who may import whom, and where each third-party package may appear."""

import ast
import re
import subprocess
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "layer_action"
MODULES = sorted(PACKAGE.rglob("*.py"))

# What the code of a room may import of our own, besides its own room.
MODEL = {"errors", "exhausted", "model", "on_disk", "record"}
PORTS = {"formats", "http", "ranged", "credentials", "certificates", "keyring", "process", "strangers", "ports"} | MODEL
ALLOWED = {
    "record": set(),
    "errors": {"record"},
    "exhausted": {"errors"},
    "on_disk": {"errors"},
    "model": {"errors", "on_disk", "record"},
    "ports": MODEL,
    "strangers": MODEL,
    "process": MODEL | {"strangers"},
    "certificates": MODEL,
    "keyring": MODEL | {"process"},
    "credentials": MODEL | {"keyring"},
    "ranged": MODEL | {"credentials"},
    "proxies": MODEL,
    "pools": MODEL | {"certificates", "pace", "paced", "proxies", "retries"},
    "pace": MODEL,
    "paced": {"pace"},
    "retries": set(),
    "unanswered": MODEL | {"credentials", "certificates", "retries"},
    "http": MODEL | {"formats", "process", "ranged", "credentials", "pools", "pace", "proxies", "unanswered"},
    "formats": MODEL,
    "inputs": MODEL,
    "arguments": MODEL | {"inputs", "usage"},
    "usage": MODEL,
    "cache": MODEL,
    "config": MODEL | {"inputs"},
    "event": MODEL | {"inputs"},
    "choice": MODEL | {"inputs", "config", "event"},
    "decide": MODEL | {"formats"},
    "rollout": MODEL | {"formats", "ports", "decide"},
    "commands": MODEL | {"formats", "ports", "decide", "rollout", "inputs", "event", "choice", "requirement_files"},
    "requirement_files": set(),
    "config_file": MODEL | {"inputs", "config", "process", "requirement_files"},
    "prepare": MODEL | {"arguments", "inputs", "config", "config_file", "event", "choice"},
    "build": PORTS,
    "aws": PORTS,
    "github": PORTS,
    "report": PORTS,
    "repository": PORTS,
}
# And within build, which has rooms of its own; what lies beside them (builder, resolve, opening) may import them all.
ALLOWED_IN_BUILD = {
    "files": set(),
    "refusals": set(),
    "uv": {"refusals"},
    "pythons": set(),
    "wheels": {"files"},
    "asking": {"files", "wheels"},
    "sources": {"files", "wheels", "asking", "uv", "pythons"},
    "resolving": {"files", "wheels", "asking", "sources", "uv", "refusals"},
    "splicing": {"files", "wheels", "pythons"},
    "inspecting": {"wheels", "splicing"},
}
TOP = {"cli", "wiring", "__init__"}  # may import everything

# Where a package may be imported that is not ours; packaging and semver are everyone's.
THIRD_PARTY = {
    "boto3": {"aws"},
    "botocore": {"aws"},
    "mypy_boto3_lambda": {"aws"},
    "mypy_boto3_s3": {"aws"},
    "mypy_boto3_sts": {"aws"},
    "mypy_boto3_ssm": {"aws"},
    "mypy_boto3_cloudwatch": {"aws"},
    "github": {"github"},
    "urllib3": {"http", "pools", "paced", "ranged", "retries", "unanswered", "github"},
    "rich": {"report"},
    "squarify": {"report"},
    "cyclonedx": {"report", "build", "github"},
    "elftools": {"build"},
    "yaml": {"config"},
    "jsonschema": {"config"},
    "tomli_w": {"formats"},
    "dataclasses": set(),  # record.py says why
}
# These cost time at start: they are imported inside functions, or by modules that are loaded only when needed.
LAZY = {"boto3", "botocore", "github", "rich", "jsonschema", "elftools", "squarify", "cyclonedx", "urllib3"}
EAGER_MODULES = {"cli", "arguments", "inputs", "event", "errors", "exhausted", "ports", "process", "choice"}
# What a user can act on. BadZipError and NoSolutionError are translated by whoever knows the wheel, or the line.
ACTED_ON = {
    "InputError",
    "ConfigError",
    "WrongAccountError",
    "RefusedEventError",
    "BuildError",
    "ResolutionError",
    "UnsafeWheelError",
    "WrongFileError",
    "DownloadError",
    "TooLongError",
    "ExhaustedError",
    "LayerTooLargeError",
}
FORBIDDEN_NAMES = re.compile(r"^(utils?|helpers?|common|managers?|handlers?|data|info|do_.*|process_.*)$")


def room_of(path: Path) -> str:
    """Return the first folder or module below the package: aws, model, cli …"""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


@cache
def tree_of(path: Path) -> ast.Module:
    """Return a module's syntax, read once."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> tuple[tuple[str, str], ...]:
    """Return each imported module, absolute, and when it is imported: at once, later (in a function), or for types."""
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[tuple[str, str]]:
    tree = tree_of(path)
    when: dict[ast.AST, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            when.update(dict.fromkeys(ast.walk(node), "later"))
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            when.update(dict.fromkeys(ast.walk(node), "for types"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, when.get(node, "at once")
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            yield node.module or "", when.get(node, "at once")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_go_one_way(path: Path) -> None:
    room = room_of(path)
    if room in TOP:
        return
    assert room in ALLOWED, f"{room} has no place in the house: give it one in {Path(__file__).name}"
    for module, _ in imports(path):
        first, _, rest = module.partition(".")
        if first == "layer_action" and rest:
            other = rest.split(".")[0]
            assert other == room or other in ALLOWED[room], f"{room} must not import {module}"


@pytest.mark.parametrize(
    "path", sorted((PACKAGE / "build").rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_imports_within_build_go_one_way(path: Path) -> None:
    room = path.relative_to(PACKAGE / "build").with_suffix("").parts[0]
    if room not in ALLOWED_IN_BUILD:
        assert path.parent == PACKAGE / "build", (
            f"build/{room} has no place in the house: give it one in {Path(__file__).name}"
        )
        return
    for module, _ in imports(path):
        *ours, other = module.split(".")[:3]
        if ours == ["layer_action", "build"]:
            assert other == room or other in ALLOWED_IN_BUILD[room], f"build/{room} must not import {module}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_third_party_names_stop_at_their_folders_door(path: Path) -> None:
    room = room_of(path)
    for module, when in imports(path):
        first = module.partition(".")[0]
        rooms = THIRD_PARTY.get(first)
        if rooms is not None and when != "for types":
            assert room in rooms, f"{first} belongs to {', '.join(sorted(rooms))}, not to {room}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_programs_are_started_in_one_place(path: Path) -> None:
    if room_of(path) == "process":
        return
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "subprocess":
            assert node.attr in {"TimeoutExpired", "SubprocessError"}, f"{path}:{node.lineno}"
    assert not [module for module, _ in imports(path) if module in {"pty", "multiprocessing", "asyncio.subprocess"}]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_what_every_run_loads_is_quick_to_load(path: Path) -> None:
    if room_of(path) not in EAGER_MODULES | {"model", "formats", "decide", "commands", "config"}:
        return
    slow = {module for module, when in imports(path) if when == "at once" and module.partition(".")[0] in LAZY}
    assert not slow, f"{path.name} imports {', '.join(sorted(slow))} at once"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_the_environment_is_read_at_the_door(path: Path) -> None:
    if room_of(path) == "cli":
        return
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os":
            assert node.attr not in {"environ", "getenv", "putenv", "environb"}, f"{path}:{node.lineno}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_modules_stay_small_and_named_for_what_they_hold(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350
    for part in path.relative_to(PACKAGE).with_suffix("").parts:
        assert not FORBIDDEN_NAMES.match(part), part


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_functions_stay_short(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
            assert node.end_lineno - node.lineno < 60, f"{path}:{node.lineno}: {node.name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_every_room_and_module_says_what_it_is(path: Path) -> None:
    tree = tree_of(path)
    assert ast.get_docstring(tree), path
    if path.name == "__init__.py" and path.parent != PACKAGE:
        assert len(tree.body) == 1, f"{path} is a docstring and nothing else"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_every_failure_says_what_to_do_next(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ACTED_ON:
            hints = [keyword.value for keyword in node.keywords if keyword.arg == "hint"]
            assert hints, f"{path}:{node.lineno}: no hint"
            assert not any(_is_empty(part) for part in ast.walk(hints[0])), f"{path}:{node.lineno}: an empty hint"


def _is_empty(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value == ""


def test_every_test_module_is_run(pytestconfig: pytest.Config) -> None:
    passed_over = pytestconfig.getini("norecursedirs")
    folders = {folder for path in (ROOT / "tests").rglob("test_*.py") for folder in path.relative_to(ROOT).parts[:-1]}
    assert not [folder for folder in folders for pattern in passed_over if fnmatch(folder, pattern)]


def test_no_test_uses_mocks() -> None:
    word = "unittest" + ".mock"
    assert not [path for path in (ROOT / "tests").rglob("*.py") if word in path.read_text(encoding="utf-8")]


def test_no_committed_file_names_a_package_host_or_a_path_of_one_machine() -> None:
    # Written in pieces, so that this file does not hold what it looks for.
    hosts = ["pypi" + ".org", "python" + "hosted", "npm" + "js.org", "deb." + "debian", "/wo" + "rk/", "/ro" + "ot/"]
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, encoding="utf-8")
    found = [
        f"{name}: {host}"
        for name in listed.stdout.split("\0")
        if name and (ROOT / name).is_file()
        for host in hosts
        if host in (ROOT / name).read_text(encoding="utf-8", errors="replace")
    ]
    assert not found
