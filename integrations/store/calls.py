"""How many calls were made to an account each month, for providers that ration them."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any, cast

from ..model import Connection
from .client import execute
from .keys import CALLS, DAY

KEPT = 40 * DAY


async def add(connection: Connection, calls: int) -> None:
    """Count calls to the account of this connection, summed over all its connections."""
    name = _name(connection)

    async def counted(redis: Any) -> None:
        async with redis.pipeline(transaction=True) as pipe:
            await pipe.incrby(name, calls).expire(name, KEPT).execute()

    await execute(counted)


async def this_month(connection: Connection) -> int:
    """The calls of this calendar month, in UTC."""
    name = _name(connection)
    return int(await execute(lambda redis: cast(Awaitable[Any], redis.get(name))) or 0)


def _name(connection: Connection) -> str:
    account = f"{connection.slug} {connection.environment} {connection.account.id}"
    return f"{CALLS}:{datetime.now(UTC):%Y-%m}:{hashlib.sha256(account.encode()).hexdigest()[:32]}"
