"""Commands that change AWS, against a local one: publish, plans from files, rollback, prune, and who is asked."""

import io
import sys
import zipfile
from hashlib import sha256
from typing import Any

import boto3
import pytest

from tests.cli.door import CONFIG, Door
from tests.standins.ministack import ACCOUNT


def client(door: Door) -> Any:
    return boto3.client(
        "lambda",
        endpoint_url=door.env["AWS_ENDPOINT_URL"],
        region_name=door.env["AWS_REGION"],
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="secret",
    )


def pinned_to(door: Door, number: int) -> str:
    """Create a function that lists a version of the layer; return the layer's ARN without the number."""
    version = client(door).get_layer_version(LayerName="parcel", VersionNumber=number)
    client(door).create_function(
        FunctionName="orders",
        Role=f"arn:aws:iam::{ACCOUNT}:role/shop",
        Runtime="python3.12",
        Handler="app.handler",
        Code={"ZipFile": _code()},
        Layers=[version["LayerVersionArn"]],
    )
    client(door).get_waiter("function_active_v2").wait(FunctionName="orders", WaiterConfig={"Delay": 1})
    arn: str = version["LayerArn"]
    return arn


def layers(door: Door) -> list[str]:
    found = client(door).get_function(FunctionName="orders")["Configuration"].get("Layers", [])
    return [layer["Arn"] for layer in found]


def numbers(door: Door) -> list[int]:
    return [version["Version"] for version in client(door).list_layer_versions(LayerName="parcel")["LayerVersions"]]


class Keyboard(io.StringIO):
    """A person at a terminal."""

    def isatty(self) -> bool:
        return True


def test_the_life_of_a_layer_published_moved_rolled_back_and_pruned(connected: Door) -> None:
    assert connected.run("publish", "--yes").code == 0
    arn = pinned_to(connected, 1)
    connected.raise_parcel("1.1.0")
    assert connected.run("publish", "--yes").code == 0
    assert layers(connected) == [f"{arn}:2"]

    again = connected.run("publish", "--json")
    assert (again.code, [row["affected"] for row in again.json]) == (0, [False])

    assert [(row["function"], row["standing"]) for row in connected.run("status", "--json").json["functions"]] == [
        ("orders", "current")
    ]
    assert connected.run("show", "parcel", "--diff", "1").out == "parcel: parcel 1.0.0 -> 1.1.0\n"

    assert connected.run("rollback", "parcel", "--yes").code == 0
    assert layers(connected) == [f"{arn}:1"]

    pruned = connected.run("prune", "--keep", "1", "--yes")
    assert pruned.code == 0, pruned.said
    assert numbers(connected) == [2, 1], "one is the newest, the other in use"


def test_without_repoint_functions_stay(connected: Door) -> None:
    connected.run("publish", "--yes")
    arn = pinned_to(connected, 1)
    connected.raise_parcel("1.1.0")
    ran = connected.run("publish", "--no-repoint", "--yes")
    assert ran.code == 0, ran.said
    assert (numbers(connected), layers(connected)) == ([2, 1], [f"{arn}:1"])


# -- asking ------------------------------------------------------------------


