"""Read values that name their own type, as in {"type": "number", "number": 3}."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ...model.schema import LIST_TYPES, FieldType, NoValue
from ..values import as_text, log_unknown_type, mapping, text_at


class Cell(NamedTuple):
    """A value with the type it turned out to have; no type where the value does not tell. `many`: as in `Field`."""

    type: FieldType | None
    many: bool
    value: Any


EMPTY = Cell(None, False, None)


@dataclass(frozen=True)
class Kind:
    """How values with one tag are read: their type, and the value from what stands behind the tag."""

    type: FieldType
    read: Callable[[Any], Any] = lambda content: content


@dataclass(frozen=True)
class TaggedValues:
    """Reads tagged values.

    `kinds`: by tag. `wrappers`: tags behind which another tagged value stands. `arrays`: tags behind which a list of
    tagged values stands; such lists are flattened. `withheld`: tags of values that are kept back, with the reason.
    """

    kinds: Mapping[str, Kind]
    wrappers: frozenset[str] = frozenset()
    arrays: frozenset[str] = frozenset()
    withheld: Mapping[str, str] = field(default_factory=dict)

    def read(self, tagged: Any) -> Cell:
        """Returns the value as a cell; text for an unknown tag, which is named in the log, and for an odd content."""
        tag = text_at(mapping(tagged), "type")
        if tag in self.withheld:
            return Cell(None, False, NoValue(self.withheld[tag]))
        content = mapping(tagged).get(tag)
        if content is None:
            return EMPTY
        if tag in self.wrappers:
            return self.read(content)
        if tag in self.arrays:
            return self._array(content)
        return self._read(tag, content)

    def _read(self, tag: str, content: Any) -> Cell:
        kind = self.kinds.get(tag)
        if kind is None:
            log_unknown_type(tag)
            return Cell(FieldType.TEXT, False, as_text(content))
        try:
            value = kind.read(content)
        except (AttributeError, KeyError, TypeError, ValueError):
            return Cell(None, False, as_text(content))
        return EMPTY if value is None or value in ("", []) else Cell(kind.type, False, value)

    def _array(self, content: Any) -> Cell:
        cells = (
            [cell for each in content if (cell := self.read(each)) is not EMPTY] if isinstance(content, list) else []
        )
        types = {cell.type for cell in cells if cell.type}
        values = [value for cell in cells for value in (cell.value if isinstance(cell.value, list) else [cell.value])]
        given = [value for value in values if not isinstance(value, NoValue)]
        if not given:
            return Cell(None, False, values[0]) if values else EMPTY
        if len(types) > 1:
            return Cell(FieldType.TEXT, True, [as_text(value) for value in given])
        type_ = types.pop() if types else FieldType.TEXT
        return Cell(type_, type_ not in LIST_TYPES, given)
