"""Step: download the wheels of `requirements.in`, and write what the other steps start from."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from layer_action.model.target import Architecture, Target

folder = Path(sys.argv[1])
architecture = Architecture.ARM64 if os.uname().machine == "aarch64" else Architecture.X86_64
target = Target(runtime=f"python3.{sys.version_info.minor}", architecture=architecture)
command: list[str | Path] = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:"]
platforms = [f"--platform={platform}" for platform in target.platforms]  # this machine may load newer ones
options: list[str | Path] = ["--dest", folder / "wheels", "--requirement", folder / "requirements.in"]
subprocess.run([*command, *platforms, *options], check=True)
found, lines, pins = [], [], []
for path in sorted((folder / "wheels").glob("*.whl")):
    name, version, *_ = path.name.split("-")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    wheel = {"filename": path.name, "sha256": sha256, "size": path.stat().st_size, "url": path.as_uri()}
    found.append({"name": name.lower(), "version": version, "wheel": wheel})
    lines.append(f"{name}=={version} --hash=sha256:{sha256}\n")
    pins.append(f"{name}=={version}\n")
locked = {
    "runtime": target.runtime,
    "architecture": target.architecture,
    "distributions": found,
}
(folder / "locked.json").write_text(json.dumps(locked))
(folder / "locked.txt").write_text("".join(lines))
(folder / "pins.txt").write_text("".join(pins))
