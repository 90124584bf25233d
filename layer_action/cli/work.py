"""What the commands of one run share: its parts, and the ways to plan and to tell."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from layer_action import wiring
from layer_action.cli.stopping import Stopping
from layer_action.commands.announce import Audience, announce
from layer_action.commands.outputs import layer_rows
from layer_action.commands.plan import Planned, PlanRequest, plan_layers
from layer_action.commands.survey import regions_of
from layer_action.commands.tell import tell
from layer_action.config.load import load
from layer_action.config.wording import suggestion
from layer_action.config_file import read_config
from layer_action.decide.numbering import ReleaseRequest
from layer_action.errors import InputError, LayerActionError, Location, exit_code_of
from layer_action.inputs import FOLDER
from layer_action.model.command import Command
from layer_action.model.function import Unknown
from layer_action.model.layer import LayerSpec
from layer_action.model.plan import Outcome, Plan
from layer_action.ports.aws import LayerStore
from layer_action.ports.building import Resolver
from layer_action.ports.services import Services, Unavailable, needs_aws
from layer_action.prepare import Prepared
from layer_action.record import replace

if TYPE_CHECKING:
    from layer_action.rollout.journal import Journal

UPGRADE_ALL = "all"


class Work:
    """One run under way."""

    def __init__(self, prepared: Prepared, services: Services, env: Mapping[str, str], stopping: Stopping) -> None:
        """Put the parts together; nothing happens yet."""
        self.prepared = prepared
        self.arguments = prepared.arguments
        self.inputs = prepared.inputs
        self.services = services
        self.env = env
        self.stopping = stopping
        # the session's credentials were made before this at the latest
        self.started = services.clock.now()
        self.audience = Audience(
            folder=prepared.root / FOLDER,
            workspace=prepared.root,
            # the comment is `plan`'s: a later `build` of the same job would overwrite it with less
            pull_request=prepared.event.pull_request if prepared.command is Command.PLAN else None,
            comment=prepared.inputs.comment,
            environment=prepared.environment.name,
            annotations=self.on_runner,
        )

    @property
    def on_runner(self) -> bool:
        """Whether GitHub Actions reads along."""
        return self.env.get("GITHUB_ACTIONS") == "true"

    def plan(
        self,
        release: ReleaseRequest | None = None,
        *,
        complete: bool = False,
        repoint: bool = True,
        resolver: Resolver | None = None,
    ) -> Planned:
        """Plan all chosen layers; without `repoint`, no function. `resolver` takes the place of the run's own."""
        services = replace(self.services, resolver=resolver or self.services.resolver)
        upgrade = self.inputs.upgrade
        request = PlanRequest(
            base=self.arguments.base or None,
            base_specs=self._base_specs(),
            declared=self.prepared.declared,
            regions=self.inputs.regions,
            default_region=self.prepared.default_region,
            upgrade=() if UPGRADE_ALL in upgrade else upgrade,
            upgrade_all=UPGRADE_ALL in upgrade,
            allow_older=self.inputs.allow_older,
            release=release,
            repoint=repoint,
            complete=complete,
        )
        with self.services.console.group("Plan"):
            return plan_layers(services, self.prepared.specs, request)

    def plan_of_file(self) -> Plan:
        """Return the plan that an earlier run wrote. Raises InputError."""
        given, file = self.arguments.plan, self.inputs.plan_file
        name = given or file
        try:
            data = (self.given_path(given) if given else self.prepared.root / file).read_bytes()
        except OSError as error:
            raise InputError(
                f"the plan file cannot be read: {error.strerror}",
                hint="`plan --out FILE` writes one; a job of its own must download what the plan's job uploaded.",
                location=Location(name),
            ) from error
        from layer_action.formats import planfile  # noqa: PLC0415 - most runs make their plan

        return planfile.decode(data, file=name, root=self.prepared.root)

    def _base_specs(self) -> tuple[LayerSpec, ...] | None:
        """Return the layers that the base commit declares; None where that cannot be told."""
        repository = self.services.repository
        base = self.arguments.base or repository.default_base()
        try:
            # with AWS nothing else of the base is asked for: its other files may be many, and elsewhere
            if not isinstance(base, Unknown) and not isinstance(self.services.store, Unavailable):
                text = repository.text(base, self.inputs.config)
                if isinstance(text, str):
                    return load(
                        text.removeprefix("\ufeff"), self.inputs.config, environment=self.inputs.environment
                    ).layers
            tree = base if isinstance(base, Unknown) else repository.tree(base)
            return None if isinstance(tree, Unknown) else read_config(tree.folder, self.inputs).layers
        except LayerActionError:
            # The base's own config may be broken: that is not for this run to report.
            return None

    def announce(self, plan: Plan, outcome: Outcome | None, **outputs: str) -> None:
        """Tell everyone who listens."""
        announce(self.services, plan, outcome, self.audience, **outputs)
        if self.arguments.json:
            self.say_json(layer_rows(plan, outcome))

    def tell(self, error: LayerActionError, outcome: Outcome) -> int:
        """Tell what ended the run, unless the report of the outcome just did; return the exit code."""
        if self.on_runner or error is not outcome.error:
            tell(self.services.console, error)
        if error is not outcome.error:
            wiring.summarise(self.env, error)
        return exit_code_of(error)

    def say(self, text: str) -> None:
        """Print a result on stdout as it is; on a runner, so that nothing in it is an order."""
        if self.on_runner:
            self.services.console.info(text.rstrip("\n"))
        else:
            sys.stdout.write(text)

    def say_json(self, value: object) -> None:
        """Print JSON on stdout, where nothing else is printed."""
        text = json.dumps(value, indent=2)
        # on a runner `##[…]` is an order wherever it stands in a line; `::` is one only where a line begins
        sys.stdout.write(text.replace("##[", "##\\u005b") + "\n")

    def journal(self) -> "Journal":
        """Open this run's journal."""
        from layer_action.rollout.journal import Journal  # noqa: PLC0415 - a build changes nothing

        return Journal(
            self.audience.path("journal.jsonl"),
            account=self.store().account(),
            commit=self.services.repository.head(),
            command=str(self.prepared.command),
        )

    def store(self) -> LayerStore:
        """Return the layer store. Raises InputError when the run has none."""
        if isinstance(self.services.store, Unavailable):
            raise needs_aws(self.services.store)
        return self.services.store

    def spec(self, name: str) -> LayerSpec:
        """Return the layer of the config with that name; without one, the only layer chosen. Raises InputError."""
        chosen = self.prepared.specs
        if not name and len(chosen) == 1:
            return chosen[0]
        for spec in chosen:
            if spec.name == name:
                return spec
        names = [spec.name for spec in chosen]
        raise InputError(
            f"the config declares no layer {name!r}" if name else f"`{self.prepared.command}` is about one layer",
            hint=f"{suggestion(name, names)}Name one of: {', '.join(names)}.",
            location=Location("LAYER" if name else "input layers"),
        )

    def regions_of(self, spec: LayerSpec) -> tuple[str, ...]:
        """Return the regions of a layer. Raises InputError when there is none."""
        return regions_of([spec], self.inputs.regions, self.prepared.default_region)[spec.name]

    def given_path(self, text: str) -> Path:
        """Return a path of the command line: relative to the folder that the command was started in."""
        return self.prepared.here / text

    def confirmed(self, question: str) -> bool:
        """Ask a person whether to go on; in CI, and with `--yes`, the answer is yes.

        Raises InputError where there is no person.
        """
        if self.arguments.yes or self.env.get("CI") not in {None, "", "false"}:
            return True
        if not sys.stdin.isatty():
            raise InputError("nobody can be asked whether to change AWS", hint="Look at the plan, then add `--yes`.")
        self.services.console.info(f"{question} [y/N]")
        return sys.stdin.readline().strip().lower() in {"y", "yes"}
