"""What a server holds, as whoever got at it would see it."""

from __future__ import annotations

from typing import Any


async def everything(redis: Any) -> dict[bytes, bytes]:
    """Every key, with its value raw; of lists, sets, sorted sets, hashes and streams all that they hold."""
    ways = {
        b"string": redis.get, b"set": redis.smembers, b"hash": redis.hgetall, b"stream": redis.xrange,
        b"list": lambda key: redis.lrange(key, 0, -1), b"zset": lambda key: redis.zrange(key, 0, -1, withscores=True),
    }  # fmt: skip
    found = {key: await ways[await redis.type(key)](key) async for key in redis.scan_iter(match="*")}
    return {key: value if isinstance(value, bytes) else repr(value).encode() for key, value in found.items()}
