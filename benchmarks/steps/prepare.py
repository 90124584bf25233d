"""Step: download the wheels of `requirements.in`, and write what the other steps start from."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

folder = Path(sys.argv[1])
command: list[str | Path] = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:"]
options: list[str | Path] = ["--dest", folder / "wheels", "--requirement", folder / "requirements.in"]
subprocess.run([*command, *options], check=True)
found, lines = [], []
for path in sorted((folder / "wheels").glob("*.whl")):
    name, version, *_ = path.name.split("-")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    wheel = {"filename": path.name, "sha256": sha256, "size": path.stat().st_size, "url": path.as_uri()}
    found.append({"name": name.lower(), "version": version, "wheel": wheel})
    lines.append(f"{name}=={version} --hash=sha256:{sha256}\n")
locked = {
    "runtime": f"python3.{sys.version_info.minor}",
    "architecture": "arm64" if os.uname().machine == "aarch64" else "x86_64",
    "distributions": found,
}
(folder / "locked.json").write_text(json.dumps(locked))
(folder / "locked.txt").write_text("".join(lines))
