"""At every AWS call in turn: killed, unheard, refused, throttled, hanging. The next run ends as if nothing had been.

The calls are those that an undisturbed run makes. `make test` does it with a small shop, over HTTP, and kills real
processes. With LAMBDA_LAYER_ACTION_FULL_MATRIX=1 the shop has three layers, two regions and sixty functions; its
requests are handed over in this process, and a killed run is one from which nothing gets through any more.
"""

import multiprocessing
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from layer_action.errors import AmbiguousError, LayerActionError
from layer_action.model.layer import Publication
from layer_action.model.plan import Outcome, SkippedFunction, Unchanged
from tests.aws.direct import DirectSession, direct_http
from tests.aws.forked import in_a_process
from tests.aws.shop import HASTY, ONCE, REGIONS, Run, Shape, code_of, furnish, state
from tests.fake_calls import Killed
from tests.standins.aws import faults
from tests.standins.aws.server import StrictAws, strict_aws

if TYPE_CHECKING:
    from layer_action.aws.session import AwsSession

FULL = os.environ.get("LAMBDA_LAYER_ACTION_FULL_MATRIX") == "1"
WANTED = Publication(share=("444455556666",), ssm="/layers/{layer}")
SMALL = Shape(publication=WANTED)
LARGE = Shape(layers=("http", "data", "common"), regions=REGIONS, functions=30, publication=WANTED)
# how many tests share the calls of one kind of fault among them, so that several workers can
SHARDS = 6 if FULL else 1


class Matrix:
    """A furnished stand-in, the calls of an undisturbed run on it, and where that run ends."""

    def __init__(self, aws: StrictAws, shape: Shape, folder: Path, *, direct: bool) -> None:
        self.aws, self.shape, self.folder = aws, shape, folder
        first = Run(aws.env(), shape, "1.1.0", folder)
        self.session: AwsSession = DirectSession(aws, aws.env(), ONCE) if direct else first.connect()
        self.hasty = self.session if direct else first.connect(HASTY)
        self.http = direct_http(aws) if direct else None
        furnish(aws, shape, folder)
        self.before = aws.snapshot()
        self.state_before = state(aws)
        if direct:
            self.session.account()  # asked once in a session's life
        aws.forget_calls()
        assert self.next().code() == 0
        self.count = len(aws.calls)
        self.wanted = state(aws)
        self._converging = {repr(self.wanted)}

    def next(self, *, hasty: bool = False, folder: Path | None = None) -> Run:
        session = self.hasty if hasty else self.session
        return Run(self.aws.env(), self.shape, "1.1.0", folder or self.folder, session=session, http=self.http)

    def begin(self) -> None:
        self.aws.restore(self.before)
        if isinstance(self.session, DirectSession):
            self.session.revive()

    def check_true(self, end: Outcome | LayerActionError, number: int) -> None:
        """What a run says of itself is so."""
        now, code = state(self.aws), code_of(end)
        assert code in {0, 4, 6}, number
        if code == 0 and isinstance(end, Outcome):
            skipped = {op.function.arn for op in end.plan.functions if isinstance(op, SkippedFunction)}
            differ = {name for name in now | self.wanted if now.get(name) != self.wanted.get(name)}
            assert differ <= skipped, number
        error = end.error if isinstance(end, Outcome) else end
        assert error is None or (error.message and error.hint), f"call {number}: no next action after {error}"
        if code == 4 or not isinstance(end, Outcome):
            assert now == self.state_before, f"call {number}: exit {code} says that nothing was changed"
            return
        for names, states in ((end.moved, self.wanted), (end.rolled_back, self.state_before)):
            for name in names:
                assert now[name][0] == states[name][0], number  # type: ignore[index]
        self._check_counts(end, now, number)

    def _check_counts(self, end: Outcome, now: dict[str, object], number: int) -> None:
        """Every number in the message, and every list of the outcome, is what AWS holds."""
        message = end.error.message if end.error else ""
        if told := re.search(r"(\d+) of (\d+) layer versions? published", message):
            made = len({name for name in now if ":layer:" in name} - set(self.state_before))
            assert int(told[1]) <= made <= int(told[2]), number
        if told := re.search(r"(\d+) functions? (?:was|were) put back", message):
            assert int(told[1]) == len(end.rolled_back), number
        if told := re.search(r"(\d+) (?:functions? )?(?:was|were) not started", message):
            ended = {*end.moved, *end.rolled_back, *end.left, *(failure.function for failure in end.failures)}
            assert int(told[1]) == len(end.plan.repoints) - len(ended), number
        changed = {name for name in now if ":function:" in name and now[name][0] != self.state_before[name][0]}  # type: ignore[index]
        unsure = {failure.function for failure in end.failures if not failure.restored}
        assert set(end.moved) <= changed <= {*end.moved, *unsure}, number
        for move in end.parameters:
            assert now[f"arn:aws:ssm:{move.region}:111122223333:parameter{move.name}"] == move.to, number
        if end.error and not unsure and not isinstance(end.error, AmbiguousError):
            assert now != self.state_before, f"call {number}: exit 6 says that something was changed"

    def check_whole(self) -> None:
        """Each function is as before, or moved as a whole; no layer has more than one new version."""
        now = state(self.aws)
        for name, value in now.items():
            if ":function:" in name:
                layers = value[0]  # type: ignore[index]
                assert layers in {s[name][0] for s in (self.state_before, self.wanted)}  # type: ignore[index]
        assert set(now) <= set(self.wanted)

    def check_converges(self) -> None:
        """One more run ends where an undisturbed one does.

        It starts from what AWS holds and nothing else, so each state is tried once, however many faults lead to it.
        """
        now = repr(sorted(state(self.aws).items()))
        if now in self._converging:
            return
        self._converging.add(now)
        self.aws.world.faults.clear()
        assert self.next().code() == 0
        assert state(self.aws) == self.wanted
        self.check_nothing_left()

    def check_nothing_left(self) -> None:
        self.aws.forget_calls()
        plan = self.next().plan()
        assert not plan.changes_anything
        assert {type(operation) for operation in plan.layers} == {Unchanged}
        assert not self.aws.writes

    def numbers(self, shard: int) -> range:
        """Return the calls, counted from 1, that one of the tests tries."""
        return range(1 + shard, self.count + 1, SHARDS)


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    with strict_aws() as aws:
        found = Matrix(aws, LARGE if FULL else SMALL, tmp_path_factory.mktemp("zips"), direct=FULL)
        yield found
        found.session.close()
        found.hasty.close()


