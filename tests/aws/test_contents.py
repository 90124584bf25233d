import pytest

from layer_action.aws.contents import distribution_sizes, embedded_lock, lock_of_names, unzipped
from layer_action.errors import DownloadError
from layer_action.formats import pylock
from layer_action.formats.zipdir import Member, read_directory
from layer_action.formats.zipend import Read
from layer_action.model.lock import Lock
from layer_action.model.published import LayerVersion
from layer_action.model.target import Architecture
from tests.factories import ARM_312, make_digest, make_layer_arn, make_lock
from tests.standins.aws.seed import zip_of

SITE = "python/lib/python3.12/site-packages/"


def opened(files: dict[str, bytes]) -> tuple[Read, tuple[Member, ...]]:
    data = zip_of(files)

    def read(offset: int, count: int) -> bytes:
        return data[offset : offset + count]

    return read, read_directory(read, len(data))


def version(*runtimes: str, architectures: tuple[str, ...] = ()) -> LayerVersion:
    return LayerVersion(
        arn=make_layer_arn(),
        number=1,
        description="",
        published=None,
        runtimes=runtimes,
        architectures=architectures,
    )


def carried(lock: Lock, name: str) -> bytes:
    return pylock.encode(layer_name=name, targets=[ARM_312], lock=lock, digest=make_digest())


def test_the_lock_of_the_layers_own_name_counts() -> None:
    ours, other = make_lock({"requests": "2.0"}), make_lock({"pandas": "1.0"})
    read, members = opened(
        {pylock.embedded_path("http"): carried(ours, "http"), pylock.embedded_path("data"): carried(other, "data")}
    )
    assert embedded_lock(read, members, "http") == ours
    assert embedded_lock(read, members, "neither") is None


def test_a_layer_under_a_new_name_carries_its_old_lock() -> None:
    lock = make_lock()
    read, members = opened({pylock.embedded_path("old"): carried(lock, "old")})
    assert embedded_lock(read, members, "new") == lock


@pytest.mark.parametrize("data", [b"", b"\xff", b"lock-version = '9'"])
def test_a_lock_that_cannot_be_read_is_none(data: bytes) -> None:
    read, members = opened({pylock.embedded_path("http"): data})
    assert embedded_lock(read, members, "http") is None


def test_a_lock_that_does_not_come_is_not_taken_for_none() -> None:
    _, members = opened({pylock.embedded_path("http"): b"x"})

    def broken(_offset: int, _count: int) -> bytes:
        raise DownloadError("The connection broke.")

    with pytest.raises(DownloadError):
        embedded_lock(broken, members, "http")


def test_names_of_distributions_are_normalised_and_counted_once() -> None:
    _, members = opened(
        {
            "python/Foo_Bar-1.0.dist-info/METADATA": b"",
            "python/Foo_Bar-1.0.dist-info/RECORD": b"",
            f"{SITE}zope.interface-7.0.dist-info/METADATA": b"",
            "other/x-1.dist-info/METADATA": b"",
            "python/deep/y-1.dist-info/METADATA": b"",
        }
    )
    lock = lock_of_names(members, version("nodejs20.x", "python3.11", architectures=("arm64",)))
    assert lock is not None
    assert [(d.name, d.version) for d in lock.distributions] == [("foo-bar", "1.0"), ("zope-interface", "7.0")]
    assert (lock.target.runtime, lock.target.architecture) == ("python3.11", Architecture.ARM64)


def test_a_zip_without_distributions_has_no_lock() -> None:
    _, members = opened({"python/x.py": b""})
    assert lock_of_names(members, version()) is None


def test_each_distribution_weighs_what_its_record_lists() -> None:
    files = {
        "python/big/__init__.py": bytes(1000),
        'python/big/odd, "name".py': bytes(50),
        "python/small.py": bytes(10),
        "python/big-1.dist-info/RECORD": b'big/__init__.py,sha256=a,1000\n"big/odd, ""name"".py",,\ngone.py,,\n',
        "python/small-2.dist-info/RECORD": b"small.py,,\n\n",
        "python/own.py": bytes(7),
    }
    read, members = opened(files)
    assert [(s.name, s.version, s.unzipped) for s in distribution_sizes(read, members)] == [
        ("big", "1", 1050),
        ("small", "2", 10),
    ]
    assert unzipped(members) == sum(map(len, files.values()))
