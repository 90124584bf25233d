"""Pins in the repository's own files follow a publication, by one pull request."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from layer_action.commands.pin_files import BRANCH, propose_pins
from layer_action.errors import AwsError, ConfigError, GitHubError
from layer_action.model.function import Unknown
from layer_action.model.layer import LayerSpec, Publication
from layer_action.model.plan import Outcome, Plan
from layer_action.model.proposal import Proposal
from layer_action.model.published import LayerVersion
from layer_action.ports.services import Services, Unavailable
from layer_action.record import replace
from tests.factories import (
    COMMIT,
    make_content,
    make_layer_arn,
    make_layer_version,
    make_plan,
    make_publication,
    make_spec,
    make_unchanged,
)
from tests.fakes import FakeRepository, Stage


@dataclass
class FakePullRequests:
    """Implements PullRequests."""

    proposals: dict[str, Proposal] = field(default_factory=dict)
    withdrawn: list[str] = field(default_factory=list)

    refuses: str = ""

    def propose(self, proposal: Proposal) -> str | Unknown:
        if self.refuses:
            return Unknown(reason=self.refuses)
        self.proposals[proposal.branch] = proposal
        return "https://github.example/pull/9"

    def withdraw(self, branch: str, *, base: str, commit: str) -> str | Unknown:
        del base, commit
        self.withdrawn.append(branch)
        found = self.proposals.pop(branch, None)
        return "https://github.example/pull/9" if found else Unknown(reason="There is none.")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(repository=FakeRepository(root=tmp_path))


@pytest.fixture
def pull_requests() -> FakePullRequests:
    return FakePullRequests()


@pytest.fixture
def services(stage: Stage, pull_requests: FakePullRequests) -> Services:
    return replace(stage.services(), pull_requests=pull_requests)


def spec(name: str = "http", *globs: str) -> LayerSpec:
    return make_spec(name, publication=Publication(pin_files=globs or ("infra/**/*.yaml",)))


def arn(number: int, name: str = "http") -> str:
    return make_layer_arn(name).version(number)


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, newline="")


def published(name: str = "http", number: int = 2, version: str = "1.1.0") -> LayerVersion:
    return make_layer_version(name, number, version)


def publication(pinned: LayerSpec, *versions: LayerVersion, **overrides: Any) -> tuple[Plan, Outcome]:
    plan = make_plan(layers=(make_publication(make_content(pinned, seed="two"), **overrides),))
    return plan, Outcome(plan=plan, published=versions)


def propose(services: Services, plan: Plan, outcome: Outcome, environment: str = "") -> str:
    return propose_pins(services, plan, outcome, base="main", environment=environment)


def test_a_publication_raises_the_pins_of_its_layer(
    services: Services, pull_requests: FakePullRequests, tmp_path: Path
) -> None:
    write(tmp_path, "infra/app.yaml", f"A: {arn(1)}\r\nB: {arn(1, 'http2')}\r\n")
    write(tmp_path, "docs/app.yaml", arn(1))
    url = propose(services, *publication(spec(), published()))
    proposal = pull_requests.proposals[BRANCH]
    assert url == "https://github.example/pull/9"
    assert proposal.files == {"infra/app.yaml": f"A: {arn(2)}\r\nB: {arn(1, 'http2')}\r\n".encode()}
    assert (proposal.base, proposal.commit, proposal.title) == ("main", COMMIT, "Pin http to the newest version")
    assert "| `infra/app.yaml:1` | http (eu-central-1) | 1 | 2 |" in proposal.body
    assert (tmp_path / "infra/app.yaml").read_bytes().count(b":1\r\n") == 2


def test_pins_that_an_earlier_run_left_are_part_of_the_same_pull_request(
    services: Services, pull_requests: FakePullRequests, tmp_path: Path
) -> None:
    write(tmp_path, "infra/app.yaml", f"{arn(1)}\n{arn(3, 'data')}\n")
    plan, _ = publication(spec(), published())
    data = make_unchanged(spec("data"), layer_name="data", current=make_layer_version("data", 4, "2.0.0"))
    plan = replace(plan, layers=(*plan.layers, data))
    propose(services, plan, Outcome(plan=plan, published=(published(),)))
    assert pull_requests.proposals[BRANCH].files["infra/app.yaml"].decode() == f"{arn(2)}\n{arn(4, 'data')}\n"
    assert pull_requests.proposals[BRANCH].title == "Pin data, http to the newest version"


def test_when_no_pin_is_behind_the_pull_request_is_closed(
    services: Services, pull_requests: FakePullRequests, tmp_path: Path, stage: Stage
) -> None:
    write(tmp_path, "infra/app.yaml", arn(1))
    propose(services, *publication(spec(), published()))
    write(tmp_path, "infra/app.yaml", arn(2))
    assert propose(services, *publication(spec(), published())) == ""
    assert pull_requests.withdrawn == [BRANCH]
    assert any("Closed" in text for text in stage.console.texts("info"))


@pytest.mark.parametrize("versions", [(), (published(version="1.1.0-rc.1"),)])
def test_what_was_not_published_or_is_a_prerelease_raises_nothing(
    services: Services, pull_requests: FakePullRequests, tmp_path: Path, versions: tuple[LayerVersion, ...]
) -> None:
    write(tmp_path, "infra/app.yaml", arn(1))
    assert propose(services, *publication(spec(), *versions)) == ""
    assert pull_requests.proposals == {}


def test_each_environment_has_a_pull_request_of_its_own(
    services: Services, pull_requests: FakePullRequests, tmp_path: Path
) -> None:
    write(tmp_path, "infra/app.yaml", arn(1))
    propose(services, *publication(spec(), published()), environment="staging")
    assert list(pull_requests.proposals) == [f"{BRANCH}-staging"]


def test_links_other_folders_and_gits_own_files_are_left_alone(
    services: Services, pull_requests: FakePullRequests, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    write(outside, "x.yaml", arn(1))
    write(tmp_path, ".git/x.yaml", arn(1))
    write(tmp_path, "real.yaml", "nothing")
    (tmp_path / "link.yaml").symlink_to(outside / "x.yaml")
    (tmp_path / "folder").symlink_to(outside)
    pinned = spec("http", "**/*.yaml", f"../{outside.name}/*.yaml", "folder/*.yaml")
    assert propose(services, *publication(pinned, published())) == ""
    assert pull_requests.proposals == {}


def test_a_glob_that_matches_nothing_is_a_warning(services: Services, stage: Stage) -> None:
    propose(services, *publication(spec(), published()))
    assert any("matches no file of the commit: infra/**/*.yaml" in text for text in stage.console.texts("warning"))


def test_one_of_several_globs_that_matches_nothing_is_told_once_for_all_layers_of_its_line(
    services: Services, stage: Stage, tmp_path: Path
) -> None:
    write(tmp_path, "infra/app.yaml", "")
    plan, _ = publication(spec("http", "infra/*.yaml", "nosuch/*.yaml"), published())
    data = make_unchanged(spec("data", "nosuch/*.yaml"), layer_name="data", current=make_layer_version("data", 4))
    propose(services, replace(plan, layers=(*plan.layers, data)), Outcome(plan=plan))
    assert stage.console.texts("warning") == ["`pin-files` matches no file of the commit: nosuch/*.yaml."]


def test_a_glob_that_is_none_is_a_config_error(services: Services) -> None:
    for glob in ("/etc/*", ""):
        with pytest.raises(ConfigError, match="no glob"):
            propose(services, *publication(spec("http", glob), published()))


def test_without_rights_there_is_a_warning_and_without_pin_files_nothing(stage: Stage) -> None:
    services = replace(stage.services(), pull_requests=Unavailable(reason="there is no token"))
    propose(services, *publication(make_spec(), published()))
    assert stage.console.said == []
    propose(services, *publication(spec(), published()))
    assert any("there is no token" in text for text in stage.console.texts("warning"))


def test_an_executable_file_stays_one(services: Services, pull_requests: FakePullRequests, tmp_path: Path) -> None:
    write(tmp_path, "bin/app.py", arn(1))
    (tmp_path / "bin/app.py").chmod(0o755)
    propose(services, *publication(spec("http", "bin/*"), published()))
    assert pull_requests.proposals[BRANCH].executable == {"bin/app.py"}


def test_a_very_long_list_is_cut(services: Services, pull_requests: FakePullRequests, tmp_path: Path) -> None:
    write(tmp_path, "infra/app.yaml", f"{arn(1)}\n" * 2000)
    propose(services, *publication(spec(), published()))
    body = pull_requests.proposals[BRANCH].body
    assert re.search(r"\| and \d{3,4} more \|", body)
    assert len(body) < 65_536


def test_files_without_git_have_no_commit_to_propose_on(
    services: Services, stage: Stage, pull_requests: FakePullRequests
) -> None:
    write(stage.repository.root, "infra/a.yaml", f"layer: {arn(1)}\n")
    stage.repository.commit = ""
    plan, outcome = publication(spec(), published())
    with pytest.raises(GitHubError, match="not known which commit"):
        propose_pins(services, plan, outcome, base="main")
    assert pull_requests.proposals == {}


def test_files_that_git_does_not_track_are_left_out(
    services: Services, pull_requests: FakePullRequests, stage: Stage, tmp_path: Path
) -> None:
    write(tmp_path, "infra/app.yaml", arn(1))
    write(tmp_path, "infra/.aws-sam/build/template.yaml", arn(1))
    stage.repository.ignored = {"infra/.aws-sam/build/template.yaml"}
    propose(services, *publication(spec(), published()))
    assert list(pull_requests.proposals[BRANCH].files) == ["infra/app.yaml"]


BUILT = "- !Sub arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:layer:http:1\n"


def test_an_arn_that_is_put_together_is_left_and_told(
    services: Services, pull_requests: FakePullRequests, stage: Stage, tmp_path: Path
) -> None:
    write(tmp_path, "infra/app.yaml", f"{BUILT}- {arn(1)}\n")
    propose(services, *publication(spec(), published()))
    proposal = pull_requests.proposals[BRANCH]
    assert proposal.files["infra/app.yaml"].decode() == f"{BUILT}- {arn(2)}\n"
    assert "- `infra/app.yaml:1`: `layer:http:1` is not the newest version, and stays as it is" in proposal.body
    assert any("`layer:http:1` is not the newest" in text for text in stage.console.texts("notice"))


def test_only_arns_that_are_put_together_open_no_pull_request(
    services: Services, pull_requests: FakePullRequests, stage: Stage, tmp_path: Path
) -> None:
    write(tmp_path, "infra/app.yaml", BUILT)
    assert propose(services, *publication(spec(), published())) == ""
    assert pull_requests.proposals == {}
    assert len(stage.console.texts("notice")) == 1


def test_a_branch_that_is_left_alone_is_a_warning_and_no_failure(
    services: Services, pull_requests: FakePullRequests, stage: Stage, tmp_path: Path
) -> None:
    write(tmp_path, "infra/app.yaml", arn(1))
    pull_requests.refuses = "Somebody else pushed to our branch."
    assert propose(services, *publication(spec(), published())) == ""
    assert any("Somebody else" in text for text in stage.console.texts("warning"))


def test_the_branch_of_an_environment_has_a_name_that_git_takes(
    services: Services, pull_requests: FakePullRequests, tmp_path: Path
) -> None:
    write(tmp_path, "infra/app.yaml", arn(1))
    propose(services, *publication(spec(), published()), environment="Prod EU: ~1..")
    assert list(pull_requests.proposals) == [f"{BRANCH}-Prod-EU-1-"]


def test_no_name_of_a_file_breaks_the_table(
    services: Services, pull_requests: FakePullRequests, tmp_path: Path
) -> None:
    write(tmp_path, "infra/a|`b`\n| x |.yaml", arn(1))
    propose(services, *publication(spec(), published()))
    assert "\n| `infra/a\\|?b??\\| x \\|.yaml:1` | http" in pull_requests.proposals[BRANCH].body


def test_a_layer_that_the_plan_does_not_hold_is_part_of_the_same_pull_request(
    services: Services, pull_requests: FakePullRequests, stage: Stage, tmp_path: Path
) -> None:
    write(tmp_path, "infra/app.yaml", f"{arn(1)}\n{arn(3, 'data')}\n")
    stage.store.add(make_layer_version("data", 4, "2.0.0"))
    stage.store.add(make_layer_version("data", 5, "3.0.0-rc.1"))
    plan, outcome = publication(spec(), published())
    others = [(spec("data"), ("eu-central-1",)), (make_spec("unpinned"), ("eu-central-1",))]
    propose_pins(services, plan, outcome, base="main", others=others)
    assert pull_requests.proposals[BRANCH].files["infra/app.yaml"].decode() == f"{arn(2)}\n{arn(4, 'data')}\n"


def test_a_tag_run_again_raises_pins_to_the_newest_version_not_to_its_own(
    services: Services, pull_requests: FakePullRequests, stage: Stage, tmp_path: Path
) -> None:
    write(tmp_path, "infra/app.yaml", arn(1))
    for number, version in ((2, "2.0.0"), (3, "2.1.0")):
        stage.store.add(published(number=number, version=version))
    again = make_unchanged(spec(), layer_name="http", current=published(number=2, version="2.0.0"))
    plan = make_plan(layers=(again,))
    propose(services, plan, Outcome(plan=plan))
    assert pull_requests.proposals[BRANCH].files["infra/app.yaml"].decode() == arn(3)


def test_an_aws_that_does_not_answer_any_more_leaves_the_pins_as_github_s_work_to_do(
    services: Services, stage: Stage, tmp_path: Path
) -> None:
    write(tmp_path, "infra/app.yaml", arn(1))
    stage.calls.fail = lambda _: AwsError("AWS refused lambda:ListLayerVersions.")
    again = make_unchanged(spec(), layer_name="http", current=published())
    plan = make_plan(layers=(again,))
    with pytest.raises(GitHubError, match="ListLayerVersions"):
        propose(services, plan, Outcome(plan=plan))
