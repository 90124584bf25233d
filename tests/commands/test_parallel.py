"""Calls side by side: in order, begun early, ended whole."""

import threading
from collections.abc import Iterator

import pytest

from layer_action.commands.parallel import each_found
from layer_action.errors import AwsError


def test_results_are_in_the_order_in_which_the_items_lie_in_their_places() -> None:
    places = {"east": [3, 1, 2], "west": [6, 5]}
    assert each_found(lambda place: places[place], ["east", "west"], lambda item: item * 10) == [30, 10, 20, 60, 50]


def test_a_call_begins_while_the_next_item_is_yet_looked_for() -> None:
    called = threading.Event()

    def find(_place: str) -> Iterator[int]:
        yield 1
        yield 2 if called.wait(timeout=10) else 0

    def call(item: int) -> int:
        called.set()
        return item

    assert each_found(find, ["here"], call) == [1, 2]


def test_an_error_of_the_search_is_raised_when_the_calls_have_ended() -> None:
    ended = []

    def find(_place: str) -> Iterator[int]:
        yield 1
        raise AwsError("page two")

    with pytest.raises(AwsError, match="page two"):
        each_found(find, ["here"], ended.append)
    assert ended in ([], [1])


def test_after_an_error_nothing_more_is_begun() -> None:
    begun = []
    failed = threading.Event()

    def find(_place: str) -> Iterator[int]:
        yield 0
        failed.wait(timeout=10)
        yield from range(1, 100)

    def call(item: int) -> None:
        begun.append(item)
        failed.set()
        raise AwsError("the first")

    with pytest.raises(AwsError, match="the first"):
        each_found(find, ["here"], call, at_once=1)
    assert begun == [0]


def test_only_a_few_wait_for_their_call_however_many_are_found() -> None:
    found = []
    ahead: list[int] = []

    def find(_place: str) -> Iterator[int]:
        for item in range(200):
            found.append(item)
            yield item

    each_found(find, ["here"], lambda _item: ahead.append(len(found) - len(ahead)), at_once=4)
    assert max(ahead) <= 4 * 2 + 4


def test_of_several_errors_the_first_is_raised_whatever_place_it_was_found_in() -> None:
    failed = threading.Event()

    def find(place: str) -> Iterator[str]:
        if place == "slow":
            failed.wait(timeout=10)
        yield place

    def call(place: str) -> None:
        failed.set()
        raise AwsError(place)

    with pytest.raises(AwsError, match="quick"):
        each_found(find, ["slow", "quick"], call)