FAULTS: dict[str, Callable[[], faults.Fault]] = {
    "lost answer": faults.lost_answer,
    "throttled": lambda: faults.refuse("TooManyRequestsException"),
    "server error": lambda: faults.refuse("ServiceException"),
    "denied": lambda: faults.refuse("AccessDeniedException", "You are not authorized."),
    "hang": lambda: faults.hang(0.0 if FULL else 1.0),
}


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_at_any_call_leaves_nothing_half_done(matrix: Matrix, kind: str, shard: int) -> None:
    for number in matrix.numbers(shard):
        matrix.begin()
        matrix.aws.fault(number, FAULTS[kind]())
        run = matrix.next(hasty=kind == "hang")
        if isinstance(run.session, DirectSession):
            run.session.silent = kind == "hang"
        matrix.check_true(run.end(), number)
        matrix.check_whole()
        matrix.check_converges()


@pytest.mark.skipif(FULL, reason="the full matrix kills its runs without processes")
@pytest.mark.parametrize("done", [False, True])
def test_killed_at_any_call_the_next_run_ends_in_the_same_state(matrix: Matrix, done: bool) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.aws.forked"])
    for number in matrix.numbers(0):
        matrix.begin()
        arguments = (matrix.aws.env(), matrix.shape, "1.1.0", str(matrix.folder))
        process = context.Process(target=in_a_process, args=arguments)

        def kill(process: multiprocessing.process.BaseProcess = process) -> None:
            while process.pid is None:
                time.sleep(0.001)
            os.kill(process.pid, signal.SIGKILL)
            time.sleep(0.005)

        fault = faults.then(kill) if done else faults.Fault(before=kill, done=False, drop=True)
        matrix.aws.fault(number, fault)
        process.start()
        process.join(30)
        assert process.exitcode == -signal.SIGKILL, number
        process.close()
        matrix.check_whole()
        matrix.check_converges()


@pytest.mark.skipif(not FULL, reason="`make test` kills real processes")
@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("done", [False, True])
def test_cut_off_at_any_call_the_next_run_ends_in_the_same_state(matrix: Matrix, done: bool, shard: int) -> None:
    session = matrix.session
    assert isinstance(session, DirectSession)
    for number in matrix.numbers(shard):
        matrix.begin()
        matrix.aws.fault(number, faults.Fault(before=session.kill, done=done, drop=True))
        with pytest.raises(Killed):
            matrix.next().publish()
        session.revive()
        matrix.check_whole()
        matrix.check_converges()


def test_two_runs_at_once_end_as_one(matrix: Matrix, tmp_path: Path) -> None:
    """Both list before either publishes: the worst that two workflows can do to each other."""
    matrix.begin()
    gate, ends = threading.Barrier(2, timeout=20), []

    def meet() -> None:
        with suppress(threading.BrokenBarrierError):
            gate.wait()

    matrix.aws.fault("PublishLayerVersion", faults.first(meet), times=2)
    runs = [matrix.next(), matrix.next(folder=tmp_path)]
    threads = [threading.Thread(target=lambda run=run: ends.append(run.end())) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [str(end.error if isinstance(end, Outcome) else end) for end in ends] == ["None", "None"]
    matrix.aws.world.faults.clear()
    assert matrix.next().code() == 0
    now = state(matrix.aws)
    assert {name: now[name] for name in matrix.wanted} == matrix.wanted
    matrix.check_nothing_left()
