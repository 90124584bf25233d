"""One layer's settings, from every place of the file that may set them."""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from layer_action.config.lines import Document, Json, Path
from layer_action.errors import ConfigError, LayerActionError, Location, raise_all
from layer_action.model.layer import (
    Bump,
    Bytecode,
    IndexOptions,
    LayerSpec,
    ManagedFunctions,
    OnFailure,
    Publication,
    Rollout,
)
from layer_action.model.target import Architecture, Target

_LAYER_NAME: Final = re.compile(r"[a-zA-Z0-9-_]{1,140}")
_PLACEHOLDERS: Final = ("layer", "runtime", "architecture")
_UNITS: Final = {"": 1, "B": 1, "kB": 1000, "KB": 1000, "MB": 1000**2, "KiB": 1024, "MiB": 1024**2}


def targets_of(runtimes: Iterable[str], architectures: Iterable[Architecture]) -> tuple[Target, ...]:
    """Return each runtime on each architecture."""
    return tuple(Target(runtime=r, architecture=a) for r in runtimes for a in architectures)


class SpecReader:
    """Reads one layer's settings: its environment's override, its own, the environment's, the file's, in this order."""

    def __init__(self, document: Document, name: str, environment: str, broken: Collection[Path]) -> None:
        """Remember where to look; `environment` is "" for none. What is `broken` is told already: it is not read."""
        self._document = document
        self._name = name
        places: list[Path] = [("layers", name), ()]
        if environment:
            above = ("environments", environment)
            places = [(*above, "layers", name), above, *places]
        self._places = places
        self._settings = [self._mapping_at(place) for place in places]
        self._broken = {path[:length] for path in broken for length in range(1, len(path) + 1)}
        self._unread: set[str] = set()
        self.problems: list[LayerActionError] = []

    def _mapping_at(self, path: Path) -> dict[str, Json]:
        value: Json = self._document.value
        for key in path:
            value = value.get(str(key)) if isinstance(value, dict) else None
        if isinstance(value, str | list):
            return {"requirements": value}
        return value if isinstance(value, dict) else {}

    def _found(self, key: str) -> tuple[Json, Path] | None:
        for settings, place in zip(self._settings, self._places, strict=True):
            if (*place, key) in self._broken:
                self._unread.add(key)
                return None
            if key in settings:
                return settings[key], (*place, key)
        return None

    def _text(self, key: str, default: str = "") -> str:
        found = self._found(key)
        return str(found[0]) if found else default

    def _list(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        found = self._found(key)
        return _strings(found[0]) if found else default

    def _location(self, key: str) -> Location:
        found = self._found(key)
        return self._document.location(found[1] if found else ("layers", self._name))

    def _wrong(self, key: str, message: str, hint: str, *, also: Collection[str] = ()) -> None:
        """Note a problem, unless it may come from not having read `key`, or what it is `also` about."""
        if self._unread.isdisjoint({key, *also}):
            self.problems.append(ConfigError(message, hint=hint, location=self._location(key)))

    def spec(self) -> LayerSpec:
        """Return the spec. Raises ConfigError, or Problems with all of them."""
        sources = self._list("build-from-source", ("local",))
        spec = LayerSpec(
            name=self._name,
            layer_name=self._layer_name("name", self._text("name", "{layer}")),
            requirements=self._list("requirements"),
            targets=self._spec_targets(),
            groups=self._list("groups"),
            extras=self._list("extras"),
            include=self._list("include"),
            exclude=self._list("exclude"),
            provided=self._list("provided"),
            index_options=IndexOptions(self._text("index-options", "refuse")),
            build_from_source="local" if sources == ("local",) else "none" if sources == ("none",) else sources,
            bytecode=Bytecode(self._text("bytecode", "none")),
            imports=self._list("imports"),
            budget=self._budget(),
            rollout=self._rollout(),
            publication=self._publication(),
            locations=tuple(self._locations()),
        )
        self._check(spec)
        raise_all(self.problems)
        return spec

    def _spec_targets(self) -> tuple[Target, ...]:
        architectures = self._list("architectures", (Architecture.X86_64.value,))
        return targets_of(self._list("runtimes"), [Architecture(value) for value in architectures])

    def _rollout(self) -> Rollout:
        functions = self._found("functions")
        globs = functions[0] if functions and isinstance(functions[0], dict) else {}
        words = {str(bump): bump for bump in Bump}
        return Rollout(
            repoint=words[self._text("repoint", "major")],
            include=_strings(globs.get("include", "*")),
            exclude=_strings(globs.get("exclude", [])),
            managed_functions=ManagedFunctions(self._text("managed-functions", "skip")),
            alias=self._text("alias"),
            bake=float(self._text("bake", "0")),
            alarms=self._list("alarms"),
            on_failure=OnFailure(self._text("on-failure", "rollback")),
            replaces=self._layer_name("replaces", former) if (former := self._text("replaces")) else "",
        )

    def _publication(self) -> Publication:
        return Publication(
            regions=self._list("regions"),
            license=self._text("license"),
            share=self._list("share"),
            ssm=self._text("ssm"),
            s3_bucket=self._text("s3-bucket"),
            pin_files=self._list("pin-files"),
        )

    def _budget(self) -> int | None:
        text = self._text("budget")
        match = re.fullmatch(r"(\d+(?:\.\d+)?) ?([a-zA-Z]*)", text)
        return int(float(match[1]) * _UNITS[match[2]]) if match else None

    def _layer_name(self, key: str, template: str) -> str:
        for placeholder in re.findall(r"\{([^}]*)\}", template):
            if placeholder not in _PLACEHOLDERS:
                self._wrong(
                    key,
                    f"the layer name {template!r} holds `{{{placeholder}}}`",
                    f"A name may hold {', '.join('{' + word + '}' for word in _PLACEHOLDERS)}.",
                )
        name = template.replace("{layer}", self._name)
        longest = re.sub(r"\{[^}]*\}", "python3_12", name)
        if not _LAYER_NAME.fullmatch(longest):
            self._wrong(
                key,
                f"AWS does not take the layer name {name!r}",
                "A layer name has 1 to 140 letters, digits, dashes and underscores; set `name`.",
            )
        return name

    def _check(self, spec: LayerSpec) -> None:
        if not spec.targets:
            self._wrong(
                "runtimes", f"the layer `{spec.name}` has no runtimes", "Write, for instance, `runtimes: [python3.12]`."
            )
        if not spec.requirements and not spec.include:
            message, also = f"the layer `{spec.name}` has no requirements", ("requirements", "include")
            self._wrong("", message, "Write `requirements: PATH`.", also=also)
        if bool(spec.imports) != (spec.bytecode is Bytecode.IMPORTS):
            message = "`imports` and `bytecode: imports` go together"
            self._wrong("imports", message, "Write both or neither.", also=("bytecode",))
        self._check_parameter(spec.publication.ssm)

    def _check_parameter(self, name: str) -> None:
        """Hold the parameter's name against SSM's own rules, before anything is published."""
        unknown = set(re.findall(r"\{([^}]*)\}", name)) - {"layer", "region"}
        if unknown:
            self._wrong(
                "ssm",
                f"the parameter's name {name!r} holds `{{{min(unknown)}}}`",
                "It may hold {layer} and {region}; {layer} stands for AWS's name of the layer.",
            )
        elif "/" in name.lstrip("/") and not name.startswith("/"):
            self._wrong("ssm", f"SSM does not take the parameter's name {name!r}", f"Write `ssm: /{name}`.")
        elif name.lstrip("/").lower().startswith(("aws", "ssm")):
            self._wrong("ssm", f"SSM does not take the parameter's name {name!r}", "It keeps aws… and ssm… for itself.")

    def _locations(self) -> Iterator[tuple[str, Location]]:
        yield "", self._document.location(("layers", self._name))
        keys = {key for settings in self._settings for key in settings}
        for key in sorted(keys - {"layers", "environments", "account", "role"}):
            yield key, self._location(key)


def _strings(value: Json) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, list) else (str(value),)
