"""Each way in which a layer can be wrong, all at once: message, line, exit code, next action; a good one is built."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.cli.door import CONFIG, Door, Ran
from tests.standins.index import Index, make_sdist, running_index

CONFIG_FILE = ".github/lambda-layers.yml"
FILE = "layers/web/requirements.txt"
ITS_FILE = "layers/{layer}/requirements.txt"
ITS_LINE = f"{CONFIG_FILE}:{{line}}"
NOTHING = "0" * 64
LOCK = 'lock-version = "1.0"\ncreated-by = "a test"\n'


@pytest.fixture
def index() -> Iterator[Index]:
    with running_index() as index:
        index.wheel("shop", "1.0", "cart<2")
        index.wheel("cart", "1.0")
        index.wheel("cart", "2.0")
        index.wheel("till", "3.0", "cart>=2")
        index.wheel("fast", "1.0", tags="cp312-cp312-manylinux_2_17_x86_64")
        index.wheel("fast", "2.0", tags="cp312-cp312-manylinux_2_39_x86_64")
        index.wheel("heavy", "1.0", files={"heavy.py": "x" * 300_000, "tests/test_heavy.py": "y" * 200_000})
        index.wheel("gone", "1.0").yanked = ""
        index.wheel("later", "1.0", python=">=3.14")
        index.add(make_sdist("source", "1.0", {}))
        yield index


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """What a layer asks for, and what must be said: where, in which words, with which way out.

    `{layer}` stands for the layer's name, `{line}` for its line in the config.
    """

    text: str
    says: str
    hint: str
    place: str = f"{ITS_FILE}:1"
    code: int = 3
    keys: str = ""


CASES = {
    "not found": Wrong(text="nobody\n", says="nobody was not found in the package registry", hint="Check the spelling"),
    "no such version": Wrong(
        text="# pins\nshop==9\n",
        says="no version of shop==9",
        hint="the newest that fits is 1.0",
        place=f"{ITS_FILE}:2",
    ),
    "conflict": Wrong(text="shop\ncart>=2\n", says="shop depend on cart<2", hint="Change one of these requirements"),
    "conflict of what others need": Wrong(
        text="till\nshop\n",
        says="till depend on cart>=2",
        hint="Change one of these requirements",
        place=f"{ITS_FILE}:2",
    ),
    "no wheel for the target": Wrong(
        text="fast==2.0\n",
        says="fast 2.0 has no wheel that fits 3.12 x86_64. Its wheels are for cp312 on manylinux_2_39",
        hint="The newest version with a wheel that fits is 1.0",
    ),
    "source only": Wrong(text="source\n", says="source code only", hint="build-from-source: [local, source]"),
    "withdrawn": Wrong(
        text="gone\n",
        says="gone 1.0 was withdrawn by the authors, and {layer} allows no other version.",
        hint="for exactly gone==1.0 to have it all the same",
    ),
    "another Python": Wrong(
        text="later\n", says="later==1.0 depends on Python>=3.14", hint="Ask for another version, or another runtime."
    ),
    "a folder": Wrong(
        text="-r ../{layer}\n", says="../{layer} is a folder", hint="Name a requirements file in it", code=2
    ),
    "wrong hash": Wrong(
        text=f"cart==2.0 --hash=sha256:{NOTHING}\n",
        says="has another hash than the requirement demands",
        hint="--hash=",
    ),
    "no hash": Wrong(
        text="--require-hashes\ncart==2.0\n",
        says="For 3.12 x86_64, cart has no hash. layers/{layer}/requirements.txt:1 demands one of everything.",
        hint="uv pip compile --generate-hashes",
        place=f"{ITS_FILE}:2",
    ),
    "markers exclude everything": Wrong(
        text="cart; sys_platform == 'win32'\n", says="the markers exclude all of them", hint="change the markers"
    ),
    "empty": Wrong(
        text="# later\n",
        says=f"{ITS_FILE} asks for nothing",
        hint="Write a requirement",
        place=ITS_LINE,
    ),
    "outside": Wrong(text="../../../secrets\n", says="lies outside of the repository", hint="move it there", code=2),
    "circle": Wrong(
        text="-r again.txt\n",
        says="Files include one another",
        hint="Remove one of these",
        place="layers/{layer}/again.txt:1",
        code=2,
    ),
    "index option": Wrong(
        text="cart\n--extra-index-url https://index.example/simple\n",
        says="--extra-index-url changes where packages come from",
        hint="index-options: allow",
        place=f"{ITS_FILE}:2",
        code=2,
    ),
    "not reachable": Wrong(
        text="cart\nx @ http://127.0.0.1:9/x-1.0-py3-none-any.whl\n",
        says="could not be read",
        hint="the proxy",
        place=f"{ITS_FILE}:2",
    ),
    "over budget": Wrong(
        text="heavy\n",
        says="its budget is 0.4 MB. Heaviest: heavy 0.5 MB",
        hint="exclude: [tests] in {layer} saves 0.2 MB",
        place=ITS_LINE,
        keys=", budget: 400000",
    ),
}


def beside_a_good_layer(door: Door, requirements: str, keys: str = "") -> None:
    door.checkout.write(CONFIG_FILE, f"{CONFIG}  web: {{requirements: {requirements}{keys}}}\n")


def words(text: str) -> str:
    """Return a text as one line without marks of code."""
    return " ".join(text.replace("`", "").split())


def build(door: Door, index: Index) -> Ran:
    env = index.env() | {"UV_HTTP_RETRIES": "0"}  # uv waits longer each time
    ran = door.run("build", "--all", "--dir", "zips", env=env)
    assert "Traceback" not in ran.said
    return ran


@pytest.mark.parametrize("code", [2, 3])
def test_all_that_is_wrong_is_told_on_its_line_with_the_next_action(door: Door, index: Index, code: int) -> None:
    wrong = {re.sub(r"\W", "-", name): each for name, each in CASES.items() if each.code == code}
    config = CONFIG
    for layer, each in wrong.items():
        file = ITS_FILE.format(layer=layer)
        config += f"  {layer}: {{requirements: {file}{each.keys}}}\n"
        door.checkout.write(file, each.text.format(layer=layer))
        door.checkout.write(f"layers/{layer}/again.txt", "-r requirements.txt\n")
    door.checkout.write(CONFIG_FILE, config)
    ran = build(door, index)
    assert ran.code == code, ran.said
    told = words(ran.said).split("✗ ")
    for line, (layer, each) in enumerate(wrong.items(), start=5):
        place, says, hint = (text.format(layer=layer, line=line) for text in (each.place, each.says, each.hint))
        its = [text for text in told if text.startswith(f"{place}: ") and says in text]
        assert len(its) == 1, f"{layer} is told once: {told}"
        assert hint in its[0]
    assert (door.root / "zips" / "parcel.zip").is_file()


def unreadable(door: Door) -> None:
    door.checkout.write("layers/web/pylock.toml", f"{LOCK}packages = [\n")


def not_text(door: Door) -> None:
    door.checkout.write("layers/web/pylock.toml", b"\xff\xfe\x00")


def no_lock(door: Door) -> None:
    door.checkout.write("layers/web/pylock.toml", "[project]\nname = 'web'\n")


def for_another_python(door: Door) -> None:
    door.checkout.write("layers/web/pylock.toml", f'{LOCK}requires-python = "<3.10"\npackages = []\n')


def test_text_in_another_encoding_is_told(door: Door, index: Index) -> None:
    beside_a_good_layer(door, FILE)
    door.checkout.write(FILE, "r\u00e9quests\n".encode("latin-1"))
    ran = build(door, index)
    assert ran.code == 2, ran.said
    assert f"✗ {FILE}:1: " in words(ran.said)
    assert "is not UTF-8 text" in words(ran.said)
    assert "Save it as UTF-8." in words(ran.said)


def test_a_link_out_of_the_repository_is_told(door: Door, index: Index) -> None:
    (door.folder / "elsewhere.py").write_text("secret = 1\n", encoding="utf-8")
    door.checkout.write(f"{CONFIG_FILE}", f"{CONFIG}  web: {{requirements: {FILE}, include: [lib/*]}}\n")
    door.checkout.write(FILE, "cart\n")
    door.checkout.write("lib/here.py", "x = 1\n")
    (door.root / "lib" / "there.py").symlink_to(door.folder / "elsewhere.py")
    ran = build(door, index)
    assert ran.code == 2, ran.said
    assert f"✗ {CONFIG_FILE}:5: " in words(ran.said)
    assert "lib/there.py is a link out of the repository." in words(ran.said)
    assert "move it there" in words(ran.said)


LOCKS = [
    (unreadable, "is not TOML", "Lock again", 2),
    (not_text, "is not UTF-8 text", "Lock again", 2),
    (no_lock, "is not a lock of PEP 751", "Lock again", 2),
    (for_another_python, "is a lock for Python <3.10, not for 3.12 x86_64", "Lock for it: uv pip compile", 3),
]


@pytest.mark.parametrize(("write", "says", "hint", "code"), LOCKS)
def test_a_lock_that_cannot_be_used_is_told(
    door: Door, index: Index, write: Callable[[Door], None], says: str, hint: str, code: int
) -> None:
    beside_a_good_layer(door, "layers/web/pylock.toml")
    write(door)
    ran = build(door, index)
    assert ran.code == code, ran.said
    assert says in words(ran.said)
    assert hint in words(ran.said)
    assert (door.root / "zips" / "parcel.zip").is_file()


def test_a_withdrawn_version_is_used_with_a_warning_on_its_line(door: Door, index: Index) -> None:
    index.wheel("old", "1.0").yanked = "it leaks"
    beside_a_good_layer(door, FILE)
    door.checkout.write(FILE, "cart\nold==1.0\n")
    ran = build(door, index)
    assert ran.code == 0
    assert f"{FILE}:2: " in ran.said
    assert "it leaks" in words(ran.said)
