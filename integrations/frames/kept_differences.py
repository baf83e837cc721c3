"""A difference between two loads as it is kept: compressed, and no larger than it may be."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from ..model.changes import Counts, What
from .differences import ROWS, VALUES, Compared, differences
from .tables import Tables

TOGETHER = 8 * 1024 * 1024  # bytes that wait to be compressed
WORDS = ("collection", "what", "field", "label")  # columns in which few texts stand again and again


@dataclass(frozen=True)
class Difference:
    """A difference: its tables of the schemas ROWS and VALUES."""

    rows: pa.Table
    values: pa.Table

    @property
    def nbytes(self) -> int:
        """What it takes in memory."""
        return int(self.rows.nbytes + self.values.nbytes)


@dataclass(frozen=True)
class Packed:
    """A difference as bytes. `values`: whether they are there; `uncounted`: the rows where not even their ids are."""

    content: bytes
    values: bool
    uncounted: Counts
    empty: bool


def pack_difference(old: Tables, new: Tables, by: Compared, most: int) -> Packed:
    """Returns the difference between two loads as at most so many bytes.

    Values that take more are left out; so are the rows, of which there is only the number then.
    """
    rows, values = _Written(ROWS, most), _Written(VALUES, most)
    counts = Counts()
    for table in differences(old, new, by, lambda: not values.too_large):
        if table.schema.equals(ROWS):
            counts += _sum(counts_of(table))
        (rows if table.schema.equals(ROWS) else values).add(table)
    for each in (rows, values):
        each.flush()
    named, fits = not rows.too_large, not rows.too_large and rows.size + values.size <= most and not values.too_large
    content = (*rows.pieces, *(values.pieces if fits else ())) if named else ()
    return Packed(b"".join(content), fits, Counts() if named else counts, not counts.total)


def unpack_difference(content: bytes) -> Difference:
    """Returns a difference that was packed; raises pyarrow.ArrowInvalid for anything else."""
    found: dict[bool, list[pa.Table]] = {True: [ROWS.empty_table()], False: [VALUES.empty_table()]}
    source = pa.BufferReader(content)
    while source.tell() < len(content):
        table = pa.ipc.open_stream(source).read_all()
        of_rows = "what" in table.column_names
        found[of_rows].append(table.cast(ROWS if of_rows else VALUES))
    return Difference(*(pa.concat_tables(found[each]).combine_chunks() for each in (True, False)))


def counts_of(rows: pa.Table) -> dict[str, Counts]:
    """Returns how many rows of a table like ROWS are new, changed and removed, by collection."""
    found: dict[str, Counts] = {}
    for each in rows.group_by(["collection", "what"], use_threads=False).aggregate([([], "count_all")]).to_pylist():
        one = Counts(**{What(each["what"]).value: each["count_all"]})
        found[each["collection"]] = found.get(each["collection"], Counts()) + one
    return found


def _sum(counts: dict[str, Counts]) -> Counts:
    return sum(counts.values(), Counts())


class _Written:
    """Tables of one schema, compressed as they come, as long as they are no larger than they may be."""

    def __init__(self, schema: pa.Schema, most: int) -> None:
        self._schema, self._most = schema, most
        self._waiting: list[pa.Table] = []
        self.pieces: list[bytes] = []

    @property
    def size(self) -> int:
        return sum(map(len, self.pieces))

    @property
    def too_large(self) -> bool:
        return self.size > self._most

    def add(self, table: pa.Table) -> None:
        if self.too_large:
            return
        self._waiting.append(table)
        if sum(each.nbytes for each in self._waiting) > TOGETHER:
            self.flush()

    def flush(self) -> None:
        if self._waiting and not self.too_large:
            self.pieces.append(_stream(pa.concat_tables(self._waiting)))
        self._waiting = []


def _stream(table: pa.Table) -> bytes:
    columns = {
        name: pc.dictionary_encode(table[name]) if name in WORDS else table[name].combine_chunks()
        for name in table.column_names
    }
    written, sink = pa.table(columns).combine_chunks(), pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, written.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(written)
    return bytes(sink.getvalue())
