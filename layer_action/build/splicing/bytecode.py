"""Bytecode for a layer: `/opt` is read-only, so without it every cold start compiles what it imports.

The files are compiled by an interpreter of the target's minor version, under a fixed hash seed and in a fixed order
(before 3.12 both show in the result). Compiling runs no code of the layer. `imports` does: as the unprivileged user, in
a copy of the tree that is thrown away.
"""

import os
import re
import shutil
import subprocess
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from typing import Final

from layer_action import process, strangers
from layer_action.build.pythons import python_of
from layer_action.build.splicing.layout import Entry, Layout
from layer_action.build.splicing.part import Copied
from layer_action.build.wheels.contents import CHUNK
from layer_action.build.wheels.packing import Packed, Packer
from layer_action.build.wheels.placement import ROOT
from layer_action.errors import BuildError
from layer_action.exhausted import exhausted
from layer_action.model.layer import Bytecode, LayerContent
from layer_action.model.listing import listed
from layer_action.model.target import Target

_SCRIPTS: Final = Path(__file__).with_name("foreign")
_TIMEOUT: Final = 900.0  # seconds
_ORDER_IS_FREE: Final = (3, 12)  # from here on, the same source gives the same bytes in any process
_WORTH_A_PROCESS: Final = 200  # files
_LAST_LINES: Final = 6
_SOURCE: Final = re.compile(rf"{ROOT}(?:.*/)?[^/]+\.py")
_CACHED: Final = "__pycache__/"


def bytecode(
    layout: Layout, content: LayerContent, env: Mapping[str, str], packer: Packer
) -> Iterator[tuple[str, Packed]]:
    """Yield the `.pyc` files of a layout, each with the distribution that its source is of ("": an own file).

    Raises BuildError.
    """
    sources = array("Q", (key for key in layout.order if _SOURCE.fullmatch(layout.path(key))))
    taken = {path for path in map(layout.path, layout.order) if _CACHED in path}
    for target in _by_version(content.targets):
        imports_only = content.spec.bytecode is Bytecode.IMPORTS
        python = python_of(target, env, unprivileged=imports_only)
        wanted = sources
        if imports_only:
            loaded = _loaded(layout, content, python, env)
            wanted = array("Q", (key for key in sources if layout.path(key).removeprefix(ROOT) in loaded))
        with tempfile.TemporaryDirectory(prefix="lambda-layer-") as name:
            folder = Path(name)
            _unpack(map(layout.entry, wanted), folder)
            paths = (layout.path(key) for key in wanted)
            _compile(paths, len(wanted), folder, python, env, parallel=target.python_version >= _ORDER_IS_FREE)
            for key in wanted:
                place = _compiled(layout.path(key), target)
                if place not in taken and (folder / place).exists():
                    packed = packer.pack(place, _chunks(folder / place), executable=False)
                    yield _owner(layout.entry(key)), packed


def _compiled(path: str, target: Target) -> str:
    """Return where Python keeps the bytecode of a source."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/{_CACHED}{name.removesuffix('.py')}.cpython-{target.python.replace('.', '')}.pyc"


def _owner(entry: Entry) -> str:
    return entry.part.name if isinstance(entry, Copied) else ""


def _by_version(targets: Iterable[Target]) -> list[Target]:
    """Return one target of each Python version: architectures share their bytecode."""
    return list({target.python: target for target in sorted(targets, reverse=True)}.values())


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _compile(
    paths: Iterable[str], count: int, folder: Path, python: Path, env: Mapping[str, str], *, parallel: bool
) -> None:
    """Compile files below a folder, so many; nothing of the layer is run. Raises BuildError."""
    at_once = max(1, min(os.cpu_count() or 1, count // _WORTH_A_PROCESS)) if parallel else 1
    lists = [folder / f"sources-{number}" for number in range(at_once)]
    with ExitStack() as stack:
        files = [stack.enter_context(each.open("w", encoding="utf-8")) for each in lists]
        for path, file in zip(paths, cycle(files), strict=False):
            file.write(f"{path.removeprefix(ROOT)}\n")

    def one(sources: Path) -> None:
        _run(python, _SCRIPTS / "compile_files.py", env, folder / ROOT, str(sources))

    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(one, lists))


def _loaded(layout: Layout, content: LayerContent, python: Path, env: Mapping[str, str]) -> set[str]:
    """Return the source files that the `imports` of a spec load, relative to `python/`. Raises BuildError."""
    with strangers.folder_of_strangers() as folder, strangers.user_of_strangers() as user:
        _unpack((entry for entry in layout.entries() if entry.path.startswith(ROOT)), folder)
        script = Path(shutil.copy(_SCRIPTS / "import_names.py", folder))
        script.chmod(0o644)
        strangers.give_away(folder, user)
        _run(python, script, env, folder, "\n".join(content.spec.imports), user=user)
        loaded = folder / "loaded"
        if loaded.is_symlink() or not loaded.is_file():
            raise BuildError(
                f"Bytecode could not be made: what {listed(content.spec.imports)} loads is not known, as importing it "
                "ended the program.",
                hint="Name modules in `imports` that can be imported. `bytecode: all` imports nothing.",
            )
        return set(loaded.read_text(encoding="utf-8", errors="replace").splitlines())


def _run(python: Path, script: Path, env: Mapping[str, str], cwd: Path, stdin: str, *, user: int | None = None) -> None:
    # not -I: it would ignore the hash seed, on which bytecode depends before 3.12
    chosen = process.plain_environment(env) | {"PYTHONHASHSEED": "0", "HOME": str(cwd)}
    command: list[str | Path] = [python, "-s", "-S", "-B", "-X", "utf8", "-W", "ignore", script]
    try:
        done = process.run(
            command,
            env=chosen,
            cwd=cwd,
            timeout=_TIMEOUT,
            unprivileged=user is not None,
            user=user or strangers.NOBODY,
            stdin=stdin,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise exhausted(error) or BuildError(
            f"Bytecode could not be made with {python.name}: {type(error).__name__}.",
            hint="Run again; if it stays so, set `bytecode: none`.",
        ) from error
    if done.code:
        lines = process.last_words(done.stderr, _LAST_LINES)
        raise BuildError(
            f"Bytecode could not be made: {script.stem.replace('_', ' ')} failed.\n{lines}",
            hint="Compiled modules can only be imported on their own architecture. `bytecode: all` imports nothing.",
        )


def _unpack(entries: Iterable[Entry], folder: Path) -> None:
    """Write files below a folder; their paths were checked when they were placed."""
    (folder / ROOT).mkdir()
    for entry in entries:
        path = folder / entry.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.writelines(entry.content())
