"""One repository's life: what GitHub says to a job at each event, and the checkout that the job finds."""

import io
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import boto3

from tests.container.hosted import Step, Trigger
from tests.end_to_end.checkout import Checkout
from tests.standins.github.mirror import mirror
from tests.standins.github.server import FakeGitHub
from tests.standins.ministack import ACCOUNT, MinistackServer

_NO_COMMIT = "0" * 40


class Runner(Protocol):
    """What starts the action on a workspace; `env` is what the job's other steps have set."""

    folder: Path
    env: dict[str, str]

    @property
    def workspace(self) -> Path:
        """The checkout."""

    def run(self, trigger: Trigger, *, api: str = "", **inputs: str) -> Step:
        """Run the action for an event; without an input `token`, with the token of the job."""


@dataclass(slots=True, kw_only=True)
class Job:
    """Runs the action for events of one repository. `origin` is the repository on GitHub.

    With `sparse`, only these folders are checked out, and only their files fetched; with `submodules`, those as well.
    """

    origin: Checkout
    runner: Runner
    hub: FakeGitHub
    aws: MinistackServer
    sparse: tuple[str, ...] = ()
    submodules: bool = False

    def pull_request(
        self, *, head: str = "octo/shop", action: str = "opened", base: str = "", merged: bool = False, **inputs: str
    ) -> Step:
        """Pull request 7, with the merge commit of `raise` and `main` checked out at depth 1.

        `base` is the commit that the event names, where that is not the tip of `main` any more.
        """
        base, tip = base or self.origin.git("rev-parse", "main"), self.origin.git("rev-parse", "raise")
        self._merge_seven(tip)
        sha = self._check_out("merge-7")
        payload = {
            "action": action,
            "number": 7,
            "pull_request": {
                "number": 7,
                "merged": merged,
                "head": {"sha": tip, "ref": "raise", "repo": {"full_name": head}},
                "base": {"sha": base, "ref": "main", "repo": {"full_name": "octo/shop"}},
            },
        }
        trigger = Trigger(
            name=inputs.pop("event", "pull_request"),
            payload=self._repository() | payload,
            ref="refs/pull/7/merge",
            sha=sha,
        )
        return self.runner.run(trigger, api=self.hub.url, **inputs)

    def push(self, branch: str = "main", *, commit: str = "", before: str = _NO_COMMIT, **inputs: str) -> Step:
        """Push a branch, or run the push of an older commit again."""
        if commit:
            self.origin.git("branch", "--force", "run-again", commit)
        revision, ref = "run-again" if commit else branch, f"refs/heads/{branch}"
        payload = {"ref": ref, "before": before, "after": self.origin.git("rev-parse", revision)}
        return self.event("push", payload, ref=ref, revision=revision, **inputs)

    def push_tag(self, tag: str, *, again: bool = False, **inputs: str) -> Step:
        """Push a tag on main, or run the job of a tag again."""
        if not again:
            self.origin.git("tag", tag, "main")
        ref = f"refs/tags/{tag}"
        payload = {"ref": ref, "before": _NO_COMMIT, "after": self.origin.git("rev-parse", tag)}
        return self.event("push", payload, ref=ref, revision=tag, **inputs)

    def event(
        self,
        name: str,
        payload: dict[str, Any] | str | None = None,
        *,
        ref: str = "refs/heads/main",
        revision: str = "main",
        sha: str = "",
        **inputs: str,
    ) -> Step:
        """Start the workflow by any event; `revision` is the branch or tag to check out, `sha` the event's commit."""
        head = self._check_out(revision)
        given = payload if isinstance(payload, str) else self._repository() | (payload or {})
        trigger = Trigger(name=name, payload=given, ref=ref, sha=sha or head)
        return self.runner.run(trigger, api=self.hub.url, **inputs)

    def raise_parcel(self, version: str, branch: str = "raise") -> None:
        """Lock a newer wheel on main, or on another branch that begins where we are."""
        self.origin.git("switch", "--quiet", *(("main",) if branch == "main" else ("--force-create", branch)))
        self.origin.lock_wheel("parcel", "parcel", version)
        self.origin.commit(f"Raise parcel to {version}")

    def merge(self) -> None:
        """Merge the branch into main."""
        self.origin.git("switch", "--quiet", "main")
        self.origin.git("merge", "--quiet", "--no-ff", "-m", "Merge", "raise")

    @property
    def client(self) -> Any:
        """A boto3 Lambda client."""
        return boto3.client(
            "lambda",
            endpoint_url=self.aws.endpoint_url,
            region_name=self.aws.env["AWS_REGION"],
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="secret",
        )

    def descriptions(self) -> list[str]:
        """Return the descriptions of the layer's versions, the newest first."""
        return [found["Description"] for found in self.client.list_layer_versions(LayerName="parcel")["LayerVersions"]]

    def pin_function(self) -> str:
        """Create the function `orders`, pinned to the newest version of the layer; return that version's ARN."""
        arn: str = self.client.list_layer_versions(LayerName="parcel")["LayerVersions"][0]["LayerVersionArn"]
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("app.py", "def handler(event, context):\n    return event\n")
        self.client.create_function(
            FunctionName="orders",
            Role=f"arn:aws:iam::{ACCOUNT}:role/shop",
            Runtime="python3.12",
            Handler="app.handler",
            Code={"ZipFile": code.getvalue()},
            Layers=[arn],
        )
        self.client.get_waiter("function_active_v2").wait(FunctionName="orders", WaiterConfig={"Delay": 1})
        return arn

    def layers_of_function(self) -> list[str]:
        """Return the ARNs that the function `orders` lists."""
        return [layer["Arn"] for layer in self.client.get_function_configuration(FunctionName="orders")["Layers"]]

    def _check_out(self, revision: str) -> str:
        """Leave in the workspace what actions/checkout leaves: one commit, and no credentials to fetch more."""
        shutil.rmtree(self.runner.workspace, ignore_errors=True)
        self.runner.workspace.mkdir(parents=True)
        mirror(self.origin.root, self.hub.repository)
        clone = Checkout(root=self.runner.workspace)
        tag = self.origin.git("tag", "--list", revision)
        name, branch = (f"refs/tags/{tag}", "") if tag else (f"refs/heads/{revision}", revision)
        local = f"refs/remotes/origin/{branch}" if branch else name
        clone.git("init", "--quiet", "--initial-branch=master")
        clone.git("remote", "add", "origin", f"file://{self.origin.root}")
        partial = ("--filter=blob:none",) if self.sparse else ()
        if self.sparse:
            self.origin.git("config", "uploadpack.allowFilter", "true")
            clone.git("config", "extensions.partialClone", "origin")
            clone.git("sparse-checkout", "set", *self.sparse)
        clone.git("fetch", "--quiet", "--no-tags", "--depth=1", *partial, "origin", f"+{name}:{local}")
        clone.git("checkout", "--quiet", "--force", *(("-B", branch, local) if branch else (local,)))
        if self.submodules:
            clone.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init", "--depth=1")
        clone.git("remote", "set-url", "origin", "https://github.example/octo/shop")
        return clone.git("rev-parse", "HEAD")

    def _merge_seven(self, tip: str) -> None:
        """Make the merge commit of pull request 7, unless neither side has moved: GitHub then has it already."""
        main = self.origin.git("rev-parse", "main")
        if self.origin.git("for-each-ref", "--format=%(parent)", "refs/heads/merge-7") == f"{main} {tip}":
            return
        self.origin.git("branch", "--force", "merge-7", "main")
        self.origin.git("switch", "--quiet", "merge-7")
        self.origin.git("merge", "--quiet", "--no-ff", "-m", "Merge", "raise")
        self.origin.git("switch", "--quiet", "raise")

    def _repository(self) -> dict[str, Any]:
        return {"repository": {"full_name": "octo/shop", "default_branch": "main"}}
