"""GitHub's own numbers for a repository and its owner: names change hands, numbers do not."""

from typing import TYPE_CHECKING

from layer_action.github.refusals import translated

if TYPE_CHECKING:
    from github import Github


def numbers_of(github: "Github", repository: str) -> tuple[str, str]:
    """Return the numbers of a repository's owner and of the repository. Raises GitHubError."""
    with translated(f"look up {repository}"):
        found = github.get_repo(repository)
        return str(found.owner.id), str(found.id)
