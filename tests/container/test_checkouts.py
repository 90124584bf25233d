"""Checkouts that hold less than the repository, on the runner's disk as actions/checkout leaves them."""

import pytest

from tests.container.job import Job
from tests.container.life import fine
from tests.end_to_end.checkout import Checkout

pytestmark = pytest.mark.container

_NO_SECRETS = {"AWS_EC2_METADATA_DISABLED": "true"}
_CONFIG = """\
runtimes: [python3.12]
architectures: [x86_64]
layers:
  parcel: layers/parcel/pylock.toml
  shared: layers/shared/{}
"""


@pytest.mark.parametrize("secrets", [True, False], ids=["with AWS", "without"])
def test_a_sparse_checkout_of_a_pull_request_is_enough(job: Job, *, secrets: bool) -> None:
    job.sparse = (".github", "layers/parcel", "wheels")
    job.origin.write("docs/large.md", "Much to read\n")
    job.origin.commit("Write more")
    if not secrets:
        job.runner.env = _NO_SECRETS
    else:
        fine(job.push())
    job.raise_parcel("1.1.0")
    step = fine(job.pull_request())
    assert not (job.runner.workspace / "docs").exists()
    [comment] = job.hub.comments()
    assert "parcel 1.0.0 → 1.1.0" in comment.body
    assert step.outputs["changed"] == "true"


def test_where_there_is_aws_only_the_config_of_the_base_is_fetched(job: Job) -> None:
    fine(job.push())
    job.raise_parcel("1.1.0")
    job.hub.log.clear()
    fine(job.pull_request())
    read = [entry.path.split("/", 4)[4] for entry in job.hub.log if entry.method == "GET" and entry.path.count("/") > 3]
    assert [path for path in read if path.startswith(("contents", "tarball", "git"))] == [
        "contents/.github/lambda-layers.yml"
    ]


def test_a_sparse_checkout_without_the_requirements_says_so_at_the_configs_line(job: Job) -> None:
    job.sparse = (".github",)
    step = job.push()
    assert step.code == 2
    assert "::error file=.github/lambda-layers.yml,line=4::" in step.log
    assert "A sparse checkout must include it" in step.log


@pytest.fixture
def shared(job: Job) -> Job:
    """A second layer, whose requirements are in a submodule."""
    library = Checkout(root=job.origin.root.with_name("library"))
    library.lock_wheel("shared", "shared", "3.0.0")
    for path in ("layers/shared/pylock.toml", "wheels/shared-3.0.0-py3-none-any.whl"):
        library.write(path.rpartition("/")[2], (library.root / path).read_bytes().replace(b"../../wheels/", b""))
    library.commit("Begin")
    job.origin.git(
        "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library.root), "layers/shared"
    )
    job.origin.write(".github/lambda-layers.yml", _CONFIG.format("pylock.toml"))
    job.origin.commit("Share a layer")
    return job


def test_a_layer_in_a_submodule_is_published(shared: Job) -> None:
    shared.submodules = True
    step = fine(shared.push())
    assert "layer:shared:1" in step.outputs["arns"]


def test_a_submodule_that_is_not_checked_out_says_what_the_workflow_lacks(shared: Job) -> None:
    step = shared.push()
    assert step.code == 2
    assert "::error file=.github/lambda-layers.yml,line=5::" in step.log
    assert "submodules: true" in step.log
    assert shared.descriptions() == []


def test_layers_that_archives_leave_out_do_not_look_new_without_aws(job: Job) -> None:
    job.origin.write(".gitattributes", "/.github export-ignore\n/layers export-ignore\n*.py export-subst\n")
    job.origin.commit("Pack only what users need")
    job.origin.git("switch", "--quiet", "--force-create", "raise")
    job.origin.write("README.md", "Read me\n")
    job.origin.commit("Write more")
    job.runner.env = _NO_SECRETS
    step = fine(job.pull_request())
    assert "nothing changes" in step.summary
    assert step.outputs["changed"] == "false"


def test_a_layer_in_a_submodule_of_which_the_base_is_not_here_is_no_new_layer(shared: Job) -> None:
    shared.submodules = True
    library = Checkout(root=shared.origin.root.with_name("library"))
    library.write("README.md", "Read me\n")
    newer = library.commit("Write more")
    # of a path, git would clone everything
    shared.origin.git("config", "--file=.gitmodules", "submodule.layers/shared.url", library.root.as_uri())
    shared.origin.commit("Fetch the library as from a server")
    shared.origin.git("switch", "--quiet", "--force-create", "raise")
    inside = Checkout(root=shared.origin.root / "layers/shared")
    inside.git("fetch", "--quiet", "origin")
    inside.git("checkout", "--quiet", newer)
    shared.origin.commit("Follow the library")
    shared.runner.env = _NO_SECRETS
    step = fine(shared.pull_request())
    assert "the submodule layers/shared is checked out without its commit" in step.summary
    assert "new since" not in step.summary
