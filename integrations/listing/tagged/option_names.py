"""Options of choices under the names that they had first, so that stored values stay theirs when they are renamed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..values import text_at

Option = Mapping[str, Any]
FIRST = "first_name"  # beside the name of an option that was renamed


class OptionNames:
    """The first names of options. The id of an option is unique in its column: two columns may have the same.

    `cache` is the connection's memory between loads (`model.Api.cache`): a full load begins with today's names.
    """

    def __init__(self, cache: dict[str, str]) -> None:
        self._cache = cache

    def learn(self, column: str, options: Sequence[Option]) -> list[Option]:
        """Returns the options of a column with their first names; one that another has by now is no longer used."""
        today = {text_at(each, "name") for each in options}
        for each in options:
            if self._cache.get(_key(column, each)) in today:
                self._cache[_key(column, each)] = text_at(each, "name")
        return [self.recall(column, each) for each in options]

    def recall(self, column: str, content: Any) -> Any:
        """Returns an option, or a list of them, with the first name of each that was renamed; all else as it is."""
        if isinstance(content, list):
            return [self.recall(column, each) for each in content]
        if not isinstance(content, dict) or not text_at(content, "id") or not text_at(content, "name"):
            return content
        first = self._cache.setdefault(_key(column, content), content["name"])
        return content if first == content["name"] else {**content, FIRST: first}


def _key(column: str, option: Option) -> str:
    return f"option {column} {text_at(option, 'id')}"
