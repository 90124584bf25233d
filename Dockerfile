# Written for the classic builder: no heredocs, no RUN --mount, no COPY --link.
# The tag is pinned here; the release workflow pins the digest of what it built.
ARG BASE_IMAGE=python:3.13-slim-trixie
FROM ${BASE_IMAGE}

LABEL org.opencontainers.image.title="lambda-layer-action" \
      org.opencontainers.image.description="Rebuild, publish and roll out the Python layers of AWS Lambda functions, safely." \
      org.opencontainers.image.licenses="MIT"

# The commits of the workspace are read with git. Its version is the one of the Debian release that the base image pins.
# Perl is half of what git brings along, for commands such as send-email and svn that nobody calls here.
# hadolint ignore=DL3008,SC2046
RUN apt-get update \
    && apt-get install -y --no-install-recommends git \
    && dpkg --purge --force-depends \
       $(dpkg-query -W -f '${Package} ' git-man liberror-perl 'libperl5.*' perl 'perl-modules-*') \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb /var/cache/apt/*.bin \
       /usr/share/doc /usr/share/locale /usr/share/man

# A virtual environment of our own, so that nothing the job or the base image installs is ever imported.
# botocore describes some 400 services: those that we talk to, or that a profile's login needs, are kept.
# Bytecode is compiled here once, since each job starts a fresh container; the base image brings none of the standard library's.
COPY requirements/image.txt /opt/app/requirements.txt
RUN python -m venv --without-pip /opt/app \
    && python -I -m pip --python /opt/app/bin/python install --no-cache-dir --disable-pip-version-check --no-compile \
       --require-hashes -r /opt/app/requirements.txt \
    && find /opt/app/lib/python3*/site-packages/botocore/data -mindepth 1 -maxdepth 1 -type d \
       ! -name cloudwatch ! -name lambda ! -name s3 ! -name ssm ! -name sts \
       ! -name signin ! -name sso ! -name sso-oidc -exec rm -r {} + \
    && /opt/app/bin/python -I -m compileall -q -j 0 -x '/(test|idlelib|tkinter|turtledemo|lib2to3|site-packages)/' \
       "$(/opt/app/bin/python -I -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" \
    && /opt/app/bin/python -I -m compileall -q -j 0 /opt/app/lib

COPY entrypoint.py /opt/app/entrypoint.py
COPY layer_action /opt/app/source/layer_action
# The package is put on the path by a .pth file: it needs no build backend, and isolated mode (-I) still reads it.
RUN /opt/app/bin/python -I -c "import pathlib, sysconfig; pathlib.Path(sysconfig.get_path('purelib'), 'lambda-layer-action.pth').write_text('/opt/app/source\n')" \
    && /opt/app/bin/python -I -m compileall -q /opt/app/source

# Root, as GitHub requires of container actions: the workspace and the command files belong to the runner's user.
# An absolute interpreter in isolated mode: PYTHONPATH, PYTHONHOME and VIRTUAL_ENV of the job change nothing.
ENTRYPOINT ["/opt/app/bin/python", "-I", "/opt/app/entrypoint.py"]
