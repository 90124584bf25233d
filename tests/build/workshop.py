"""A repository with one layer, and an index: what resolver tests are about."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from layer_action.build.asking.asked import Asking
from layer_action.build.asking.requirements import read_requirements
from layer_action.build.resolve import UvResolver
from layer_action.errors import LayerActionError, Problems, ResolutionError
from layer_action.http import Http
from layer_action.model.layer import LayerSpec
from layer_action.model.target import Architecture, Target
from layer_action.ports.building import LayerInputs, Preferences, Resolution
from tests.fakes import RecordingConsole
from tests.standins.index import Index

X86_311 = Target(runtime="python3.11", architecture=Architecture.X86_64)
ARM_312 = Target(runtime="python3.12", architecture=Architecture.ARM64)
NOTHING = Preferences(versions={})
PROJECT = '[project]\nname = "{}"\nversion = "{}"\ndependencies = {}\n'


@dataclass(kw_only=True)
class Site:
    """`env` is the environment that the resolver gets; the index is its only one."""

    root: Path
    index: Index
    cache: Path
    env: dict[str, str]

    def write(self, path: str, text: str) -> Path:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        return place

    def resolver(self, console: RecordingConsole | None = None) -> UvResolver:
        http = Http(self.env, attempts=1)
        return UvResolver(env=self.env, cache=self.cache, http=http, console=console or RecordingConsole())

    def resolve(
        self, text: str = "", target: Target = ARM_312, preferences: Preferences = NOTHING, **overrides: Any
    ) -> Resolution:
        if text:
            self.write("requirements.txt", text)
        return self.resolver().resolve(spec_of(target, **overrides), target, self.root, preferences)

    def refusal(self, text: str = "", target: Target = ARM_312, **overrides: Any) -> ResolutionError:
        with pytest.raises(ResolutionError) as caught:
            self.resolve(text, target, **overrides)
        return caught.value

    def refusals(self, text: str = "", **overrides: Any) -> tuple[LayerActionError, ...]:
        with pytest.raises(Problems) as caught:
            self.resolve(text, **overrides)
        return caught.value.problems

    def versions(self, text: str = "", target: Target = ARM_312, **overrides: Any) -> dict[str, str]:
        lock = self.resolve(text, target, **overrides).lock
        return {found.name: found.version for found in lock.distributions}

    def inputs(self, text: str = "", **overrides: Any) -> LayerInputs:
        if text:
            self.write("requirements.txt", text)
        return self.resolver().inputs(spec_of(ARM_312, **overrides), self.root)

    def inputs_hash(self, text: str = "", **overrides: Any) -> str:
        return self.inputs(text, **overrides).inputs_hash


def spec_of(target: Target, **overrides: Any) -> LayerSpec:
    values: dict[str, Any] = {"requirements": ("requirements.txt",), "targets": (target,)}
    return LayerSpec(name="http", layer_name="http", **(values | overrides))


def read(root: Path, files: dict[str, str | bytes], **overrides: Any) -> Asking:
    """Write files of a repository; return what the requirements of its layer ask for."""
    for path, content in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_requirements(spec_of(ARM_312, **overrides), root)
