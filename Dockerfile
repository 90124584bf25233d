# Written for the classic builder: no heredocs, no RUN --mount, no COPY --link.
# The tag is pinned here; the release workflow pins the digest of what it built.
ARG BASE_IMAGE=python:3.13-slim-trixie
FROM ${BASE_IMAGE}

LABEL org.opencontainers.image.title="lambda-layer-action" \
      org.opencontainers.image.description="Rebuild, publish and roll out the Python layers of AWS Lambda functions, safely." \
      org.opencontainers.image.licenses="MIT"

# The commits of the workspace are read with git. Its version is the one of the Debian release that the base image pins.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb /var/cache/apt/*.bin

# A virtual environment of our own, so that nothing the job or the base image installs is ever imported.
COPY requirements/image.txt /opt/app/requirements.txt
RUN python -m venv /opt/app \
    && /opt/app/bin/python -I -m pip install --no-cache-dir --disable-pip-version-check --require-hashes \
       -r /opt/app/requirements.txt

COPY entrypoint.py /opt/app/entrypoint.py
COPY layer_action /opt/app/source/layer_action
# The package is put on the path by a .pth file: it needs no build backend, and isolated mode (-I) still reads it.
# Bytecode is compiled here once, since each job starts a fresh container.
RUN /opt/app/bin/python -I -c "import pathlib, sysconfig; pathlib.Path(sysconfig.get_path('purelib'), 'lambda-layer-action.pth').write_text('/opt/app/source\n')" \
    && /opt/app/bin/python -I -m compileall -q /opt/app/source

# Root, as GitHub requires of container actions: the workspace and the command files belong to the runner's user.
# An absolute interpreter in isolated mode: PYTHONPATH, PYTHONHOME and VIRTUAL_ENV of the job change nothing.
ENTRYPOINT ["/opt/app/bin/python", "-I", "/opt/app/entrypoint.py"]
