"""Names in the address of a request: as many as it may hold, and the others for a request with a body."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import quote

FIRST_LIMIT = 8_000  # characters; how long an address may be is not documented


class NameLimit:
    """How many characters the names in an address may take; shared by all requests to one account."""

    def __init__(self, characters: int = FIRST_LIMIT) -> None:
        self.characters = characters

    def split(self, names: Sequence[str]) -> tuple[list[str], list[str]]:
        """Returns the names that an address takes, at least one, and the others."""
        length = 0
        for count, name in enumerate(names):
            length += _length(name)
            if length > self.characters and count:
                return list(names[:count]), list(names[count:])
        return list(names), []

    def shorten(self, names: Sequence[str]) -> bool:
        """Leave room for half as long a list of names, after an address with these was refused for its length.

        Returns whether an address holds fewer names now.
        """
        if len(self.split(names)[0]) == len(names):
            self.characters = sum(map(_length, names)) // 2
        return len(self.split(names)[0]) < len(names)


def _length(name: str) -> int:
    return len(quote(name, safe="")) + len("%2C")


def body_length(body: object) -> int:
    """Returns the length of a JSON body as it is sent."""
    return len(json.dumps(body, separators=(",", ":"), ensure_ascii=False))
