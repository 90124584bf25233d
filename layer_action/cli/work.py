"""What the commands of one run share: its parts, and the ways to plan and to tell."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from layer_action.cli.stopping import Stopping
from layer_action.commands.announce import FOLDER, Audience, announce
from layer_action.commands.outputs import layer_rows, outputs_of
from layer_action.commands.plan import Planned, PlanRequest, plan_layers
from layer_action.decide.numbering import ReleaseRequest
from layer_action.errors import InputError, LayerActionError, Location
from layer_action.model.function import Unknown
from layer_action.model.layer import LayerSpec
from layer_action.model.plan import Outcome, Plan
from layer_action.ports import Functions, LayerStore, Services, Unavailable
from layer_action.prepare import Prepared, read_config
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
        self.audience = Audience(
            folder=prepared.root / FOLDER,
            workspace=prepared.root,
            pull_request=prepared.event.pull_request,
            comment=prepared.inputs.comment,
            environment=prepared.environment.name,
        )

    def plan(self, release: ReleaseRequest | None = None, *, complete: bool = False) -> Planned:
        """Plan all chosen layers."""
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
            repoint=not self.arguments.no_repoint,
            complete=complete,
        )
        with self.services.console.group("Plan"):
            return plan_layers(self.services, self.prepared.specs, request)

    def _base_specs(self) -> tuple[LayerSpec, ...] | None:
        """Return the layers that the base commit declares; None where that cannot be told."""
        repository = self.services.repository
        base = self.arguments.base or repository.default_base()
        tree = base if isinstance(base, Unknown) else repository.tree(base)
        if isinstance(tree, Unknown):
            return None
        try:
            return read_config(tree, self.inputs).layers
        except LayerActionError:
            # The base's own config may be broken: that is not for this run to report.
            return None

    def announce(self, plan: Plan, outcome: Outcome | None, **outputs: str) -> None:
        """Tell everyone who listens."""
        announce(self.services, plan, outcome, self.audience, **outputs)
        if self.arguments.json:
            self.say_json(layer_rows(plan, outcome))

    def write_outputs(self) -> None:
        """Write every output, for a command that has no plan."""
        self.services.runner.outputs(outputs_of(None, None))

    def say_json(self, value: object) -> None:
        """Print JSON on stdout, where nothing else is printed."""
        sys.stdout.write(json.dumps(value, indent=2) + "\n")

    def journal(self) -> Journal:
        """Open this run's journal."""
        return Journal(
            self.audience.path("journal.jsonl"),
            account=self.store().account(),
            commit=self.services.repository.head(),
        )

    def store(self) -> LayerStore:
        """Return the layer store. Raises InputError when the run has none."""
        if isinstance(self.services.store, Unavailable):
            raise InputError(f"this command needs AWS: {self.services.store.reason}")
        return self.services.store

    def functions(self) -> Functions:
        """Return the functions. Raises InputError when the run has none."""
        if isinstance(self.services.functions, Unavailable):
            raise InputError(f"this command needs AWS: {self.services.functions.reason}")
        return self.services.functions

    def spec(self, name: str) -> LayerSpec:
        """Return the layer of the config with that name. Raises InputError."""
        for spec in self.prepared.specs:
            if spec.name == name:
                return spec
        declared = ", ".join(spec.name for spec in self.prepared.specs)
        raise InputError(
            f"the config declares no layer {name!r}", hint=f"It declares: {declared}.", location=Location("LAYER")
        )

    def output_folder(self, given: str, name: str) -> Path:
        """Return a folder for files: the one asked for, else one of ours in the workspace."""
        return Path(given) if given else self.audience.path(name)

    def confirmed(self, question: str, *, answer: Callable[[str], str] = input) -> bool:
        """Ask a person whether to go on; in CI, and with `--yes`, the answer is yes.

        Raises InputError where there is no person.
        """
        if self.arguments.yes or self.env.get("CI") or self.env.get("GITHUB_ACTIONS") == "true":
            return True
        if not sys.stdin.isatty():
            raise InputError("nobody can be asked whether to change AWS", hint="Look at the plan, then add `--yes`.")
        return answer(f"{question} [y/N] ").strip().lower() in {"y", "yes"}