def test_where_nobody_can_be_asked_the_way_out_is_yes(connected: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    ran = connected.run("publish")
    assert ran.code == 2
    assert "add `--yes`" in ran.err
    assert numbers(connected) == []


@pytest.mark.parametrize(
    ("typed", "published"), [("y\n", [1]), ("Yes\n", [1]), ("\n", []), ("n\n", []), ("", [])], ids=repr
)
def test_a_person_is_asked_and_only_yes_is_yes(
    connected: Door, monkeypatch: pytest.MonkeyPatch, typed: str, published: list[int]
) -> None:
    monkeypatch.setattr(sys, "stdin", Keyboard(typed))
    ran = connected.run("publish")
    assert ran.code == 0, ran.said
    assert "Publish 1 layer version and move 0 functions? [y/N]" in ran.out
    assert numbers(connected) == published
    assert ("Nothing was changed." in ran.out) == (not published)


def test_with_json_the_question_is_not_on_standard_output(connected: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Keyboard("y\n"))
    ran = connected.run("publish", "--json")
    assert "[y/N]" in ran.err
    assert [row["number"] for row in ran.json] == [1]


@pytest.mark.parametrize(("ci", "code"), [("true", 0), ("1", 0), ("false", 2), ("", 2)])
def test_in_ci_nobody_is_asked(connected: Door, monkeypatch: pytest.MonkeyPatch, ci: str, code: int) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert connected.run("publish", env={"CI": ci}).code == code


# -- a plan from a file ------------------------------------------------------


def test_a_plan_that_was_written_is_published_as_it_says(connected: Door) -> None:
    assert connected.run("plan", "--out", "plan.json").code == 0
    assert numbers(connected) == []
    ran = connected.run("publish", "--plan", "../plan.json", "--yes", here=connected.root / "layers")
    assert ran.code == 0, ran.said
    assert numbers(connected) == [1]


def test_a_later_job_names_the_plan_from_the_top_of_the_checkout(connected: Door) -> None:
    plan = connected.event("workflow_dispatch")
    ran = connected.event("workflow_dispatch", INPUT_COMMAND="publish", INPUT_PLAN_FILE=plan.outputs["plan-file"])
    assert ran.code == 0, ran.said
    assert numbers(connected) == [1]


def test_an_edited_plan_is_refused(connected: Door) -> None:
    connected.run("plan", "--out", "plan.json")
    file = connected.root / "plan.json"
    file.write_text(file.read_text(encoding="utf-8").replace("1.0.0", "9.0.0"), encoding="utf-8")
    ran = connected.run("publish", "--plan", "plan.json", "--yes")
    assert (ran.code, ran.places) == (2, ["plan.json"])
    assert numbers(connected) == []


@pytest.mark.parametrize("content", [None, b"", b"{}", b"\xff"])
def test_a_plan_that_is_none_is_refused(connected: Door, content: bytes | None) -> None:
    if content is not None:
        connected.checkout.write("plan.json", content)
    ran = connected.run("publish", "--plan", "plan.json", "--yes")
    assert (ran.code, ran.places) == (2, ["plan.json"])
    assert "Traceback" not in ran.said


def test_a_plan_of_another_commit_is_refused(connected: Door) -> None:
    connected.run("plan", "--out", "plan.json")
    connected.raise_parcel("1.1.0")
    ran = connected.run("publish", "--plan", "plan.json", "--yes")
    assert ran.code == 2
    assert "is checked out" in ran.err


def test_a_plan_that_was_overtaken_is_refused_by_what_aws_holds(connected: Door) -> None:
    connected.run("publish", "--yes")
    connected.raise_parcel("1.1.0")
    connected.run("plan", "--out", "../plan.json")
    (connected.root / "layers/parcel/pylock.toml").write_text("", encoding="utf-8")
    connected.checkout.lock_wheel("parcel", "parcel", "1.2.0")
    connected.run("publish", "--yes")
    connected.checkout.git("checkout", "--quiet", "--", ".")
    ran = connected.run("publish", "--plan", "../plan.json", "--yes")
    assert ran.code == 4, ran.said
    assert numbers(connected) == [2, 1]


def test_a_build_that_fails_ends_with_all_outputs_and_nothing_done(connected: Door) -> None:
    wheel = next((connected.root / "wheels").iterdir())
    ran = connected.run("plan")
    assert ran.code == 0
    lock, content = connected.root / "layers/parcel/pylock.toml", wheel.read_bytes()
    at = 32 + int.from_bytes(content[26:28], "little")  # in the data of the first file, behind its header and name
    broken = content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]
    wheel.write_bytes(broken)  # which a plan does not read
    lock.write_text(lock.read_text().replace(*(sha256(each).hexdigest() for each in (content, broken))))
    ran = connected.event("push", {"before": "0" * 40})
    assert ran.code == 3, ran.said
    assert ran.outputs["changed"] == "true"
    assert "stopped by a problem" in ran.summary
    assert numbers(connected) == []


# -- looking -----------------------------------------------------------------


def test_a_layer_is_shown_in_its_own_region(connected: Door) -> None:
    first = "  other: {requirements: layers/parcel/pylock.toml, regions: [eu-west-1]}\n  parcel:"
    connected.checkout.write(".github/lambda-layers.yml", CONFIG.replace("  parcel:", first))
    connected.run("publish", "--yes", "--layers", "parcel")
    ran = connected.run("show", "parcel")
    assert ran.code == 0, ran.said


def test_on_a_runner_the_layer_to_look_at_is_the_only_one_chosen(connected: Door) -> None:
    connected.run("publish", "--yes")
    ran = connected.event("workflow_dispatch", INPUT_COMMAND="show", INPUT_LAYERS="parcel")
    assert ran.code == 0, ran.said
    assert "parcel==1.0.0" in ran.out


def test_init_takes_runtime_and_architecture_from_the_functions(connected: Door) -> None:
    connected.run("publish", "--yes")
    pinned_to(connected, 1)
    connected.run("init", "--yes")
    config = (connected.root / ".github/lambda-layers.yml").read_text(encoding="utf-8")
    assert "runtimes: [python3.12]\narchitectures: [x86_64]\nregions: [us-east-1]\n" in config


def test_init_goes_on_where_aws_does_not_answer(door: Door) -> None:
    nowhere = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    ran = door.run("init", "--yes", env=nowhere)
    assert ran.code == 0, ran.said
    assert "AWS was not asked" in ran.out


def _code() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return event\n")
    return buffer.getvalue()
