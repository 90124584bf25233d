"""At every AWS call in turn: killed, unheard, refused, throttled, hanging. The next run ends as if nothing had been."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from layer_action.model.plan import Unchanged
from tests.aws.shop import HASTY, REGIONS, Run, Shape, furnish, in_a_process, state
from tests.standins.aws import faults
from tests.standins.aws.server import StrictAws, strict_aws

# the full plan takes twenty minutes and more: a step of 10 tries every tenth call
FULL = os.environ.get("LAMBDA_LAYER_ACTION_FULL_MATRIX") == "1"
STEP = int(os.environ.get("LAMBDA_LAYER_ACTION_MATRIX_STEP", "1"))
SHAPE = Shape(layers=("http", "data", "common"), regions=REGIONS, functions=30) if FULL else Shape()


class Matrix:
    """A furnished stand-in, the calls of an undisturbed run on it, and where that run ends."""

    def __init__(self, aws: StrictAws, folder: Path) -> None:
        self.aws, self.folder = aws, folder
        first = Run(aws.env(), SHAPE, "1.1.0", folder)
        self.session, self.hasty = first.connect(), first.connect(HASTY)
        furnish(aws, SHAPE, folder)
        self.before = aws.snapshot()
        self.state_before = state(aws)
        aws.forget_calls()
        assert self.run() == 0
        self.count = len(aws.calls)
        self.wanted = state(aws)

    def next(self, *, hasty: bool = False) -> Run:
        session = self.hasty if hasty else self.session
        return Run(self.aws.env(), SHAPE, "1.1.0", self.folder, session=session)

    def run(self, *, hasty: bool = False) -> int:
        return self.next(hasty=hasty).code()

    def begin(self) -> None:
        self.aws.restore(self.before)

    def check_whole(self) -> None:
        """Each function is as before, or moved as a whole; no layer has more than one new version."""
        now = state(self.aws)
        for name, value in now.items():
            if ":function:" in name:
                layers = value[0]  # type: ignore[index]
                assert layers in {s[name][0] for s in (self.state_before, self.wanted)}  # type: ignore[index]
        assert set(now) <= set(self.wanted)

    def check_converges(self) -> None:
        """One more run ends where an undisturbed one does, and then there is nothing left to do."""
        self.aws.world.faults.clear()
        assert self.run() == 0
        assert state(self.aws) == self.wanted

    def check_nothing_left(self) -> None:
        self.aws.forget_calls()
        plan = self.next().plan()
        assert not plan.changes_anything
        assert {type(operation) for operation in plan.layers} == {Unchanged}
        assert not self.aws.writes


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    with strict_aws() as aws:
        found = Matrix(aws, tmp_path_factory.mktemp("zips"))
        yield found
        found.session.close()
        found.hasty.close()


FAULTS: dict[str, Callable[[], faults.Fault]] = {
    "lost answer": faults.lost_answer,
    "dropped": faults.dropped,
    "throttled": lambda: faults.refuse("TooManyRequestsException"),
    "server error": lambda: faults.refuse("ServiceException"),
    "denied": lambda: faults.refuse("AccessDeniedException", "You are not authorized."),
    "hang": lambda: faults.hang(1.0),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_at_any_call_leaves_nothing_half_done(matrix: Matrix, kind: str) -> None:
    for number in range(1, matrix.count + 1, STEP):
        matrix.begin()
        matrix.aws.fault(number, FAULTS[kind]())
        code = matrix.run(hasty=kind == "hang")
        now = state(matrix.aws)
        assert code in {0, 4, 6}, number
        assert code != 4 or now == matrix.state_before, f"call {number}: exit 4 says that nothing was changed"
        matrix.check_whole()
        if now != matrix.wanted:
            matrix.check_converges()
    matrix.check_nothing_left()


@pytest.mark.parametrize("done", [False, True])
def test_killed_at_any_call_the_next_run_ends_in_the_same_state(matrix: Matrix, done: bool) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.aws.shop", "boto3"])
    for number in range(1, matrix.count + 1, STEP):
        matrix.begin()
        arguments = (matrix.aws.env(), SHAPE, "1.1.0", str(matrix.folder))
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
    matrix.check_nothing_left()


def test_two_runs_at_once_end_as_one(matrix: Matrix) -> None:
    """Both list before either publishes: the worst that two workflows can do to each other."""
    matrix.begin()
    gate, codes = threading.Barrier(2, timeout=20), []

    def meet() -> None:
        with suppress(threading.BrokenBarrierError):
            gate.wait()

    matrix.aws.fault("PublishLayerVersion", faults.first(meet), times=2)
    runs = [threading.Thread(target=lambda: codes.append(matrix.run())) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert codes == [0, 0]
    matrix.aws.world.faults.clear()
    assert matrix.run() == 0
    now = state(matrix.aws)
    assert {name: now[name] for name in matrix.wanted} == matrix.wanted
    matrix.check_nothing_left()
