"""Records behave as the dataclasses that type checkers take them for."""

import copy
import pickle
from collections.abc import Mapping

import pytest

from layer_action.record import FrozenRecordError, field, record, replace, shape


@record
class Parcel:
    """A record as most are."""

    name: str
    weight: int = 1
    labels: Mapping[str, str] = field(default_factory=dict)


@record(order=True, kw_only=False)
class Place:
    """A record that is sorted, and made by position."""

    file: str
    line: int = 0


@record(frozen=False)
class Count:
    """A record that changes."""

    seen: list[str] = field(default_factory=list)
    total: int = 0


@record
class Insured(Parcel):
    """A record with one field more."""

    value: int = 0


def test_fields_are_given_by_name_and_the_others_have_their_defaults() -> None:
    parcel = Parcel(name="a", weight=2)
    assert (parcel.name, parcel.weight, parcel.labels) == ("a", 2, {})


def test_each_record_has_a_default_of_its_own_where_one_is_made() -> None:
    one, other = Count(), Count()
    one.seen.append("x")
    assert other.seen == []


@pytest.mark.parametrize(
    "given", [{}, {"weight": 2}, {"name": "a", "wieght": 2}, {"name": "a", "weight": 1, "labels": {}, "more": 1}]
)
def test_missing_and_unknown_fields_are_refused_by_name(given: dict[str, object]) -> None:
    with pytest.raises(TypeError, match=r"Parcel has the fields name, weight, labels, not"):
        Parcel(**given)  # type: ignore[arg-type]


def test_positions_are_refused_unless_they_are_asked_for() -> None:
    assert Place("a", 3) == Place("a", line=3)
    with pytest.raises(TypeError, match="takes its fields by their names: name, weight"):
        Parcel("a")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="takes its fields by their names: file, line"):
        Place("a", 1, 2)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="takes its fields by their names: file, line"):
        Place("a", file="b")  # type: ignore[misc]


def test_a_frozen_record_cannot_be_changed() -> None:
    parcel = Parcel(name="a")
    with pytest.raises(FrozenRecordError, match="weight of a Parcel cannot be changed"):
        parcel.weight = 3  # type: ignore[misc]
    with pytest.raises(FrozenRecordError):
        del parcel.name


def test_records_are_equal_when_class_and_fields_are() -> None:
    assert Parcel(name="a") == Parcel(name="a", weight=1)
    assert Parcel(name="a") != Parcel(name="b")
    assert Parcel(name="a") != Insured(name="a")
    assert Parcel(name="a") != "a"


def test_a_frozen_record_is_hashed_by_its_fields_and_one_that_changes_is_not() -> None:
    assert len({Place("a", 1), Place("a", 1), Place("a", 2)}) == len(("a:1", "a:2"))
    with pytest.raises(TypeError, match="unhashable"):
        hash(Count())


def test_ordered_records_compare_field_by_field() -> None:
    assert sorted([Place("b"), Place("a", 2), Place("a", 1)]) == [Place("a", 1), Place("a", 2), Place("b")]
    assert Place("a") <= Place("a") < Place("b") >= Place("b") > Place("a")
    with pytest.raises(TypeError):
        assert Place("a") < "a"  # type: ignore[operator]


def test_a_record_of_a_record_has_the_fields_of_both() -> None:
    insured = Insured(name="a", value=3)
    assert (insured.name, insured.weight, insured.value) == ("a", 1, 3)
    known = shape(Insured)
    assert known
    assert known.fields == ("name", "weight", "labels", "value")


def test_replace_changes_some_fields_of_a_copy() -> None:
    parcel = Parcel(name="a", weight=2)
    assert replace(parcel, name="b") == Parcel(name="b", weight=2)
    assert parcel.name == "a"
    with pytest.raises(TypeError, match="not"):
        replace(parcel, colour="red")  # type: ignore[call-arg]


def test_it_is_shown_as_it_would_be_written() -> None:
    assert repr(Place("a", 3)) == "Place(file='a', line=3)"


def test_it_can_be_copied_and_pickled() -> None:
    parcel = Parcel(name="a", labels={"b": "c"})
    assert copy.deepcopy(parcel) == pickle.loads(pickle.dumps(parcel)) == parcel


def test_other_classes_have_no_shape() -> None:
    assert shape(str) is None
