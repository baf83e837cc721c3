"""A provider in a thread, with a consent page that approves at once and a token endpoint that answers when told to.

Refresh tokens and codes are good once, and are spent when a request arrives, whatever becomes of its sender.
"""

from __future__ import annotations

import asyncio
import json
import threading
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

ACCOUNT = {"id": "usr00000000000001", "email": "ada@example.org"}
PATIENCE = 60  # seconds until it answers by itself


class SlowProvider:
    """`asked` is set once a token request has come in; `answer` lets it be answered, each `with hold()` anew."""

    def __init__(self) -> None:
        self.grants: list[str] = []
        self.replays = 0
        self.asked, self.answer = threading.Event(), threading.Event()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()
        self._ready.wait()

    @property
    def settings(self) -> dict[str, str]:
        """The app's settings that make this the provider Airtable."""
        own = {"AUTHORIZE_URL": f"{self.url}/authorize", "TOKEN_URL": f"{self.url}/token", "API_URL": self.url}
        return {f"AIRTABLE_{name}": value for name, value in {**own, "CLIENT_ID": "id", "CLIENT_SECRET": "no"}.items()}

    def close(self) -> None:
        self.answer.set()
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._answered, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._end())
        self._loop.close()

    async def _end(self) -> None:
        await asyncio.sleep(0.01)  # a connection that was accepted last gets its task
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.01)  # their sockets are closed

    async def _answered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = int((head.lower().partition("content-length:")[2].split() or ["0"])[0])
            body = (await reader.readexactly(length)).decode()
            status, headers, answer = await self._decided(head.split(" ")[1], head, body)
            text = json.dumps(answer).encode()
            fixed = f"Content-Type: application/json\r\nConnection: close\r\nContent-Length: {len(text)}"
            writer.write(f"HTTP/1.1 {status}\r\n{headers}{fixed}\r\n\r\n".encode() + text)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _decided(self, target: str, head: str, body: str) -> tuple[str, str, dict[str, object]]:
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        if path == "/authorize":
            back = urlencode({"code": f"code {query['state'][0]}", "state": query["state"][0]})
            return "302 Found", f"Location: {query['redirect_uri'][0]}?{back}\r\n", {}
        if path == "/token":
            return await self._token(dict(parse_qsl(body)))
        if f"bearer access-{len(self.grants) + 1}" not in head.lower():
            return "401 Unauthorized", "", {"error": {"type": "AUTHENTICATION_REQUIRED"}}
        return "200 OK", "", ACCOUNT if path.endswith("/whoami") else {"bases": []}

    async def _token(self, form: dict[str, str]) -> tuple[str, str, dict[str, object]]:
        grant = form.get("refresh_token") or form["code"]
        self.replays += grant in self.grants
        if grant in self.grants:
            return "400 Bad Request", "", {"error": "invalid_grant"}
        self.grants.append(grant)
        number = len(self.grants) + 1
        self.asked.set()
        for _ in range(PATIENCE * 100):
            if self.answer.is_set():
                break
            await asyncio.sleep(0.01)
        pair = {"access_token": f"access-{number}", "refresh_token": f"refresh-{number}", "expires_in": 3600}
        return "200 OK", "", {**pair, "token_type": "bearer"}
