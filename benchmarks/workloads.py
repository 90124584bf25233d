"""Four layers to build: a small one, two with compiled stacks, and forty small packages."""

from typing import Final

_FORTY: Final = """
requests flask jinja2 httpx typer rich networkx docutils pyyaml click attrs pydantic structlog sqlalchemy marshmallow
boltons more-itertools toolz python-dateutil pytz babel markdown beautifulsoup4 tabulate tqdm cachetools jsonschema
packaging tomli-w semver pygments cerberus arrow pendulum redis tenacity simplejson webargs sentry-sdk sympy
"""

WORKLOADS: Final = {
    "requests": ["requests"],
    "pandas": ["pandas"],
    "scientific": ["numpy", "scipy", "scikit-learn"],
    "forty": _FORTY.split(),
}
