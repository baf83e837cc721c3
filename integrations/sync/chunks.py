"""The chunks that a load's rows are stored in, and the schema that they were read with."""

from __future__ import annotations

from ..model import Connection, Load, Schema
from ..store import keys, records

CHUNKS_AT_ONCE = 8  # some megabytes, which Redis sends well within the time it is given


async def chunks(connection: Connection, load: Load) -> list[bytes]:
    """Returns the saved chunks of a load, in order; those that are no longer stored are left out."""
    paths = [chunk_path(connection, load, number) for number in range(load.chunks)]
    batches = [paths[start : start + CHUNKS_AT_ONCE] for start in range(0, len(paths), CHUNKS_AT_ONCE)]
    size = load.bytes / max(1, load.chunks)
    found = [await records.get_many(keys.CHUNK, batch, load.data_key, size * len(batch)) for batch in batches]
    return [chunk for batch in found for chunk in batch if chunk is not None]


async def schema(connection: Connection, load: Load) -> Schema:
    """Returns the schema of a load's rows; an empty one for a load of a version that kept none."""
    return await records.get(keys.SCHEMA, schema_path(connection, load)) or Schema()


async def is_described(connection: Connection, load: Load) -> bool:
    """Returns whether the load was made by a version that kept schemas."""
    return await records.any_exist((keys.SCHEMA, schema_path(connection, load)))


def schema_path(connection: Connection, load: Load) -> tuple[str, ...]:
    """Returns where the schema is stored: owner, slug, connection, load, run."""
    return (*connection.path, load.id, load.run)


def chunk_path(connection: Connection, load: Load, number: int) -> tuple[str, ...]:
    """Returns where one chunk is stored: owner, slug, connection, load, run, number."""
    return (*connection.path, load.id, load.run, str(number))
