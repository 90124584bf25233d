"""The same inputs give the same bytes, whoever runs the action: root or another user, in another folder and place."""

import hashlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.checkout import Checkout
from tests.end_to_end.test_reproducible import BACKEND, PROJECT
from tests.standins.wheels import make_wheel, wheel_filename

pytestmark = pytest.mark.container

CONFIG = """\
runtimes: [python3.12]
layers:
  shop: {requirements: layers/shop/requirements.txt, include: [own/**]}
"""
ROOT_USER, SOMEBODY = 0, 4321


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Who runs the action, where the repository is, and what is different there."""

    user: int
    mount: str
    umask: str
    home: str
    zone: str


HERE = Place(user=ROOT_USER, mount="/github/workspace", umask="022", home="/root", zone="UTC")
ELSEWHERE = Place(user=SOMEBODY, mount="/srv/a/b/shop", umask="077", home="/tmp/home", zone="Asia/Kathmandu")
ANYWHERE = Place(user=SOMEBODY, mount="/mnt/x", umask="000", home="/tmp", zone="America/St_Johns")


def repository(root: Path, *, backwards: bool) -> None:
    files: dict[str, str | bytes] = {
        ".github/lambda-layers.yml": CONFIG,
        "layers/shop/requirements.txt": "./wheels/till-2.0-py3-none-any.whl\n./libs/tax\n",
        "libs/tax/pyproject.toml": PROJECT,
        "libs/tax/backend.py": BACKEND,
        "libs/tax/tax/__init__.py": "rate = 0.2\n",
        "libs/tax/tax/reduced.py": "rate = 0.05\n",
        "own/a.txt": "a" * 9999,
        "own/run.sh": "#!/bin/sh\n",
        f"wheels/{wheel_filename('till', '2.0')}": make_wheel("till", "2.0", {"till.py": "open = True\n"}),
    }
    root.mkdir(parents=True)
    checkout = Checkout(root=root)
    for path in sorted(files, reverse=backwards):
        checkout.write(path, files[path])
    (root / "own/run.sh").chmod(0o755)


def built(image: str, root: Path, place: Place) -> dict[str, str]:
    """Build without a network, and return the sha256 of each file."""
    for path in (root, *root.rglob("*")):
        os.chown(path, place.user, place.user)
    script = f"umask {place.umask}; exec /opt/app/bin/python -I /opt/app/entrypoint.py build --all --dir zips"
    done = subprocess.run(
        [
            *("docker", "run", "--rm", "--network", "none", "--user", f"{place.user}:{place.user}"),
            *("--volume", f"{root}:{place.mount}", "--workdir", place.mount, "--entrypoint", "/bin/sh"),
            *("--env", f"HOME={place.home}", "--env", f"TZ={place.zone}", "--env", "PYTHONDONTWRITEBYTECODE=1"),
            *(image, "-c", script),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (root / "zips").iterdir()}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("place", [ELSEWHERE, ANYWHERE], ids=["077", "000"])
def test_another_user_elsewhere_builds_the_same_bytes(image: str, tmp_path: Path, place: Place) -> None:
    repository(tmp_path / "here", backwards=False)
    repository(tmp_path / "there", backwards=True)
    first = built(image, tmp_path / "here", HERE)
    assert sorted(first) == ["manifest.json", "pylock.shop.toml", "shop.zip"]
    assert built(image, tmp_path / "there", place) == first
    shutil.rmtree(tmp_path / "there")  # of another user, who made it unreadable to others
