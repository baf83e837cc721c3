"""A token endpoint whose refresh tokens are good once, and processes that all want a new token at the same moment."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import multiprocessing.connection
import os
import secrets
import threading
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from made_up import made_up

from integrations.model import Account, Connection, Provider
from integrations.oauth.tokens import ConnectionTokens
from integrations.store import locks


class TokenEndpoint:
    """Answers after `seconds`. A refresh token that comes again is counted as a replay, and refused.

    A request whose sender has gone away by then is not carried out.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.refreshed: list[str] = []
        self.replays = 0
        self.before_answering: Callable[[], None] = lambda: None
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()
        self._ready.wait()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._answer, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0.01))
        self._loop.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].split()[0])
        token = dict(parse_qsl((await reader.readexactly(length)).decode()))["refresh_token"]
        gone = asyncio.ensure_future(reader.read())
        await asyncio.wait([gone], timeout=self.seconds)
        if not gone.done():
            status, answer = self._spend(token)
            body = json.dumps(answer).encode()
            writer.write(b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nConnection: close\r\n" % status)
            writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        gone.cancel()
        writer.close()

    def _spend(self, token: str) -> tuple[bytes, Mapping[str, object]]:
        if token in self.refreshed:
            self.replays += 1
            return b"400 Bad Request", {"error": "invalid_grant"}
        self.refreshed.append(token)
        self.before_answering()
        number = len(self.refreshed) + 1
        pair = {"access_token": f"access-{number}", "refresh_token": f"refresh-{number}", "expires_in": 3600}
        return b"200 OK", {**pair, "token_type": "bearer"}


def provider(url: str) -> Provider:
    return made_up(
        authorize_url=url,
        token_url=url, api_url=url, web_url=url, console_url=url,
    )  # fmt: skip


def connection(url: str, owner: str, now: object) -> Connection:
    return Connection("0123456789abcdef", owner, "acme", Account("1", "Ada"), "real", url, now)


def race(
    environment: Mapping[str, str], mine: Connection, refused: str, workers: int,
    told: multiprocessing.connection.Connection,
) -> None:  # fmt: skip
    """This process's workers all had this token refused; tells what each got in its place, or the error's name.

    Its process id is in the name by which it holds a lease.
    """
    os.environ.update(environment)
    made = secrets.token_hex
    locks.secrets = type("Named", (), {"token_hex": staticmethod(lambda size: f"{os.getpid()}-{made(size)}")})

    async def everybody() -> list[str]:
        askers = (ConnectionTokens(provider(mine.api_url), dataclasses.replace(mine)) for _ in range(workers))
        got = await asyncio.gather(*(each.renewed(refused) for each in askers), return_exceptions=True)
        return [each if isinstance(each, str) else type(each).__name__ for each in got]

    told.send("ready")
    told.recv()
    told.send(asyncio.run(everybody()))
