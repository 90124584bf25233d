"""Distributions that a layer gets from source: built, or kept from before, for each Python that shares the zip."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from layer_action.build.sources.built import ForeignWheelError, wanted_by
from layer_action.build.sources.noticed import (
    beside,
    built_by_another,
    leftovers,
    of_public_index,
    pointers,
    without_history,
)
from layer_action.build.sources.source import DEFAULT_INDEXES, SourceBuilder, index_for_builds
from layer_action.build.sources.wanted import BuiltWheel
from layer_action.build.wheels.verify import verify
from layer_action.build.wheels.wheel import OpenWheel, reading
from layer_action.errors import BuildError, LayerActionError
from layer_action.formats.digest import sha256_of
from layer_action.model.layer import LayerContent
from layer_action.model.lock import LockedDistribution, Source
from layer_action.model.target import Target
from layer_action.record import record, replace


@record
class FromSource:
    """One distribution of a layer that is built from source, below the repository at `root`."""

    builder: SourceBuilder
    content: LayerContent
    found: LockedDistribution
    source: Source
    root: Path

    def opened(self, stack: ExitStack) -> OpenWheel:
        """Return its wheel, until the end of the stack. Raises BuildError."""
        wanted = wanted_by(self.content, self.found)
        try:
            built = self._wheel(wanted.target, wanted.also, stack)
            pythons = self._other_pythons(built)
            if built.path.name.endswith("-any.whl"):
                for target in {python: target for target, python in pythons.items() if python != built.python}.values():
                    self._hold_equal(built, wanted.target, self._wheel(target, (), stack), target)
        except ForeignWheelError as error:
            hint = _ways_out(error, self.content, self.builder.kept.otherwise(self.source, wanted))
            raise BuildError(error.message, hint=hint) from error
        read, size = stack.enter_context(reading(built.path))
        opened = OpenWheel.of(built.path.name, read, size, verify(read, size, built.path.name))
        by_others = {wanted.target: built.python or wanted.target.python} | pythons
        findings = [
            *(
                built_by_another(self.found, python, target)
                for target, python in by_others.items()
                if python != target.python
            ),
            *of_public_index(self.found, self._private_index()),
            *pointers(self.found, self.source, built.path),
            *leftovers(self.found, self.source, self.root),
            *beside(self.found, self.source, self.root),
            *without_history(self.found, self.source, self.root),
        ]
        return replace(opened, findings=tuple(findings))

    def _private_index(self) -> str:
        """Return the variable of the default index where that needs a login, which no build sees; else ""."""
        env = self.builder.env
        return "" if index_for_builds(env) else next((name for name in DEFAULT_INDEXES if env.get(name)), "")

    def _wheel(self, target: Target, also: tuple[Target, ...], stack: ExitStack) -> BuiltWheel:
        into = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lambda-layer-")))
        wanted = replace(wanted_by(self.content, self.found), target=target, also=also)
        return self.builder.wheel(self.source, wanted, root=self.root, into=into)

    def _other_pythons(self, built: BuiltWheel) -> dict[Target, str]:
        """Return which Pythons would build for the targets of other runtimes that share the zip."""
        wanted = wanted_by(self.content, self.found)
        others = [target for target in wanted.also if target.runtime != wanted.target.runtime] if built.python else []
        return {target: self.builder.python_for(target).version for target in others}

    def _hold_equal(self, one: BuiltWheel, first: Target, other: BuiltWheel, target: Target) -> None:
        """Raise BuildError where a source becomes another wheel for another Python: one zip cannot hold both."""
        if sha256_of(one.path) != sha256_of(other.path):
            raise BuildError(
                f"{self.found.name}, built from source, is another wheel for {target} than for {first}.",
                hint="Give each runtime a zip of its own: `{runtime}` in the layer's `name`.",
            )


def _ways_out(error: LayerActionError, content: LayerContent, there_is: str) -> str:
    """Return what to do about a wheel for another machine, with what was handed over instead.

    One that targets share can never suit them all.
    """
    runtimes = {target.runtime for target in content.targets}
    machines = {target.architecture for target in content.targets}
    if apart := ["runtime"] * (len(runtimes) > 1) + ["architecture"] * (len(machines) > 1):
        name = "-".join([content.spec.layer_name, *(f"{{{word}}}" for word in apart)])
        return f"Give each {' and '.join(apart)} a zip of its own: `name: {name}`; or make the project pure Python."
    return "\n".join(filter(None, [error.hint, there_is]))
