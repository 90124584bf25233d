"""One repository's life: what GitHub says to a job at each event, and the checkout that the job finds."""

import shutil
from dataclasses import dataclass
from typing import Any

import boto3

from tests.container.hosted import HostedRunner, Step, Trigger
from tests.end_to_end.checkout import Checkout
from tests.standins.github.mirror import mirror
from tests.standins.github.server import FakeGitHub
from tests.standins.ministack import ACCOUNT, MinistackServer

_NO_COMMIT = "0" * 40


@dataclass(slots=True, kw_only=True)
class Job:
    """Runs the action for events of one repository. `origin` is the repository on GitHub."""

    origin: Checkout
    runner: HostedRunner
    hub: FakeGitHub
    aws: MinistackServer

    def pull_request(
        self, *, head: str = "octo/shop", action: str = "opened", token: str = "writer", base: str = "", **inputs: str
    ) -> Step:
        """Pull request 7, with the merge commit of `raise` and `main` checked out at depth 1.

        `base` is the commit that the event names, where that is not the tip of `main` any more.
        """
        base, tip = base or self.origin.git("rev-parse", "main"), self.origin.git("rev-parse", "raise")
        self.origin.git("branch", "--force", "merge-7", "main")
        self.origin.git("switch", "--quiet", "merge-7")
        self.origin.git("merge", "--quiet", "--no-ff", "-m", "Merge", "raise")
        self.origin.git("switch", "--quiet", "raise")
        sha = self._check_out("merge-7")
        payload = {
            "action": action,
            "number": 7,
            "pull_request": {
                "number": 7,
                "head": {"sha": tip, "ref": "raise", "repo": {"full_name": head}},
                "base": {"sha": base, "ref": "main", "repo": {"full_name": "octo/shop"}},
            },
            **self._repository(),
        }
        trigger = Trigger(name=inputs.pop("event", "pull_request"), payload=payload, ref="refs/pull/7/merge", sha=sha)
        return self.runner.run(trigger, api=self.hub.url, token=token, **inputs)

    def push(self, branch: str = "main", *, commit: str = "", **inputs: str) -> Step:
        """Push a branch, or run the push of an older commit again."""
        if commit:
            self.origin.git("branch", "--force", "run-again", commit)
        sha = self._check_out("run-again" if commit else branch)
        payload = {"ref": f"refs/heads/{branch}", "before": _NO_COMMIT, "after": sha, **self._repository()}
        trigger = Trigger(name="push", payload=payload, ref=f"refs/heads/{branch}", sha=sha)
        return self.runner.run(trigger, api=self.hub.url, **{"token": "writer", **inputs})

    def push_tag(self, tag: str, **inputs: str) -> Step:
        """Push a tag on main."""
        self.origin.git("tag", tag, "main")
        sha = self._check_out(tag)
        payload = {"ref": f"refs/tags/{tag}", "before": _NO_COMMIT, "after": sha, **self._repository()}
        trigger = Trigger(name="push", payload=payload, ref=f"refs/tags/{tag}", sha=sha)
        return self.runner.run(trigger, api=self.hub.url, **{"token": "writer", **inputs})

    def dispatch(
        self, name: str = "workflow_dispatch", payload: dict[str, Any] | str | None = None, **inputs: str
    ) -> Step:
        """Start the workflow on main by hand, or by another event without a payload of its own."""
        sha = self._check_out("main")
        trigger = Trigger(
            name=name, payload=self._repository() if payload is None else payload, ref="refs/heads/main", sha=sha
        )
        return self.runner.run(trigger, api=self.hub.url, **{"token": "writer", **inputs})

    def raise_parcel(self, version: str, branch: str = "raise") -> None:
        """Lock a newer wheel on a branch, from main."""
        self.origin.git("switch", "--quiet", "--force-create", branch)
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

    def _check_out(self, revision: str) -> str:
        shutil.rmtree(self.runner.workspace, ignore_errors=True)
        self.runner.folder.mkdir(parents=True, exist_ok=True)
        source = f"file://{self.origin.root}"
        self.origin.git("clone", "--quiet", "--depth", "1", "--branch", revision, source, str(self.runner.workspace))
        mirror(self.origin.root, self.hub.repository)
        clone = Checkout(root=self.runner.workspace)
        # What actions/checkout leaves: nothing that can be fetched from without credentials.
        clone.git("remote", "set-url", "origin", "https://github.example/octo/shop")
        return clone.git("rev-parse", "HEAD")

    def _repository(self) -> dict[str, Any]:
        return {"repository": {"full_name": "octo/shop", "default_branch": "main"}}
