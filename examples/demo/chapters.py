"""The chapters of the demo, in the order in which a team meets them."""

import base64
import hashlib
import json
import shutil
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from examples.demo.account import Account, deployments, short
from examples.demo.hub import REPOSITORY, Hub, github
from examples.demo.proxy import Recorder
from examples.demo.shop import Shop
from examples.demo.stage import Stage
from examples.demo.timing import measure, table
from examples.demo.tool import Tool

_HTTP: Final = ("shop-http-x86_64", "shop-http-arm64")
_ALL: Final = (*_HTTP, "shop-data", "shop-common")
_PAGE: Final = 50  # functions that AWS lists at once
_REQUIREMENTS: Final = "layers/http/requirements.txt"
# Pinned to `http`, and to stay where they are: who, and the word of the reason that the report must give.
_STAY: Final = {
    "invoice-mailer": "hold",
    "orders-worker": "shop-orders",
    "image-resizer": "image",
    "label-printer": "arm64",
}
_MOVE: Final = ("checkout-api", "legacy-import", "price-feed", "storefront", "report-builder", "thumbnails")


@dataclass(slots=True, kw_only=True)
class Demo:
    """The players, and what they remember from one chapter to the next."""

    stage: Stage
    aws: Recorder
    shop: Shop
    tool: Tool
    account: Account
    reports: Path
    foreign: dict[str, str] = field(default_factory=dict)

    def play(self, folder: Path) -> None:
        """Play all chapters. Raises UntrueError at the first claim that does not hold."""
        self.first_publication()
        self.functions_take_the_layers()
        self.a_requirement_is_raised()
        self.the_merge()
        self.nothing_to_do()
        self.a_comment_only_edit()
        self.a_release_by_tag()
        self.a_rollback()
        self.times(folder)
        self.curtain()

    def first_publication(self) -> None:
        """Publish three layers that nobody has published before."""
        self.stage.step("The first publication")
        self.stage.say("The team has declared its layers, and nothing is published yet.")
        self.stage.show((self.shop.root / ".github" / "lambda-layers.yml").read_text(encoding="utf-8").splitlines())
        self.tool.run("publish", "--yes")
        self.keep("1-first-publication")
        for layer in _ALL:
            versions = self.account.versions(layer)
            self.stage.claim(
                f"{layer} has one version: {versions[0][1] if versions else 'none'}",
                len(versions) == 1 and versions[0][1].startswith("1.0.0 | "),
                versions,
            )
        for layer in _ALL:
            told, location = self.account.code_sha256(layer)
            with urllib.request.urlopen(location, timeout=60) as answer:
                found = base64.b64encode(hashlib.sha256(answer.read()).digest()).decode()
            self.stage.claim(
                f"what AWS holds of {layer} is the zip whose SHA-256 it tells", told == found, (told, found)
            )

    def functions_take_the_layers(self) -> None:
        """Deploy 55 functions, with other people's layers before, between and after ours."""
        self.stage.step("Fifty-five functions use them")
        self.foreign = self.account.publish_foreign_layers()
        ours = {
            f"http {architecture}": self.account.arn(f"shop-http-{architecture}")
            for architecture in ("x86_64", "arm64")
        }
        ours |= {f"{layer} x86_64": self.account.arn(f"shop-{layer}") for layer in ("data", "common")}
        wanted = list(deployments(self.shop.root / "functions" / "functions.toml", {**self.foreign, **ours}))
        self.stage.say("The team's own deployment creates them; this tool never does. For instance:")
        self.account.deploy(wanted, self.shop.root / "functions")
        held = self.account.layers()
        self.stage.show(
            f"{name:<16}{'  '.join(short(arn) for arn in arns)}" for name, arns in held.items() if "worker-" not in name
        )
        self.stage.claim(
            f"there are {len(held)} functions, more than a page of {_PAGE}", len(held) == len(wanted) > _PAGE
        )

    def a_requirement_is_raised(self) -> None:
        """A pull request raises requests: what would a merge do?"""
        self.stage.step("A pull request raises a requirement")
        self.shop.branch("raise-requests")
        self.shop.edit(_REQUIREMENTS, "requests==2.31.0", "requests==2.32.3")
        self.shop.commit("Raise requests to 2.32.3")
        self.stage.show(self.shop.git("diff", "main", "--", _REQUIREMENTS).splitlines()[4:])
        self.stage.say("This is the plan, as the reviewer reads it in the log; the pull request gets it as a comment.")
        self.aws.clear()
        printed = self.tool.run("plan")
        self.keep("3-plan")
        self.stage.claim("planning wrote nothing to AWS", not self.aws.writes, self.aws.writes)
        for name, reason in _STAY.items():
            told = [line for line in printed.splitlines() if name in line]
            self.stage.claim(f"the plan says why {name} stays", any(reason in line for line in told), told)

    def the_merge(self) -> None:
        """Only the affected layer is published, and the functions follow in their own order."""
        self.stage.step("The merge")
        self.shop.merge("raise-requests")
        before = self.account.layers()
        self.aws.clear()
        self.tool.run("publish", "--yes")
        self.keep("4-merge")
        versions = {layer: self.account.versions(layer) for layer in _ALL}
        self.stage.claim(
            "only http was published, as 1.1.0, for both architectures",
            all(versions[layer][0][1].startswith("1.1.0 | ") for layer in _HTTP)
            and all(len(versions[layer]) == 1 for layer in ("shop-data", "shop-common")),
            versions,
        )
        self.followed(before, _MOVE)

    def followed(self, before: dict[str, tuple[str, ...]], movers: tuple[str, ...]) -> None:
        """Check that the movers have the newest http in the old place, and that nobody else was touched."""
        newest = {self.account.arn(layer).rpartition(":")[0]: self.account.arn(layer) for layer in _HTTP}
        after = self.account.layers()
        for name in movers:
            wanted = tuple(newest.get(arn.rpartition(":")[0], arn) for arn in before[name])
            self.stage.show([f"{name:<16}{'  '.join(short(arn) for arn in after[name])}"])
            self.stage.claim(
                f"{name} moved, its other layers and their order kept", after[name] == wanted != before[name]
            )
        still = [name for name in before if name not in movers]
        self.stage.claim(
            f"the other {len(still)} functions hold what they held, also {', '.join(n for n in still if n in _STAY)}",
            all(after[name] == before[name] for name in still),
            [name for name in still if after[name] != before[name]],
        )

    def nothing_to_do(self) -> None:
        """The same commit once more."""
        self.stage.step("The same run once more")
        self.aws.clear()
        self.tool.run("publish", "--yes")
        self.stage.claim(
            f"nothing was written: {len(self.aws.calls)} requests, all of them reads",
            not self.aws.writes,
            self.aws.writes,
        )

    def a_comment_only_edit(self) -> None:
        """A requirements file changes, and no requirement does."""
        self.stage.step("An edit that changes only a comment")
        self.shop.edit(_REQUIREMENTS, "# What a function", "# Everything that a function")
        self.shop.commit("Say it better")
        self.shop.push()
        self.stage.show(self.shop.git("diff", "HEAD~1", "--", _REQUIREMENTS).splitlines()[4:])
        self.aws.clear()
        self.tool.run("publish", "--yes")
        self.stage.claim("nothing was published and nothing moved", not self.aws.writes, self.aws.writes)

    def a_release_by_tag(self) -> None:
        """A tag gives a layer the version that the team wants."""
        self.stage.step("A release by tag")
        self.stage.say(
            "The team calls what it has now http 2.0.0; price-feed has asked to stay on 1.x. This run is told what "
            "GitHub tells a workflow when a tag is pushed, and a stand-in of GitHub takes the release."
        )
        self.shop.tag("http/v2.0.0")
        before = self.account.layers()
        with github() as hub:
            self.tool.run(settings=self.pushed_tag("http/v2.0.0", hub))
            self.keep("7-release")
            [release] = hub.published
            assets = self.reports / "7-release"
            assets.mkdir()
            for name, content in {**hub.files, "notes.md": release["body"].encode()}.items():
                (assets / name).write_bytes(content)
        self.stage.show(release["body"].splitlines())
        self.stage.claim(f"{release['name']} is released with {', '.join(hub.files)}", len(hub.files) > len(_HTTP))
        versions = {layer: self.account.versions(layer)[0] for layer in _HTTP}
        self.stage.claim(
            "http is published as 2.0.0", all(text.startswith("2.0.0 | ") for _, text in versions.values()), versions
        )
        self.followed(before, tuple(name for name in _MOVE if name != "price-feed"))

    def pushed_tag(self, tag: str, hub: Hub) -> dict[str, str]:
        """Return what a runner sets for a workflow that a tag has started."""
        event = self.shop.root.parent / "event.json"
        event.write_text(
            json.dumps({"ref": f"refs/tags/{tag}", "repository": {"full_name": REPOSITORY}}), encoding="utf-8"
        )
        return {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_EVENT_PATH": str(event),
            "GITHUB_WORKSPACE": str(self.shop.root),
            "GITHUB_REF": f"refs/tags/{tag}",
            "GITHUB_SHA": self.shop.git("rev-parse", "HEAD"),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_API_URL": hub.address,
            "INPUT_TOKEN": "of-the-demo",
        }

    def a_rollback(self) -> None:
        """Back to the version before, from what AWS holds alone."""
        self.stage.step("A rollback")
        self.tool.run("rollback", "http", "--yes")
        after = self.account.layers()
        for name in _MOVE:
            told = [short(arn) for arn in after[name] if "layer:shop-http-" in arn and "legacy" not in arn]
            self.stage.claim(
                f"{name} is back on the version before: {', '.join(told)}", all(t.endswith(":2") for t in told), told
            )
        numbers = [[number for number, _ in self.account.versions(layer)] for layer in _HTTP]
        self.stage.claim("no version was deleted", numbers == [[3, 2, 1]] * len(_HTTP), numbers)

    def times(self, folder: Path) -> None:
        """The same layers by `pip install -t` and `zip -r9`."""
        self.stage.step("How long it takes")
        self.stage.say("Each layer built twice on this machine: with nothing downloaded yet, and once more.")
        timings = measure(self.tool, folder, "http", ("x86_64", "aarch64"), ["requests==2.32.3"])
        timings += measure(self.tool, folder, "data", ("x86_64",), self.shop.locked("data"))
        self.stage.show(table(timings))

    def curtain(self) -> None:
        """Where to look now."""
        self.stage.step("What there is to look at")
        self.stage.show(str(path) for path in sorted(self.reports.iterdir()))

    def keep(self, name: str) -> None:
        """Keep the reports of the last command under a name of their own."""
        for report in ("report.html", "summary.md"):
            found = self.shop.root / ".lambda-layer-action" / report
            if found.is_file():
                shutil.copyfile(found, self.reports / f"{name}{found.suffix}")
