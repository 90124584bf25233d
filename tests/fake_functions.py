"""Functions in memory, with AWS's semantics: updates take a while, revisions change twice, layers are checked."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from layer_action.errors import AwsError, ConflictError, MissingResourceError, StaleRevisionError
from layer_action.model.function import AttachedLayer, FunctionAlias, PinnedFunction, Unknown
from layer_action.model.published import LayerArn
from layer_action.record import replace
from tests.fake_calls import Calls
from tests.fake_store import FakeStore, refused

_MOST_LAYERS = 5


@dataclass
class Held:
    """One function as AWS keeps it. `pending` counts the reads until an update is over."""

    shown: PinnedFunction
    layers_before: tuple[AttachedLayer, ...] = ()
    pending: int = 0
    fails: str = ""
    unpublished: bool = True
    aliases: dict[str, FunctionAlias] = field(default_factory=dict)
    versions: list[PinnedFunction] = field(default_factory=list)


@dataclass
class FakeFunctions:
    """Implements Functions.

    `settles_after` is how many reads an update stays InProgress. `verdict(name, layers)` returns why Lambda gives up on
    an update, or "". `failed_shows_asked` chooses which layers a failed function shows (AWS does not document it).
    `alarms` maps names to whether they are firing. Layers of our account must exist in `store`.
    """

    store: FakeStore
    settles_after: int = 1
    verdict: Callable[[str, Sequence[str]], str] = lambda _name, _layers: ""
    failed_shows_asked: bool = False
    alarms: dict[str, bool] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    code_sizes: dict[str, int] = field(default_factory=dict)
    _held: dict[str, Held] = field(default_factory=dict)
    _revisions: int = 0

    @property
    def calls(self) -> Calls:
        """The record, shared with the store."""
        return self.store.calls

    # -- seeding and looking, without a call ----------------------------------

    def add(
        self,
        function: PinnedFunction,
        *,
        aliases: Sequence[FunctionAlias] = (),
        versions: Sequence[PinnedFunction] = (),
    ) -> PinnedFunction:
        """Seed a function."""
        shown = replace(function, revision_id=self._revision())
        self._held[function.arn] = Held(
            shown=shown,
            aliases={a.name: replace(a, revision_id=self._revision()) for a in aliases},
            versions=list(versions),
            unpublished=not versions,
        )
        return shown

    def now(self, name_or_arn: str) -> PinnedFunction:
        """Return a function as it is."""
        return self._entry(name_or_arn).shown

    def layers(self, name_or_arn: str) -> tuple[str, ...]:
        """Return the layers of a function as they are."""
        return self.now(name_or_arn).layer_arns

    def all_functions(self) -> list[PinnedFunction]:
        """Return every function as it is."""
        return [held.shown for held in self._held.values()]

    def alias(self, name_or_arn: str, alias: str) -> FunctionAlias:
        """Return an alias as it is."""
        return self._entry(name_or_arn).aliases[alias]

    def aliases_of(self, name_or_arn: str) -> tuple[FunctionAlias, ...]:
        """Return the aliases as they are."""
        return tuple(self._entry(name_or_arn).aliases.values())

    def served(self, function_arn: str, alias: str) -> PinnedFunction:
        """Return the version behind an alias."""
        return self._qualified(self._entry(function_arn), f"{function_arn}:{alias}", alias)

    def edit(self, name_or_arn: str, **changes: object) -> None:
        """Change a function as somebody else would: its revision changes too."""
        held = self._entry(name_or_arn)
        held.shown = replace(held.shown, revision_id=self._revision(), **changes)  # type: ignore[arg-type]
        held.unpublished = True

    def edit_layers(self, name_or_arn: str, layers: Sequence[str]) -> None:
        """Change a function's layers as somebody else would."""
        self.edit(name_or_arn, layers=tuple(AttachedLayer(arn=arn) for arn in layers))

    def remove(self, name_or_arn: str) -> None:
        """Delete a function."""
        del self._held[self._entry(name_or_arn).shown.arn]

    # -- the port ---------------------------------------------------------------

    def listed(self, region: str) -> tuple[PinnedFunction, ...]:
        with self.calls.call("listed", region):
            silent = {"state": "", "status": "", "status_reason": "", "tags": Unknown(reason="a listing has no tags")}
            found = [replace(f, **silent) for f in self.all_functions() if f.region == region]  # type: ignore[arg-type]
            return tuple(sorted(found, key=lambda function: function.name))

    def listed_with_versions(self, region: str) -> tuple[PinnedFunction, ...]:
        with self.calls.call("listed_with_versions", region):
            held = [held for held in self._held.values() if held.shown.region == region]
            latest = [replace(one.shown, arn=f"{one.shown.arn}:$LATEST") for one in held]
            published = [version for one in held for version in one.versions]
            return tuple(sorted((*latest, *published), key=lambda function: function.arn))

    def read(self, function_arn: str) -> PinnedFunction:
        with self.calls.call("read", function_arn):
            unqualified, _, qualifier = function_arn.rpartition(":")
            if unqualified in self._held:
                return self._qualified(self._held[unqualified], function_arn, qualifier)
            held = self._known(function_arn)
            shown = held.shown
            if held.pending:
                held.pending -= 1
                if not held.pending:
                    self._settle(held)
            return shown

    def code_unzipped(self, function: PinnedFunction) -> int | Unknown:
        with self.calls.call("code_unzipped", function.arn):
            size = self.code_sizes.get(function.name)
            return Unknown(reason="its code cannot be read") if size is None else size

    def set_layers(self, function: PinnedFunction, layers: Sequence[str]) -> None:
        with self.calls.call("set_layers", function.arn, writes=True):
            held = self._known(function.arn)
            self._check_free(held)
            self._check_revision(held, function)
            self._check_layers(held.shown, layers)
            held.layers_before = held.shown.layers
            held.fails = self.verdict(held.shown.name, layers)
            held.shown = replace(
                held.shown,
                layers=tuple(AttachedLayer(arn=arn) for arn in layers),
                revision_id=self._revision(),
                status="InProgress",
                status_reason="The function is being created.",
            )
            held.pending = self.settles_after
            held.unpublished = True
            if not held.pending:
                self._settle(held)

    def tag(self, function_arn: str, tags: Mapping[str, str]) -> None:
        with self.calls.call("tag", function_arn, writes=True):
            held = self._known(function_arn)
            before = {} if isinstance(held.shown.tags, Unknown) else dict(held.shown.tags)
            held.shown = replace(held.shown, tags=before | dict(tags), revision_id=self._revision())

    def untag(self, function_arn: str, keys: Sequence[str]) -> None:
        with self.calls.call("untag", function_arn, writes=True):
            held = self._known(function_arn)
            before = {} if isinstance(held.shown.tags, Unknown) else dict(held.shown.tags)
            kept = {key: value for key, value in before.items() if key not in keys}
            held.shown = replace(held.shown, tags=kept, revision_id=self._revision())

    def aliases(self, function_arn: str) -> tuple[FunctionAlias, ...]:
        with self.calls.call("aliases", function_arn):
            return tuple(self._known(function_arn).aliases.values())

    def publish_version(self, function: PinnedFunction, description: str) -> str:
        del description
        with self.calls.call("publish_version", function.arn, writes=True):
            held = self._known(function.arn)
            self._check_free(held)
            self._check_revision(held, function)
            if held.unpublished:
                number = len(held.versions) + 1
                held.versions.append(replace(held.shown, arn=f"{function.arn}:{number}", revision_id=self._revision()))
                held.shown = replace(held.shown, revision_id=self._revision())
                held.unpublished = False
            return held.versions[-1].arn.rpartition(":")[2]

    def move_alias(self, function_arn: str, alias: FunctionAlias, function_version: str) -> None:
        with self.calls.call("move_alias", function_arn, writes=True):
            held = self._known(function_arn)
            current = held.aliases[alias.name]
            if current.revision_id != alias.revision_id:
                raise StaleRevisionError("The Revision Id provided does not match.", resource=function_arn)
            if not any(version.arn.endswith(f":{function_version}") for version in held.versions):
                raise MissingResourceError(f"Function not found: {function_arn}:{function_version}")
            held.aliases[alias.name] = replace(current, function_version=function_version, revision_id=self._revision())

    def alarms_firing(self, region: str, names: Sequence[str]) -> tuple[str, ...]:
        with self.calls.call("alarms_firing", region):
            for name in names:
                if name not in self.alarms:
                    raise MissingResourceError(f"There is no alarm {name} in {region}.", resource=name)
            return tuple(name for name in names if self.alarms[name])

    # -- inside -----------------------------------------------------------------

    def _revision(self) -> str:
        self._revisions += 1
        return f"revision-{self._revisions}"

    def _entry(self, name_or_arn: str) -> Held:
        if name_or_arn in self._held:
            return self._held[name_or_arn]
        return next(held for held in self._held.values() if held.shown.name == name_or_arn)

    def _known(self, function_arn: str) -> Held:
        if function_arn not in self._held:
            raise MissingResourceError(
                f"Function not found: {function_arn}", operation="lambda:GetFunction", resource=function_arn
            )
        return self._held[function_arn]

    def _qualified(self, held: Held, function_arn: str, qualifier: str) -> PinnedFunction:
        alias = held.aliases.get(qualifier)
        version = alias.function_version if alias else qualifier
        if version == "$LATEST":
            return replace(held.shown, arn=function_arn)
        for published in held.versions:
            if published.arn.endswith(f":{version}"):
                return replace(published, arn=function_arn)
        raise MissingResourceError(f"Function not found: {function_arn}", resource=function_arn)

    def _settle(self, held: Held) -> None:
        layers = held.shown.layers
        if held.fails and not self.failed_shows_asked:
            layers = held.layers_before
        held.shown = replace(
            held.shown,
            layers=layers,
            status="Failed" if held.fails else "Successful",
            status_reason=held.fails,
            revision_id=self._revision(),
        )
        held.pending = 0

    def _check_free(self, held: Held) -> None:
        if held.pending:
            raise ConflictError(
                "The operation cannot be performed at this time. An update is in progress for resource: "
                f"{held.shown.arn}",
                resource=held.shown.arn,
            )

    def _check_revision(self, held: Held, function: PinnedFunction) -> None:
        assert function.revision_id, "an update without a revision"
        if function.revision_id != held.shown.revision_id:
            raise StaleRevisionError("The Revision Id provided does not match the latest.", resource=function.arn)

    def _check_layers(self, shown: PinnedFunction, layers: Sequence[str]) -> None:
        if shown.package_type == "Image":
            raise refused("Lambda layers are not supported for functions created with container images.", shown.arn)
        if len(layers) > _MOST_LAYERS:
            raise refused(f"Cannot reference more than {_MOST_LAYERS} layers.", shown.arn)
        names = Counter(arn.rpartition(":")[0] for arn in layers if LayerArn.of_version(arn))
        if any(count > 1 for count in names.values()):
            raise refused("Two different versions of the same layer are not allowed.", shown.arn)
        for arn in layers:
            self._check_layer(shown, arn)

    def _check_layer(self, shown: PinnedFunction, arn: str) -> None:
        split = LayerArn.of_version(arn)
        if arn in self.forbidden:
            raise AwsError(f"You may not use {arn}.", operation="lambda:GetLayerVersion", resource=arn)
        if split and split[0].account == self.store.account_id and not self.store.exists(arn):
            raise refused(f"Layer version {arn} does not exist.", shown.arn)
        if split and split[0].region != shown.region:
            raise refused("Layers are not in the same region as the function.", shown.arn)
