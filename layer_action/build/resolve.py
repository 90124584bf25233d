"""The resolver: from requirement files and locks of the repository to one complete, checked lock a target."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from layer_action.build.asking.asked import Asking
from layer_action.build.asking.filling import IndexOptionError
from layer_action.build.asking.identity import input_parts
from layer_action.build.asking.lines import text_of
from layer_action.build.asking.lock_text import lock_lines
from layer_action.build.asking.requirements import read_requirements, read_what_can_be
from layer_action.build.files.places import reading_below
from layer_action.build.splicing.own_files import own_files
from layer_action.errors import LayerActionError, Location, by_line, raise_all
from layer_action.formats.digest import inputs_hash
from layer_action.http import Http
from layer_action.model.layer import LayerSpec
from layer_action.model.own_files import OwnFiles
from layer_action.model.target import Target
from layer_action.ports.building import LayerInputs, Preferences, Resolution
from layer_action.ports.speaking import Console


class UvResolver:
    """Implements `ports.Resolver`. `env` is the environment of the run, `cache` a folder that runs may share."""

    def __init__(self, *, env: Mapping[str, str], cache: Path, http: Http, console: Console) -> None:
        """Remember the settings; nothing is started."""
        self._env = env
        self._cache = cache
        self._http = http
        self._console = console

    def inputs(self, spec: LayerSpec, root: Path) -> LayerInputs:
        """Read requirement files and own files. Raises ConfigError, Problems."""
        problems: list[LayerActionError] = []
        asking = Asking()
        own = OwnFiles()
        try:
            with reading_below(root.resolve()):
                asking = read_requirements(spec, root)
        except LayerActionError as problem:
            problems.append(problem)
        try:
            own = own_files(spec, root)
        except LayerActionError as problem:
            problems.append(problem)
        raise_all(problems)
        with reading_below(root.resolve()):
            parts, projects = input_parts(spec, root.resolve(), asking, own)
        return LayerInputs(
            inputs_hash=inputs_hash(parts),
            lines=_lock_lines(asking, root) | asking.lines() | asking.bounds(),
            lines_on={target: asking.on(target).lines() | asking.on(target).bounds() for target in spec.targets},
            own_files=own,
            projects=projects,
        )

    def resolve(self, spec: LayerSpec, target: Target, root: Path, preferences: Preferences) -> Resolution:
        """Lock a spec for one target. Raises ResolutionError, ConfigError, BuildError, Problems.

        Where a line cannot be read, what is wrong with the others is told too.
        """
        # most runs end with equal inputs: they load none of this
        from layer_action.build.asking.logins import learn_logins  # noqa: PLC0415
        from layer_action.build.resolving.resolution import Resolving  # noqa: PLC0415
        from layer_action.build.sources.origin import Origins, Tools  # noqa: PLC0415

        read, problems = read_what_can_be(spec, root)
        asking = read.expanded(self._env, root.resolve())
        learn_logins(asking, root.resolve(), self._env, self._http)
        tools = Tools(env=self._env, http=self._http, cache=self._cache)
        with TemporaryDirectory(prefix="lambda-layer-") as name:
            origins = Origins(tools, root=root.resolve(), folder=Path(name))
            resolving = Resolving(tools, origins, asking, spec, target)
            if problems:
                index_is_known = not any(isinstance(problem, IndexOptionError) for problem in problems)
                raise_all(by_line([*problems, *resolving.problems(self._console, index_is_known=index_is_known)]))
            return resolving.run(preferences, self._console)


def _lock_lines(asking: Asking, root: Path) -> dict[str, Location]:
    texts = {lock.path: text_of(root / lock.path, root) for lock in asking.locks}
    return {name: where for file, text in texts.items() for name, where in lock_lines(text, file).items()}
