"""One option that changes where packages come from: an index, or a folder of wheels."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from layer_action.build.asking.filling import check_filled, check_index, filled
from layer_action.credentials import login_of_index, with_login
from layer_action.errors import Location
from layer_action.record import record, replace

FIND_LINKS: Final = "--find-links"


@record
class IndexOption:
    """A line that changes where packages come from, such as `--extra-index-url https://…`.

    `index` is what a project calls that index: the environment may hold a login for it.
    """

    name: str
    value: str
    location: Location
    index: str = ""

    @property
    def is_folder(self) -> bool:
        """Whether it names a folder of the repository."""
        return self.name == FIND_LINKS and "://" not in self.value and not self.value.startswith("file:")

    def expanded(self, env: Mapping[str, str], root: Path) -> "IndexOption":
        """Return the same with `${NAME}` filled in and the login of its index, or with the folder's place."""
        option = replace(self, value=filled(self.value, env))
        if option.is_folder:
            return replace(option, value=str(root / option.value))
        check_filled(option.value, option.location)
        check_index(option.name, option.value, option.location)
        login = login_of_index(option.index, env) if option.index else None
        return replace(option, value=with_login(option.value, login)) if login else option
