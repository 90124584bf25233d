"""How many files a run may have open at once: each wheel of a layer is one, and uv has its own."""

from typing import Final

_WANTED: Final = 4096  # macOS begins with 256, some shells and containers with 1024


def open_many_files() -> None:
    """Allow this run, and what it starts, as many open files as it is likely to need and the machine lets it have."""
    try:
        import resource  # noqa: PLC0415 - Unix has it
    except ImportError:
        return
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED if most == resource.RLIM_INFINITY else min(_WANTED, most)
    if now != resource.RLIM_INFINITY and now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
