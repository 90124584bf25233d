"""Trees of commits, and what they hold."""

from pathlib import Path

from layer_action.ports.repository import Tree
from layer_action.repository.checkout import GitRepository


def tree_of(repository: GitRepository, revision: str = "HEAD") -> Tree:
    """Return a tree that is written, even where the checkout itself would do."""
    beside = repository.root / "beside.txt"
    beside.touch()
    tree = repository.tree(revision)
    beside.unlink()
    assert isinstance(tree, Tree)
    assert tree.folder != repository.root
    return tree


def held(folder: Path) -> dict[str, bytes]:
    """Return everything below a folder but git's own: content of files, aims of links."""
    return {
        path.relative_to(folder).as_posix(): bytes(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if (path.is_file() or path.is_symlink()) and ".git" not in path.relative_to(folder).parts
    }
