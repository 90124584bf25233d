"""Tags from the push to the GitHub Release, and what becomes of them when GitHub does not answer."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.cli.door import Door, Ran
from tests.standins.github.faults import Fault
from tests.standins.github.mirror import mirror
from tests.standins.github.records import Asset, Release, Token
from tests.standins.github.server import FakeGitHub
from tests.standins.ministack import ACCOUNT

_CONFIG = """\
runtimes: [python3.12]
architectures: [x86_64]
layers:
  parcel: {requirements: layers/parcel/pylock.toml, pin-files: [infra/*.yaml], ssm: "/layers/{layer}"}
  stamp: {requirements: layers/stamp/pylock.toml, pin-files: [infra/*.yaml]}
"""
_ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:layer:parcel"
_STAMP = _ARN.replace("parcel", "stamp")
_TOKEN = "ghs_OfTheJobAndNobodyElse"


@pytest.fixture
def hub() -> Iterator[FakeGitHub]:
    with FakeGitHub() as running:
        running.tokens[_TOKEN] = Token()
        yield running
    assert running.violations == []


@pytest.fixture
def shop(connected: Door) -> Door:
    """Two layers and a template that pins both."""
    connected.checkout.write(".github/lambda-layers.yml", _CONFIG)
    connected.checkout.write("infra/orders.yaml", f"layers: [{_ARN}:1, {_STAMP}:1]\n")
    connected.checkout.lock_wheel("stamp", "stamp", "1.0.0")
    connected.checkout.commit("Add a layer")
    connected.env.update(GITHUB_RUN_ID="7", INPUT_TOKEN=_TOKEN)
    return connected


def template(hub: FakeGitHub) -> str:
    """Return the template as our pull request has it."""
    repo = hub.repository
    [pull] = [pull for pull in repo.pulls.values() if pull.head.startswith("lambda-layer-action/")]
    return repo.trees[repo.refs[f"heads/{pull.head}"]]["infra/orders.yaml"].decode()


def released(hub: FakeGitHub) -> Release:
    """Return the one release, which is out."""
    [release] = hub.repository.releases.values()
    assert not release.draft
    return release


def zip_of(release: Release, layer: str = "parcel") -> zipfile.ZipFile:
    [content] = [asset.content for asset in release.assets if asset.name == f"{layer}.zip"]
    return zipfile.ZipFile(io.BytesIO(content))


def pinned_function(shop: Door) -> None:
    """Create the function `orders` on the newest version of the layer."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return event\n")
    newest = client(shop).list_layer_versions(LayerName="parcel")["LayerVersions"][0]["LayerVersionArn"]
    client(shop).create_function(
        FunctionName="orders",
        Role=f"arn:aws:iam::{ACCOUNT}:role/shop",
        Runtime="python3.12",
        Handler="app.handler",
        Code={"ZipFile": code.getvalue()},
        Layers=[newest],
    )
    client(shop).get_waiter("function_active_v2").wait(FunctionName="orders", WaiterConfig={"Delay": 1})


def standing(shop: Door) -> tuple[str, str]:
    """Return the layer version that the function lists, and the one that the parameter names."""
    [layer] = client(shop).get_function_configuration(FunctionName="orders")["Layers"]
    parameter = client(shop, "ssm").get_parameter(Name="/layers/parcel")["Parameter"]["Value"]
    return layer["Arn"], parameter


def push(shop: Door, hub: FakeGitHub, ref: str = "refs/heads/main") -> Ran:
    mirror(shop.root, hub.repository)
    return shop.event("push", {"before": "0" * 40}, ref, GITHUB_API_URL=hub.url)


def push_tag(shop: Door, hub: FakeGitHub, tag: str) -> Ran:
    """Push a tag on the head, or run the job of a tag again: its commit is checked out."""
    if not shop.checkout.git("tag", "--list", tag):
        shop.checkout.git("tag", tag)
    shop.checkout.git("checkout", "--quiet", tag)
    ran = push(shop, hub, f"refs/tags/{tag}")
    shop.checkout.git("switch", "--quiet", "main")
    return ran


def client(shop: Door, service: str = "lambda") -> Any:
    return boto3.client(
        service,
        endpoint_url=shop.env["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="secret",
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/releases$"), ("POST", "/assets"), ("PATCH", r"/releases/\d+$")],
    ids=["draft", "files", "publishing"],
)
def test_a_github_that_is_down_after_aws_is_done_is_exit_5_and_the_next_run_completes(
    shop: Door, hub: FakeGitHub, method: str, path: str
) -> None:
    hub.faults.add(method, path, Fault(status=502), times=99)
    down = push_tag(shop, hub, "parcel/v2.0.0")
    assert down.code == 5, down.said
    assert json.loads(down.outputs["arns"])["parcel"]["us-east-1"] == f"{_ARN}:1"
    assert down.outputs["release-url"] == ""
    assert "Server Error (502)" in down.out
    assert "stopped by 1 problem" in down.summary
    assert "Server Error (502)" in down.summary

    hub.faults.planned.clear()
    again = push_tag(shop, hub, "parcel/v2.0.0")
    assert again.code == 0, again.said
    assert again.outputs["release-url"].endswith("parcel/v2.0.0")
    assert f"Release: {again.outputs['release-url']}" in again.out
    assert len(client(shop).list_layer_versions(LayerName="parcel")["LayerVersions"]) == 1
    assert zip_of(released(hub)).testzip() is None


def test_a_tag_run_again_after_a_newer_merge_completes_its_release_and_undoes_nothing(
    shop: Door, hub: FakeGitHub
) -> None:
    assert push(shop, hub).code == 0
    pinned_function(shop)
    hub.faults.add("POST", "/releases", Fault(status=502), times=99)
    assert push_tag(shop, hub, "parcel/v2.0.0").code == 5
    assert standing(shop) == (f"{_ARN}:2", f"{_ARN}:2")
    hub.faults.planned.clear()
    shop.raise_parcel("1.1.0")
    assert push(shop, hub).code == 0
    after_merge = standing(shop), template(hub)
    assert after_merge[0] == (f"{_ARN}:3", f"{_ARN}:3")

    again = push_tag(shop, hub, "parcel/v2.0.0")
    assert again.code == 0, again.said
    assert "parcel-1.0.0.dist-info/METADATA" in "".join(zip_of(released(hub)).namelist())
    assert f"{_ARN}:2" in released(hub).body
    assert (standing(shop), template(hub)) == after_merge


def test_a_tag_for_every_layer_is_one_release_of_those_that_changed(shop: Door, hub: FakeGitHub) -> None:
    ran = push_tag(shop, hub, "v3.0.0")
    assert ran.code == 0, ran.said
    release = released(hub)
    assert release.name == "parcel, stamp 3.0.0"
    assert {f"{layer}.{end}" for layer in ("parcel", "stamp") for end in ("zip", "cdx.json")} < {
        asset.name for asset in release.assets
    }
    assert (f"{_ARN}:1" in release.body, f"{_STAMP}:1" in release.body) == (True, True)
    assert release.body.index("### parcel 3.0.0") < release.body.index("### stamp 3.0.0")
    assert release.make_latest == "legacy"

    shop.raise_parcel("1.1.0")
    assert push_tag(shop, hub, "v3.1.0").code == 0
    later = max(hub.repository.releases.values(), key=lambda one: one.id)
    assert later.name == "parcel 3.1.0"
    assert "1.0.0" in later.body, "what changed since the release before"


def test_a_tag_under_which_nothing_changes_releases_nothing_and_says_so(shop: Door, hub: FakeGitHub) -> None:
    assert push(shop, hub).code == 0
    ran = push_tag(shop, hub, "v9.0.0")
    assert ran.code == 0, ran.said
    assert hub.repository.releases == {}
    assert any("releases nothing" in order.data for order in ran.log.named("notice"))


def test_the_notes_tell_what_changed_since_the_layers_own_release(shop: Door, hub: FakeGitHub) -> None:
    push_tag(shop, hub, "parcel/v2.0.0")
    push_tag(shop, hub, "stamp/v5.0.0")
    shop.raise_parcel("1.1.0")
    assert push(shop, hub).code == 0
    shop.raise_parcel("1.2.0")
    assert push_tag(shop, hub, "parcel/v2.5.0").code == 0
    newest = max(hub.repository.releases.values(), key=lambda one: one.id)
    assert "1.0.0 → 1.2.0" in newest.body or "| 1.0.0 | 1.2.0 |" in newest.body, newest.body


def test_a_prerelease_publishes_and_moves_nothing(shop: Door, hub: FakeGitHub) -> None:
    assert push(shop, hub).code == 0
    pinned_function(shop)
    before = standing(shop)
    shop.raise_parcel("1.1.0")
    ran = push_tag(shop, hub, "parcel/v2.0.0-rc.1")
    assert ran.code == 0, ran.said
    assert (released(hub).prerelease, released(hub).make_latest) == (True, "false")
    assert standing(shop) == before
    assert [pull.number for pull in hub.repository.pulls.values()] == [7], "no pin follows a pre-release"


def test_a_release_made_by_hand_keeps_its_words_and_gets_the_right_files(shop: Door, hub: FakeGitHub) -> None:
    by_hand = hub.release("parcel/v2.0.0", "Words of a person")
    by_hand.assets.append(Asset(id=1, name="parcel.zip", content=b"something else", content_type="application/zip"))
    by_hand.assets.append(Asset(id=2, name="diagram.png", content=b"theirs", content_type="image/png"))
    ran = push_tag(shop, hub, "parcel/v2.0.0")
    assert ran.code == 0, ran.said
    assert released(hub).body == "Words of a person"
    assert zip_of(released(hub)).testzip() is None
    assert "diagram.png" in {asset.name for asset in released(hub).assets}


def test_an_immutable_release_is_left_as_it_is_by_a_second_run(shop: Door, hub: FakeGitHub) -> None:
    hub.immutable_releases = True
    assert push_tag(shop, hub, "parcel/v2.0.0").code == 0
    assert released(hub).immutable
    writes = len(hub.writes())
    again = push_tag(shop, hub, "parcel/v2.0.0")
    assert again.code == 0, again.said
    assert again.outputs["release-url"].endswith("parcel/v2.0.0")
    assert len(hub.writes()) == writes


def test_a_tag_for_one_layer_keeps_what_was_proposed_for_the_others(shop: Door, hub: FakeGitHub) -> None:
    assert push(shop, hub).code == 0
    shop.raise_parcel("1.1.0")
    shop.checkout.lock_wheel("stamp", "stamp", "1.1.0")
    shop.checkout.commit("Raise both")
    assert push(shop, hub).code == 0
    assert template(hub) == f"layers: [{_ARN}:2, {_STAMP}:2]\n"
    assert push_tag(shop, hub, "parcel/v4.0.0").code == 0
    assert template(hub) == f"layers: [{_ARN}:3, {_STAMP}:2]\n"


def test_a_token_without_rights_ends_as_github_s_with_the_block_to_paste(shop: Door, hub: FakeGitHub) -> None:
    hub.tokens[_TOKEN] = Token(writes=frozenset())
    ran = push_tag(shop, hub, "parcel/v2.0.0")
    assert ran.code == 5
    assert "permissions:%0A    contents: write" in ran.out
    assert json.loads(ran.outputs["arns"])["parcel"]["us-east-1"] == f"{_ARN}:1"


def test_no_secret_of_the_job_is_anywhere(shop: Door, hub: FakeGitHub) -> None:
    shop.env.update(AWS_SECRET_ACCESS_KEY="sesame-of-the-account", RUNNER_DEBUG="1")
    assert push(shop, hub).code == 0
    shop.raise_parcel("1.1.0")
    said = [push(shop, hub), push_tag(shop, hub, "parcel/v2.0.0")]
    for ran in said:
        assert ran.code == 0, ran.said
    texts = [ran.said.replace(f"::add-mask::{_TOKEN}", "") + ran.summary + str(ran.outputs) for ran in said]
    texts += [one.body for one in (*hub.repository.pulls.values(), *hub.repository.releases.values())]
    files = [path.read_bytes() for path in (shop.root / ".lambda-layer-action").rglob("*") if path.is_file()]
    files += [asset.content for asset in released(hub).assets]
    assert len(files) > 5
    for secret in (_TOKEN, "sesame-of-the-account"):
        assert not any(secret in text for text in texts)
        assert not any(secret.encode() in content for content in files)
