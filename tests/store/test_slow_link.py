"""A slow link to Redis is waited for in proportion to what goes over it; a key of another type is no outage."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest
from own_valkey import Valkey

from integrations.model import Choice, Token
from integrations.model.errors import RecordUnreadable, StoreUnavailable
from integrations.service.runtime import run
from integrations.store import cipher, client, records
from integrations.store.keys import CHOICE, CHUNK, FENCE, TOKEN

PATH = ("owner", "acme", "connection")
STEP = 0.02  # seconds


class Link:
    """A TCP link to a server's socket that lets so many bytes through in a second, each way; none when it is cut."""

    def __init__(self, socket: str, rate: float) -> None:
        self.socket, self.rate, self.cut = socket, rate, False
        self._server = run(self._open())
        self.url = f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _open(self) -> asyncio.Server:
        return await asyncio.start_server(self._joined, "127.0.0.1", 0)

    async def _joined(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, out = await asyncio.open_unix_connection(self.socket)
        try:
            await asyncio.gather(self._carry(near, out), self._carry(far, back))
        finally:
            out.close()
            back.close()

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(max(1, int(self.rate * STEP))):
            while self.cut:
                await asyncio.sleep(STEP)
            await asyncio.sleep(len(data) / self.rate)
            target.write(data)
            await target.drain()

    def close(self) -> None:
        async def closed() -> None:
            self._server.close()

        run(closed())


@pytest.fixture
def link(tmp_path, configured: Callable[..., None]) -> Iterator[Link]:
    server = Valkey(tmp_path)
    link = Link(str(server.socket), rate=400_000)
    configured(REDIS_URL=link.url)
    run(client.close())
    yield link
    run(client.close())
    link.close()
    server.kill()


def chunks(count: int, size: int) -> tuple[str, list[tuple[str, ...]]]:
    """Save so many chunks; the key that opens them, and their places."""
    key, places = cipher.new_key(), [(*PATH, "load", "run", str(number)) for number in range(count)]
    run(records.put(FENCE, PATH, "1:me"))
    run(client.execute(lambda redis: redis.set(FENCE.key(*PATH), b"1:me")))
    for place in places:
        assert run(records.put_fenced(PATH, b"1:me", (CHUNK, place, b"x" * size), data_key=key))
    return key, places


def test_what_is_large_is_saved_and_read_over_a_slow_link(link: Link) -> None:
    """Each way takes longer than a page otherwise waits for Redis."""
    key, places = chunks(1, 600_000)
    began = time.monotonic()
    assert run(records.get_many(CHUNK, places, key, size=600_000)) == [b"x" * 600_000]
    assert time.monotonic() - began > client.PATIENCE


def test_without_its_size_it_is_not_waited_for(link: Link) -> None:
    key, places = chunks(1, 600_000)
    with pytest.raises(StoreUnavailable):
        run(records.get_many(CHUNK, places, key))


def test_a_redis_that_is_away_is_noticed_as_soon_as_ever(link: Link) -> None:
    key, places = chunks(1, 1000)
    link.cut = True
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        run(records.get_many(CHUNK, places, key, size=50_000_000))
    assert time.monotonic() - began < 5, "and not the minutes that so much would have"
    link.cut = False


async def a_list(name: str) -> None:
    await client.execute(lambda redis: redis.delete(name))
    await client.execute(lambda redis: redis.lpush(name, b"of another type"))


def test_a_key_of_another_type_is_a_record_that_cannot_be_read_and_no_outage(store: None) -> None:
    run(a_list(TOKEN.key(*PATH)))
    with pytest.raises(RecordUnreadable):
        run(records.get(TOKEN, PATH))
    run(records.put(TOKEN, PATH, Token("new")))
    assert run(records.get(TOKEN, PATH)) == Token("new")


def test_where_it_can_be_had_again_it_counts_as_none(store: None) -> None:
    run(a_list(CHOICE.key("owner", "acme")))
    assert run(records.get(CHOICE, ("owner", "acme"))) is None
    run(records.put(CHOICE, ("owner", "acme"), Choice(("a",))))
    assert run(records.get(CHOICE, ("owner", "acme"))) == Choice(("a",))
