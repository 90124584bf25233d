"""Projects whose wheel cannot depend on the Python that builds it."""

from pathlib import Path

import pytest

from layer_action.build.sources.plain import is_plain

PROJECT = '[project]\nname = "tax"\nversion = "1.0"\n'
HATCH = '[build-system]\nrequires = ["hatchling>=1"]\nbuild-backend = "hatchling.build"\n'
SETUPTOOLS = '[build-system]\nrequires = ["setuptools>=61", "wheel"]\nbuild-backend = "setuptools.build_meta"\n'
POETRY = '[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n'
PDM = '[build-system]\nrequires = ["pdm-backend"]\nbuild-backend = "pdm.backend"\n'
DYNAMIC = '[project]\nname = "tax"\ndynamic = ["version"]\n'
OWN_POETRY = '[tool.poetry]\nname = "tax"\nversion = "1.0"\n'


def plain(folder: Path, pyproject: str, *others: str) -> bool:
    (folder / "pyproject.toml").write_text(pyproject)
    for name in others:
        (folder / name).write_text("")
    return is_plain(folder)


@pytest.mark.parametrize(
    "pyproject",
    [
        HATCH + PROJECT + "[tool.hatch.metadata]\nallow-direct-references = true\n",
        HATCH + DYNAMIC + '[tool.hatch.version]\npath = "tax.py"\n',
        SETUPTOOLS + PROJECT + '[tool.setuptools]\npackages = ["tax"]\n',
        POETRY + OWN_POETRY,
    ],
)
def test_a_project_that_says_all_in_its_pyproject_is_plain(tmp_path: Path, pyproject: str) -> None:
    assert plain(tmp_path, pyproject)


@pytest.mark.parametrize(
    "pyproject",
    [
        PROJECT,
        HATCH.replace('"hatchling>=1"', '"hatchling", "hatch-vcs"') + PROJECT,
        HATCH.replace('"hatchling>=1"', '"no requirement"') + PROJECT,
        HATCH + DYNAMIC + '[tool.hatch.version]\nsource = "code"\npath = "tax.py"\n',
        HATCH + DYNAMIC,
        HATCH + PROJECT + "[tool.hatch.build.targets.wheel.hooks.custom]\n",
        HATCH + PROJECT + "[tool.hatch.build.hooks.custom]\n",
        SETUPTOOLS + 'backend-path = ["."]\n' + PROJECT,
        SETUPTOOLS + DYNAMIC + '[tool.setuptools.dynamic]\nversion = {attr = "tax.version"}\n',
        SETUPTOOLS + PROJECT + '[[tool.setuptools.ext-modules]]\nname = "tax.fast"\n',
        SETUPTOOLS,
        POETRY + OWN_POETRY + 'build = "build.py"\n',
        PDM + PROJECT + "[tool.pdm.build]\nis-purelib = false\n",
    ],
)
def test_a_project_that_may_run_code_of_its_own_is_not(tmp_path: Path, pyproject: str) -> None:
    assert not plain(tmp_path, pyproject)


@pytest.mark.parametrize("name", ["setup.py", "setup.cfg", "hatch.toml", "pdm_build.py"])
def test_nor_is_one_that_has_such_a_file(tmp_path: Path, name: str) -> None:
    assert not plain(tmp_path, SETUPTOOLS + PROJECT, name)
