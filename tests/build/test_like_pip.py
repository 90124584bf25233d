"""Real wheels: a layer's tree is what pip installs of them, file by file.

`make test` tries a few sets, `make oracle` all of them: small and heavy ones, namespace packages, `.data` folders,
shared paths, `.pth` files, vendored dist-infos, licences, entry points; every runtime, both architectures. Where this
interpreter is of the target's version, so that pip's markers are the target's, the versions too are those pip finds.
"""

import os
from pathlib import Path

import pytest

from tests.build.like_pip import Oracle, found_by_pip, like_this_machine, target

pytestmark = pytest.mark.index

SAMPLE = [
    ("3.12", "x86_64", "requests"),
    ("3.12", "arm64", "pydantic httpx"),
    ("3.10", "x86_64", "cryptography psycopg2-binary"),
    ("3.13", "arm64", "zope.interface setuptools docutils"),
]
ALL = [
    *SAMPLE,
    ("3.9", "x86_64", "numpy"),
    ("3.11", "arm64", "pandas"),
    ("3.12", "x86_64", "scipy scikit-learn"),
    ("3.9", "x86_64", "lxml beautifulsoup4"),
    ("3.11", "x86_64", "Pillow"),
    ("3.12", "arm64", "google-cloud-storage google-cloud-bigquery"),
    ("3.12", "x86_64", "azure-identity azure-storage-blob"),
    ("3.11", "x86_64", "zope.component zope.event zope.i18nmessageid"),
    ("3.12", "x86_64", "setuptools==68.2.2 wheel"),
    ("3.13", "arm64", "pip"),
    ("3.12", "x86_64", "notebook"),
    ("3.13", "x86_64", "ipykernel"),
    ("3.11", "x86_64", "mypy"),
    ("3.12", "x86_64", "ansible-core"),
    ("3.11", "arm64", "grpcio grpcio-status protobuf"),
    ("3.14", "x86_64", "orjson ujson msgpack"),
    ("3.13", "arm64", "aws-lambda-powertools[all]"),
    ("3.12", "arm64", "sqlalchemy greenlet asyncpg"),
    ("3.14", "arm64", "flask"),
    ("3.12", "x86_64", "django djangorestframework"),
    ("3.13", "x86_64", "fastapi uvicorn[standard]"),
    ("3.12", "arm64", "polars"),
    ("3.11", "x86_64", "pyarrow"),
    ("3.10", "arm64", "duckdb"),
    ("3.12", "x86_64", "shapely pyproj"),
    ("3.9", "arm64", "rich typer networkx"),
    ("3.11", "x86_64", "sphinx"),
    ("3.12", "arm64", "matplotlib"),
    ("3.10", "arm64", "babel python-dateutil tzdata"),
    ("3.12", "x86_64", "boto3"),
    ("3.13", "x86_64", "opencv-python-headless"),
    ("3.14", "arm64", "aiohttp"),
    ("3.11", "arm64", "sentry-sdk[flask]"),
    ("3.12", "x86_64", "snowflake-connector-python"),
    ("3.12", "arm64", "openai tiktoken"),
    ("3.12", "x86_64", "lightgbm"),
    ("3.9", "x86_64", "jsonschema"),
    ("3.9", "arm64", "jaraco.functools jaraco.context backports.tarfile"),
    ("3.12", "x86_64", "black ruff"),
    ("3.12", "arm64", "ninja cmake"),
    ("3.12", "x86_64", "gmsh"),
    ("3.10", "x86_64", "bitarray regex"),
    ("3.10", "arm64", "protobuf==3.20.3"),
    ("3.11", "x86_64", "zc.lockfile==2.0 zope.deferredimport==4.4"),
    ("3.13", "arm64", "backports.csv backports.tempfile"),
    ("3.14", "x86_64", "pytz tzlocal attrs cattrs"),
    ("3.9", "arm64", "redis[hiredis] celery"),
    ("3.9", "arm64", "cryptography pynacl"),
    ("3.9", "arm64", "zope.interface<6 zope.component==5.1.0 zope.hookable==5.4"),
    ("3.10", "x86_64", "ruamel.yaml==0.17.21"),
    ("3.11", "arm64", "backports.entry-points-selectable backports.weakref backports.datetime-fromisoformat"),
    ("3.14", "arm64", "uvloop httptools watchfiles websockets"),
    ("3.12", "arm64", "Flask-Login PyMySQL Unidecode GitPython"),
    ("3.13", "x86_64", "Twisted[tls,http2]"),
    ("3.13", "x86_64", "jupyterlab_widgets"),
    ("3.12", "x86_64", "PyQt6-sip"),
    ("3.11", "x86_64", "pydantic[dotenv,email]==1.10.24"),
    ("3.14", "x86_64", "gevent eventlet"),
    ("3.9", "x86_64", "importlib-metadata exceptiongroup trio"),
    ("3.12", "x86_64", "jwt PyJWT"),
    ("3.9", "x86_64", "azure-storage-nspkg azure-storage-common azure-mgmt-nspkg"),
    ("3.10", "arm64", "Paste PasteDeploy PasteScript repoze.lru repoze.who"),
    ("3.13", "x86_64", "coverage pytest-cov<5 future-fstrings a2wsgi"),
    ("3.9", "arm64", "bcrypt argon2-cffi tokenizers"),
]
# a floating numpy on Amazon Linux 2, a wheel of many tags, a resolver that has to go back
RESOLVED_SAMPLE = ["numpy cryptography"]
RESOLVED = [
    *RESOLVED_SAMPLE,
    "pandas statsmodels",
    "h5py tables blosc2",
    "grpcio-status pyarrow lxml pillow",
    "boto3<1.36 urllib3<2 requests[socks]",
]
EVERYTHING = os.environ.get("LAMBDA_LAYER_ACTION_ORACLE") == "all"
SETS = ALL if EVERYTHING else SAMPLE


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wheels")


@pytest.mark.parametrize(("python", "architecture", "requirements"), SETS)
def test_a_layer_is_what_pip_installs(
    tmp_path: Path, cache: Path, python: str, architecture: str, requirements: str
) -> None:
    oracle = Oracle(folder=tmp_path, cache=cache)
    assert oracle.difference(requirements.split(), target(python, architecture)) == []


@pytest.mark.parametrize("requirements", RESOLVED if EVERYTHING else RESOLVED_SAMPLE)
def test_the_versions_of_a_layer_are_those_that_pip_finds(tmp_path: Path, cache: Path, requirements: str) -> None:
    oracle, here = Oracle(folder=tmp_path, cache=cache), like_this_machine()
    assert oracle.versions(requirements.split(), here) == found_by_pip(requirements.split(), here, tmp_path)


# of the most downloaded: pure and compiled, with libraries of their own, for one old and one new glibc
POPULAR = """
    aiohttp attrs certifi cffi click cryptography grpcio jinja2 lxml numpy orjson packaging pandas pillow protobuf
    psycopg2-binary pydantic pyjwt pyyaml requests s3transfer sqlalchemy typing-extensions urllib3
"""
IN_THE_RUNTIME = "in-the-runtime"  # s3transfer brings botocore, which is no false alarm


@pytest.mark.parametrize(("python", "architecture"), [("3.11", "x86_64"), ("3.13", "arm64")])
def test_popular_wheels_raise_no_alarm(tmp_path: Path, cache: Path, python: str, architecture: str) -> None:
    oracle = Oracle(folder=tmp_path, cache=cache)
    findings = oracle.findings(POPULAR.split(), target(python, architecture))
    assert [finding.check for finding in findings] == [IN_THE_RUNTIME]
