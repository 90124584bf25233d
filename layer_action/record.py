"""Records: what `dataclasses` make, without source that is written and compiled at each start.

A dataclass costs a third of a millisecond to define, and its module seven to import; a run that finds nothing to do
needs a hundred of them. Type checkers see dataclasses: frozen and keyword-only unless said otherwise.
"""

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, dataclass_transform, overload

if TYPE_CHECKING:
    from dataclasses import field, replace

__all__ = ["FrozenRecordError", "Shape", "field", "record", "replace", "shape"]

Kind = TypeVar("Kind")

_SHAPE: Final = "__record__"
_NONE: Final = object()
_ORDER: Final = ("__lt__", "__le__", "__gt__", "__ge__")


class FrozenRecordError(AttributeError):
    """A field of a frozen record was to be changed."""


class Shape(NamedTuple):
    """The fields of a record, in their order, and the defaults of those that have one: values, or what makes them."""

    fields: tuple[str, ...]
    defaults: dict[str, object]
    made: dict[str, Callable[[], object]]
    kw_only: bool


class _Made(NamedTuple):
    """The default of a field, to be made for each record."""

    default_factory: Callable[[], object]


if not TYPE_CHECKING:

    def field(*, default_factory: Callable[[], object]) -> _Made:
        """Say what makes the default of a field."""
        return _Made(default_factory)

    def replace(found: Kind, /, **changes: object) -> Kind:
        """Return a record like another, but for some fields."""
        return type(found)(**found.__dict__ | changes)


@overload
def record(kind: type[Kind], /) -> type[Kind]: ...
@overload
def record(*, frozen: bool = True, kw_only: bool = True, order: bool = False) -> Callable[[type[Kind]], type[Kind]]: ...
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def record(
    kind: type[Kind] | None = None, /, *, frozen: bool = True, kw_only: bool = True, order: bool = False
) -> type[Kind] | Callable[[type[Kind]], type[Kind]]:
    """Make a record of a class whose fields are annotated. `order` compares records as tuples of their fields."""

    def made(kind: type[Kind]) -> type[Kind]:
        setattr(kind, _SHAPE, _read_shape(kind, kw_only=kw_only))
        methods: dict[str, object] = {"__init__": _init, "__repr__": _repr, "__eq__": _eq, "__hash__": None}
        if frozen:
            methods |= {"__hash__": _hash, "__setattr__": _refuse, "__delattr__": _refuse}
        if order:
            methods |= {name: _compared_by(getattr(operator, name)) for name in _ORDER}
        for name, method in methods.items():
            setattr(kind, name, method)
        return kind

    return made if kind is None else made(kind)


def shape(kind: type) -> Shape | None:
    """Return what is known of a class of records; None of any other."""
    found = getattr(kind, _SHAPE, None)
    return found if isinstance(found, Shape) else None


def _read_shape(kind: type, *, kw_only: bool) -> Shape:
    inherited = shape(kind) or Shape((), {}, {}, kw_only)
    names, defaults, made = list(inherited.fields), dict(inherited.defaults), dict(inherited.made)
    for name in kind.__annotations__:
        names.append(name)
        default = kind.__dict__.get(name, _NONE)
        if isinstance(default, _Made):
            made[name] = default.default_factory
        elif default is not _NONE:
            defaults[name] = default
    return Shape(tuple(names), defaults, made, kw_only)


def _of(found: object) -> Shape:
    return getattr(type(found), _SHAPE)  # type: ignore[no-any-return]


def _values(found: object) -> tuple[object, ...]:
    return tuple(found.__dict__[name] for name in _of(found).fields)


def _init(self: object, *values: object, **given: object) -> None:
    names, defaults, made, kw_only = _of(self)
    if values:
        if kw_only or len(values) > len(names) or not given.keys().isdisjoint(names[: len(values)]):
            raise TypeError(f"{type(self).__name__} takes its fields by their names: {', '.join(names)}")
        given |= zip(names, values, strict=False)
    if len(given) < len(names):
        given = defaults | {name: make() for name, make in made.items() if name not in given} | given
    if len(given) != len(names) or not given.keys() <= set(names):
        raise TypeError(f"{type(self).__name__} has the fields {', '.join(names)}, not {', '.join(given)}")
    self.__dict__.update(given)


def _repr(self: object) -> str:
    shown = ", ".join(f"{name}={self.__dict__[name]!r}" for name in _of(self).fields)
    return f"{type(self).__qualname__}({shown})"


def _eq(self: object, other: object) -> bool:
    return self.__dict__ == other.__dict__ if type(self) is type(other) else NotImplemented


def _hash(self: object) -> int:
    return hash(_values(self))


def _compared_by(compare: Callable[[Any, Any], bool]) -> Callable[[object, object], bool]:
    def compared(self: object, other: object) -> bool:
        return compare(_values(self), _values(other)) if type(self) is type(other) else NotImplemented

    return compared


def _refuse(self: object, name: str, _value: object = None) -> None:
    raise FrozenRecordError(f"{name} of a {type(self).__name__} cannot be changed")
