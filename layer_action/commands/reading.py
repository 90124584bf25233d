"""What commands about functions read first: AWS itself, and the functions that list a layer."""

from collections.abc import Callable, Iterator, Sequence

from layer_action.commands.parallel import each_found
from layer_action.errors import AccessDeniedError, MissingResourceError
from layer_action.model.function import PinnedFunction, Unknown
from layer_action.model.published import LayerArn
from layer_action.ports.aws import Functions
from layer_action.record import replace


def pinned_functions(
    functions: Functions, regions: Sequence[str], wanted: Callable[[tuple[LayerArn, int]], bool]
) -> tuple[PinnedFunction, ...]:
    """Return the functions of all regions that list a wanted layer version, each as GetFunction tells it, by name.

    What may not be read stays as listed, with unknown tags. Raises AwsError.
    """

    def pinned(region: str) -> Iterator[PinnedFunction]:
        for function in functions.listed(region):
            if any(_wanted(arn, wanted) for arn in function.layer_arns):
                yield function

    read = each_found(pinned, regions, lambda function: read_function(functions, function))
    return tuple(sorted((found for found in read if found), key=lambda function: (function.region, function.name)))


def _wanted(arn: str, wanted: Callable[[tuple[LayerArn, int]], bool]) -> bool:
    split = LayerArn.of_version(arn)
    return split is not None and wanted(split)


def read_function(functions: Functions, function: PinnedFunction) -> PinnedFunction | None:
    """Read one function; what may not be read stays as listed, with unknown tags, and what is gone is None."""
    try:
        return functions.read(function.arn)
    except MissingResourceError:
        return None
    except AccessDeniedError as error:
        return replace(function, tags=Unknown(reason=error.message))
