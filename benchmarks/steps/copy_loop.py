"""Step: read every wheel of a folder, hash it, write it. No program of this kind can be much faster."""

import hashlib
import os
import sys
import time

folder = sys.argv[1]
begin = time.perf_counter()
state = hashlib.sha256()
with open(f"{folder}/out/loop", "wb", buffering=0) as into:  # noqa: PTH123 - pathlib alone costs 3 ms
    for wheel in sorted(os.listdir(f"{folder}/wheels")):  # noqa: PTH208
        with open(f"{folder}/wheels/{wheel}", "rb", buffering=0) as file:  # noqa: PTH123
            while chunk := file.read(1 << 20):
                state.update(chunk)
                into.write(chunk)
print(f"inside: {time.perf_counter() - begin}")
