"""The text that a search looks through: all that people see of a row, in any letter case and with accents folded.

Names, labels, dates (as displayed and as ISO 8601) and numbers (with separators and without) of every column, shown or
not. No addresses of records, no ids and no names of fields: people could not see why such a row was found. Truth is
shown as a check box, and is not searched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..model import Field, FieldType
from .cells import TEXT
from .folding import Mask, containing, folded
from .readable import NUMBERS, Cells, by_value, cells, texts
from .tables import EVERYTHING, Table

BETWEEN = "\n"  # the parts of a row's text: no search matches across them
UNSEEN = ("link",)
NAME, TYPE = "name", Field("type", "Type")
MOST_DISTINCT = 65_535  # texts of a column that are kept once, beside the number of its text in each row
REPEATED = 4  # times that each text occurs on average, to be kept once


@dataclass(frozen=True)
class Coded:
    """A column whose texts repeat: its different texts, and which of them each row has."""

    texts: pa.Array
    codes: np.ndarray[Any, Any]  # one more than the last text where there is none

    def containing(self, wanted: str) -> Mask | None:
        """Returns which rows contain the text; None if none does."""
        found = np.append(containing(self.texts, wanted), False)
        return found[self.codes] if found.any() else None


@dataclass(frozen=True)
class Texts:
    """What is searched in the rows of one collection: `names`, one line a row of what hardly repeats, and the rest."""

    names: pa.Array
    lines: pa.Array
    coded: tuple[Coded, ...]

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        return int(self.names.nbytes + self.lines.nbytes + sum(each.codes.nbytes for each in self.coded))

    def containing(self, wanted: str) -> Mask:
        """Returns which rows contain the text."""
        mask = containing(self.names, wanted) | containing(self.lines, wanted)
        for each in self.coded:
            if (found := each.containing(wanted)) is not None:
                mask |= found
        return mask


@dataclass(frozen=True)
class SearchTexts:
    """The texts of a table, one block a collection; to be kept while the table is searched."""

    blocks: tuple[Texts, ...]

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        return sum(each.nbytes for each in self.blocks)

    def __len__(self) -> int:
        return sum(len(each.names) for each in self.blocks)

    def containing(self, wanted: str) -> Mask:
        """Returns which rows contain the text, to the letter but for case and accents."""
        masks = [each.containing(wanted) for each in self.blocks]
        return np.concatenate(masks) if masks else np.zeros(0, np.bool_)


def search_texts(table: Table) -> SearchTexts:
    """Returns the texts of all rows of a table."""
    if table.collection.id == EVERYTHING:
        return joined_texts([search_texts(table.tables.open(each.id)) for each in table.tables.collections])
    found = [cells(table, each) for each in _fields(table)]
    columns = [_coded(each) for each in found]
    plain = [_text(each) for each, column in zip(found, columns, strict=True) if column is None]
    return SearchTexts((Texts(
        names=folded(texts(cells(table, Field(NAME, "Name")))),
        lines=_joined(plain) if plain else pa.nulls(table.num_rows, TEXT),
        coded=tuple(each for each in columns if each is not None),
    ),))  # fmt: skip


def joined_texts(each: Sequence[SearchTexts]) -> SearchTexts:
    """Returns the texts of Everything, from those of all collections in their order."""
    return SearchTexts(tuple(block for texts in each for block in texts.blocks))


def texts_at(table: Table, positions: pa.Array | None) -> pa.Array:
    """Returns one text for each of the rows at these positions."""
    if table.collection.id == EVERYTHING:
        texts = [texts_at(table.tables.open(each.id), None) for each in table.tables.collections]
        return pa.concat_arrays(texts).take(positions) if texts else pa.array([], TEXT)
    fields = [Field(NAME, "Name"), *_fields(table)]
    return _joined([_text(cells(table, each, positions)) for each in fields])


def field_with(table: Table, position: int, wanted: str) -> tuple[Field, str] | None:
    """Returns the first field in which a row has the text, and what people read there."""
    for each in _fields(table):
        found = cells(table, each, pa.array([position], pa.int64()))
        if containing(_text(found), wanted)[0]:
            return each, str(texts(found)[0].as_py())
    return None


def first_text(table: Table, position: int) -> tuple[Field, str] | None:
    """Returns the first of the main fields that a row has a value in, beside the name, and what people read there."""
    for id in table.main_fields[1:]:
        field = table.field(id)
        text = texts(cells(table, field, pa.array([position], pa.int64())))[0].as_py() if field else None
        if field and text:
            return field, str(text)
    return None


def _fields(table: Table) -> list[Field]:
    """Returns the fields that are searched beside the name."""
    fields = [each for each in table.fields if each.id not in (*UNSEEN, NAME) and each.type is not FieldType.BOOLEAN]
    table.prefetch([NAME, *(each.id for each in fields)])
    return [TYPE, *fields]


def _coded(found: Cells) -> Coded | None:
    """Returns a column whose texts repeat; None for one where they hardly do."""
    if pa.types.is_nested(found.values.type) or found.odd or not _in_one_currency(found):
        encoded = _text(found).dictionary_encode() if pa.types.is_nested(found.values.type) else None
        return _of(encoded.dictionary, encoded.indices) if encoded is not None and _repeats(encoded) else None
    found = _by_day(found)
    encoded = found.values.dictionary_encode()
    if not _repeats(encoded):
        return None
    codes = None if found.codes is None else found.codes.slice(0, len(encoded.dictionary))
    return _of(_text(replace(found, values=encoded.dictionary, codes=codes, misfits={})), encoded.indices)


def _by_day(found: Cells) -> Cells:
    """Returns the days of moments: nothing else of them is searched."""
    return replace(found, values=_days_of(found)) if found.field.type is FieldType.DATETIME else found


def _repeats(encoded: pa.DictionaryArray) -> bool:
    return len(encoded.dictionary) <= min(MOST_DISTINCT, 1 + len(encoded) // REPEATED)


def _of(texts: pa.Array, indices: pa.Array) -> Coded:
    codes = np.asarray(pc.fill_null(indices, len(texts)))
    return Coded(texts, codes.astype(np.min_scalar_type(len(texts))))


def _in_one_currency(found: Cells) -> bool:
    return found.codes is None or len(pc.unique(found.codes)) <= 1


def _joined(parts: Sequence[pa.Array]) -> pa.Array:
    """Returns the parts of each row as one text. (Arrow's "skip" would leave out rows of which all parts are null.)"""
    return pc.binary_join_element_wise(*parts, pa.scalar(BETWEEN, TEXT), null_handling="replace", null_replacement="")


def _text(found: Cells) -> pa.Array:
    """Returns what people may type to find each value, folded."""
    parts = [folded(part) for part in _parts(found)]
    return parts[0] if len(parts) == 1 else _joined(parts)


def _parts(found: Cells) -> Iterator[pa.Array]:
    kind = found.field.type
    if kind in (FieldType.DATE, FieldType.DATETIME) and not found.listed:
        yield _days(found)
        return
    yield texts(found)
    if kind in NUMBERS and not found.listed:
        yield found.values.cast(TEXT)


def _days(found: Cells) -> pa.Array:
    words = by_value(
        _days_of(found), lambda day: f"{day.isoformat()}\n{day.day} {day:%b} {day.year}\n{day.day} {day:%B} {day.year}"
    )
    return pc.coalesce(words, texts(found)) if found.odd else words


def _days_of(found: Cells) -> pa.Array:
    return found.values.cast(pa.timestamp("us", "UTC")).cast(pa.date32(), safe=False)
