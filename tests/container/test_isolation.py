"""Whatever the job has set up for its own Python changes nothing in the container."""

import pytest

from tests.container.job import Job

pytestmark = [pytest.mark.container, pytest.mark.index]

_JOB = {
    # a checkout that would take the place of our package and of the standard library
    "PYTHONPATH": "/github/workspace/hijack",
    "PYTHONHOME": "/github/workspace/hijack",
    "PYTHONSTARTUP": "/github/workspace/hijack/json.py",
    "VIRTUAL_ENV": "/github/workspace/hijack",
    "UV_OFFLINE": "1",
    "UV_PYTHON": "2.7",
    "UV_CONFIG_FILE": "/github/workspace/hijack/uv.toml",
    "UV_CONSTRAINT": "/github/workspace/hijack/constraints.txt",
    "PIP_NO_INDEX": "1",
    "PIP_TARGET": "/github/workspace/hijack",
    "PIP_CONSTRAINT": "/github/workspace/hijack/constraints.txt",
    "PIP_REQUIRE_VIRTUALENV": "1",
}


def test_the_jobs_python_pip_and_uv_settings_change_nothing(job: Job) -> None:
    job.origin.write("layers/parcel/requirements.txt", "idna==3.7\n")
    (job.origin.root / "layers" / "parcel" / "pylock.toml").unlink()
    job.origin.write(
        ".github/lambda-layers.yml",
        "runtimes: [python3.12]\narchitectures: [x86_64]\nlayers:\n  parcel: layers/parcel/requirements.txt\n",
    )
    for path in ("hijack/json.py", "hijack/layer_action/__init__.py", "hijack/site.py", "json.py"):
        job.origin.write(path, "raise SystemExit('hijacked')\n")
    job.origin.write("hijack/constraints.txt", "idna<3\n")
    job.origin.commit("Take over")
    plain = job.push(command="plan")
    assert plain.code == 0, plain.log
    job.runner.env = {**job.runner.env, **_JOB}
    hijacked = job.push(command="plan")
    assert hijacked.code == 0, hijacked.log
    assert hijacked.outputs["layers"] == plain.outputs["layers"]
    assert "idna" in hijacked.log
