"""The adapters, against the strict stand-in or the real ministack."""

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from layer_action.aws.functions import AwsFunctions
from layer_action.aws.layers import AwsLayerStore
from layer_action.aws.session import AwsSession, Patience
from layer_action.formats import description as description_codec
from layer_action.formats import pylock
from layer_action.http import Http
from layer_action.model.layer import Artifact, LayerSize, LayerSpec
from layer_action.ports.aws import PublishRequest
from tests.factories import X86_312, make_content, make_description, make_spec
from tests.fake_calls import ManualClock
from tests.standins.aws.seed import zip_of
from tests.standins.aws.server import StrictAws, strict_aws
from tests.standins.descriptions import read_once
from tests.standins.ministack import MinistackServer, executable, ministack

if TYPE_CHECKING:
    from layer_action.model.published import Description

read_once()

REGION = "us-east-1"
QUICK = Patience(attempts=3, connect=10.0, read=20.0, publish_read=20.0)


@dataclass
class Room:
    """The adapters of one account, and the session below them. `env_for` gives the settings of another account."""

    env_for: Callable[..., dict[str, str]]
    folder: Path
    clock: ManualClock = field(default_factory=ManualClock)
    sessions: list[AwsSession] = field(default_factory=list)
    plain: dict[tuple[str, str], AwsSession] = field(default_factory=dict)

    def session(self, *, account: str = "111122223333", region: str = REGION, **settings: Any) -> AwsSession:
        """Open a session, or return the one of that account and region; it is closed with the room."""
        if not settings and (account, region) in self.plain:
            return self.plain[account, region]
        env = self.env_for(account=account, region=region)
        given: dict[str, Any] = {"clock": self.clock, "patience": QUICK} | settings
        session = AwsSession(env, region=region, **given)
        self.sessions.append(session)
        if not settings:
            self.plain[account, region] = session
        return session

    def store(self, **settings: Any) -> AwsLayerStore:
        return AwsLayerStore(self.session(**settings), Http({}, attempts=1))

    def functions(self, **settings: Any) -> AwsFunctions:
        return AwsFunctions(self.session(**settings), Http({}, attempts=1))

    def artifact(self, spec: LayerSpec | None = None, files: Mapping[str, bytes] | None = None) -> Artifact:
        """Write a small layer with its lock inside, as a build would."""
        spec = spec or make_spec(targets=(X86_312,))
        content = make_content(spec)
        if files is None:
            lock = pylock.encode(
                layer_name=content.layer_name, targets=content.targets, lock=content.lock, digest=content.digest
            )
            record = "requests/__init__.py,sha256=x,9\nrequests-2.32.3.dist-info/RECORD,,\n"
            files = {
                "python/requests/__init__.py": b"x = 'one'",
                "python/requests-2.32.3.dist-info/METADATA": b"Name: requests\n",
                "python/requests-2.32.3.dist-info/RECORD": record.encode(),
                pylock.embedded_path(content.layer_name): lock,
            }
        data = zip_of(files)
        path = self.folder / f"{content.layer_name}.zip"
        path.write_bytes(data)
        size = LayerSize(zipped=len(data), unzipped=sum(map(len, files.values())))
        code_sha256 = base64.b64encode(hashlib.sha256(data).digest()).decode()
        return Artifact(content=content, path=path, code_sha256=code_sha256, size=size)

    def request(
        self, artifact: Artifact | None = None, *, version: str = "1.0.0", known: int = 0, **overrides: Any
    ) -> PublishRequest:
        """Ask for a publication under a version."""
        artifact = artifact or self.artifact()
        found: Description = make_description(version, digest=artifact.content.digest)
        given: dict[str, Any] = {"region": REGION, "description": description_codec.encode(found)} | overrides
        return PublishRequest(artifact=artifact, known=known, **given)

    def close(self) -> None:
        for session in self.sessions:
            session.close()


@pytest.fixture(scope="session")
def ministack_server() -> Iterator[MinistackServer]:
    if executable() is None:
        pytest.skip("ministack is not installed: make standins")
    with ministack() as server:
        yield server


@pytest.fixture
def aws() -> Iterator[StrictAws]:
    with strict_aws() as server:
        yield server


@pytest.fixture
def room(aws: StrictAws, tmp_path: Path) -> Iterator[Room]:
    """The adapters, against the strict stand-in."""
    found = Room(aws.env, tmp_path)
    yield found
    found.close()


@pytest.fixture(params=["strict", "ministack"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Room]:
    """The adapters, against each of the two stand-ins."""
    if request.param == "strict":
        found = Room(request.getfixturevalue("aws").env, tmp_path)
    else:
        server = request.getfixturevalue("ministack_server")
        server.reset()
        found = Room(server.env_for, tmp_path)
    yield found
    found.close()
