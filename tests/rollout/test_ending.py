"""The sentence that ends a rollout, from how its functions ended."""

from collections.abc import Sequence

from semver import Version

from layer_action.errors import AccessDeniedError, AwsError, LayerActionError, PartialApplyError
from layer_action.model.plan import Outcome
from layer_action.rollout.ending import rollout_error
from layer_action.rollout.rollback import Undone
from layer_action.rollout.run import Ended, Failed, Moved, Step, StepMove, UnfitVersionError
from layer_action.rollout.waves import Wave
from tests.factories import make_function, make_layer_arn, make_plan
from tests.rollout.stage import make_run


def step(name: str, *layers: str) -> Step:
    arns = {layer: make_layer_arn(layer) for layer in layers or ("http",)}
    moves = tuple(
        StepMove(layer=layer, layer_name=layer, before=arn.version(1), to=arn.version(2), version=Version(2))
        for layer, arn in arns.items()
    )
    return Step(function=make_function(name), moves=moves)


def ending(*ended: Ended, undone: Undone | None = None, tagged: Sequence[str] = ()) -> LayerActionError:
    error = rollout_error(Outcome(plan=make_plan()), make_run(), Wave(ended=ended), undone or Undone(), tagged)
    assert error
    return error


REFUSED = AccessDeniedError("No.", hint="Allow it.")
BROKEN = UnfitVersionError("It broke.")


def test_of_several_failures_the_first_is_told_and_the_others_are_counted() -> None:
    lost = Undone(lost={step("a").function.arn: "no"})
    one, two, three = (
        ending(*(Failed(step=step(name), error=REFUSED) for name in names), undone=undone)
        for names, undone in (("a", Undone()), ("ab", lost), ("abc", lost))
    )
    assert one.message == "No."
    assert two.message.startswith("No. 1 more function failed. ")
    assert three.message.startswith("No. 2 more functions failed. ")


def test_what_failed_is_kept_from_being_tried_again_by_its_tag_or_tags() -> None:
    failed = Failed(step=step("a", "http", "data"), error=BROKEN)
    one = ending(failed, tagged=["layer-failed:http"])
    two = ending(failed, tagged=["layer-failed:data", "layer-failed:http"])
    assert isinstance(one, PartialApplyError)
    assert one.hint == (
        "What failed stays published, and the tag layer-failed:http on these functions keeps it from being tried "
        "again: publish something better, or remove the tag."
    )
    assert "the tags layer-failed:data and layer-failed:http on these functions keep them from" in two.hint
    assert two.hint.endswith("or remove the tags.")


def test_what_failed_by_no_fault_of_the_version_is_tried_again_by_the_next_run() -> None:
    moved = Moved(step=step("a"), replaced={})
    undone = Undone(restored=[step("a").function.arn], changed=[step("a").function.arn])
    error = ending(moved, Failed(step=step("b"), error=REFUSED), undone=undone)
    assert type(error) is AwsError
    assert error.hint == "Allow it. Then run again: it starts from what AWS holds."


def test_what_stays_moved_beside_a_version_that_failed_has_two_ways_on() -> None:
    ended = Moved(step=step("a"), replaced={}), Failed(step=step("b"), error=BROKEN)
    assert ending(*ended).hint == "Take back what moved with `rollback LAYER`, or run again for the rest."
    assert ending(*ended, tagged=["layer-failed:http"]).hint.endswith("Take back what moved with `rollback LAYER`.")
