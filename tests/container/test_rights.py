"""A root that a hardened container leaves without its rights."""

import subprocess

import pytest

pytestmark = pytest.mark.container

_GIVE_AWAY = """
from pathlib import Path
from tempfile import mkdtemp
from layer_action.errors import BuildError
from layer_action.strangers import give_away
try:
    give_away(Path(mkdtemp()))
except BuildError as error:
    print(error.message, error.hint)
"""


@pytest.mark.parametrize(("lost", "said"), [("CHOWN", "without CHOWN. Run as an ordinary user"), ("MKNOD", "")])
def test_a_root_that_cannot_hand_a_folder_over_says_what_it_lacks(image: str, lost: str, said: str) -> None:
    command = ["docker", "run", "--rm", "--network", "none", "--cap-drop", lost, "--entrypoint", "/opt/app/bin/python"]
    done = subprocess.run([*command, image, "-c", _GIVE_AWAY], check=True, capture_output=True, text=True)
    assert said in done.stdout
    assert bool(done.stdout) == bool(said)
