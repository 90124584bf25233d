import itertools
import threading
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from layer_action.aws.pacing import (
    GET_FUNCTION_BURST,
    GET_FUNCTION_RATE,
    SHARED_BURST,
    SHARED_RATE,
    Pacing,
    TokenBucket,
)
from layer_action.aws.session import AwsSession
from tests.aws.conftest import QUICK, REGION
from tests.fake_calls import ManualClock
from tests.standins.aws.server import StrictAws


def moments(clock: ManualClock, take: Callable[[], None], count: int) -> list[float]:
    found = []
    for _ in range(count):
        take()
        found.append(clock.now())
    return found


def test_a_few_calls_pass_at_once_and_the_rest_at_the_rate() -> None:
    clock = ManualClock()
    bucket = TokenBucket(rate=10.0, burst=5, clock=clock)
    times = moments(clock, bucket.take, 25)
    assert times[4] == times[0]
    assert round(times[24] - times[0], 6) == 2.0


@given(pauses=st.lists(st.floats(0.0, 3.0), min_size=1, max_size=80))
def test_no_second_ever_holds_more_than_fifteen_calls(pauses: list[float]) -> None:
    clock = ManualClock()
    bucket = TokenBucket(rate=SHARED_RATE, burst=SHARED_BURST, clock=clock)
    times = []
    for pause in pauses:
        clock.sleep(pause if pause > 2.0 else 0.0)
        bucket.take()
        times.append(clock.now())
    for start, end in itertools.pairwise([*range(0, len(times), 15), len(times)]):
        assert end - start <= 15
    assert all(later - earlier > 1.0 - 1e-6 for earlier, later in zip(times, times[15:], strict=False))


def test_get_function_has_a_bucket_of_its_own() -> None:
    clock = ManualClock()
    pacing = Pacing(clock)
    for _ in range(105):
        pacing.take(REGION, "UpdateFunctionConfiguration")
    before = clock.now()
    for _ in range(GET_FUNCTION_BURST):
        pacing.take(REGION, "GetFunction")
    assert clock.now() == before
    for _ in range(100 - GET_FUNCTION_BURST):
        pacing.take(REGION, "GetFunction")
    assert round(clock.now() - before, 6) <= 100 / GET_FUNCTION_RATE


def test_regions_do_not_wait_for_each_other() -> None:
    clock = ManualClock()
    pacing = Pacing(clock)
    for region in ("eu-central-1", "us-east-1", "eu-west-1"):
        for _ in range(SHARED_BURST):
            pacing.take(region, "ListFunctions")
    assert clock.slept == []


def test_threads_share_a_bucket_fairly() -> None:
    clock = ManualClock()
    bucket = TokenBucket(rate=10.0, burst=1, clock=clock)
    threads = [threading.Thread(target=moments, args=(clock, bucket.take, 10)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(clock.slept) <= 40


def test_our_calls_never_meet_aws_own_limit(aws: StrictAws) -> None:
    clock = ManualClock()
    aws.world.clock = clock.now
    aws.world.limits.shared_rate = 15.0
    aws.world.limits.get_function_rate = 100.0
    arn = aws.add_function("shop")
    with AwsSession(aws.env(), clock=clock, patience=QUICK) as session:
        client = session.lambda_(REGION)
        for _ in range(40):
            client.list_functions()
            client.get_function(FunctionName=arn)
    assert {call.outcome for call in aws.calls} == {"200"}
    assert 3.4 < clock.now() - 1000.0 < 4.0
