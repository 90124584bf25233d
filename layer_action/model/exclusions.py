"""The presets of the config's `exclude`, and what each of them leaves out.

What they mean shapes a layer, so digests count it: after a change here, layers that use the preset are published anew.
"""

from collections.abc import Mapping
from typing import Final

# Each preset leaves out what no import of some three hundred distributions needs. Folders named `test` and `docs` stay:
# django.test and botocore.docs are imported at run time; `import astropy` and `import sunpy` load their `tests`, and
# lazy_loader's `attach_stub` (scikit-image, librosa, mne) reads the stub beside an `__init__.py`.
PRESETS: Final[Mapping[str, tuple[str, ...]]] = {
    "tests": (r"(?!(?:astropy|sunpy)/tests/)(?:.*/)?tests/.*",),
    "stubs": (r".*(?<!/__init__)\.pyi", r"[^/]*-stubs/.*"),
    "docs": (r"share/(?:doc|man|info)/.*", r"(?:.*/)?docs?/.*\.(?:rst|md|txt|html|css|js|png|svg|jpg|gif|pdf|ipynb)"),
    "headers": (r".*\.(?:h|hh|hpp|hxx|cuh|inl|pxd|pxi|pyx|a|cmake|pc)",),
}


def meaning(pattern: str) -> tuple[str, ...]:
    """Return the expressions on paths below `python/` that a preset stands for; none for a glob."""
    return PRESETS.get(pattern, ())
