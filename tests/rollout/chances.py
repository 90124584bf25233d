"""What may happen to a shop at random: its functions, other people's hands, and AWS's moods."""

from typing import TypeAlias

from hypothesis import strategies as st

from layer_action.errors import (
    AccessDeniedError,
    AmbiguousError,
    AwsError,
    ConflictError,
    StaleRevisionError,
    ThrottledError,
)
from tests.factories import make_layer_arn

REGION = "eu-central-1"
OURS = ("http", "data")
NAMES = tuple(f"f{number}" for number in range(4))
FOREIGN = (
    f"arn:aws:lambda:{REGION}:580247275435:layer:LambdaInsightsExtension:38",
    f"arn:aws:lambda:{REGION}:580247275435:layer:http:3",
    "arn:aws:lambda:::awslayer:AmazonLinux1703",
)
TAGS = ("", "", "", "hold", "1.x", "1.0.x", "latest", "nonsense")
ALIASES = ("", "follows", "splits traffic", "has other code")
OPERATIONS = ("read", "set_layers", "publish", "versions", "publish_version", "move_alias", "tag")
FAULTS = (
    AccessDeniedError("no"),
    ThrottledError("slow"),
    AmbiguousError("lost"),
    ConflictError("busy"),
    StaleRevisionError("stale"),
    AwsError("unreachable"),
)

Shape: TypeAlias = tuple[list[str], str, str]
# what a function lists (in any order), its tag, and what alias it has
SHAPES = st.tuples(
    st.lists(
        st.sampled_from(
            (
                *FOREIGN,
                make_layer_arn("http-extra").version(1),
                *(make_layer_arn("http").version(number) for number in (1, 1, 2, 3)),
                *(make_layer_arn("data").version(number) for number in (1, 1, 2)),
            )
        ),
        unique_by=lambda arn: arn.rpartition(":")[0] if "awslayer" not in arn else arn,
        min_size=1,
        max_size=5,
    ),
    st.sampled_from(TAGS),
    st.sampled_from(ALIASES),
)
# somebody else's hand: before which occurrence of which operation, on which function, to do what
HANDS = st.lists(
    st.tuples(
        st.sampled_from(OPERATIONS),
        st.integers(1, 6),
        st.sampled_from(NAMES),
        st.sampled_from(["reverse", "add", "drop", "tag", "delete"]),
    ),
    max_size=3,
)
TROUBLE = st.dictionaries(st.integers(1, 40), st.tuples(st.sampled_from(FAULTS), st.booleans()), max_size=3)
