"""What the listing of a CRM asks of its provider."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, Protocol


class CrmCalls(Protocol):
    """The calls to one account; each raises ProviderError and gives decoded answers. `path` is that of an object."""

    page_size: int
    search_size: int
    max_skip: int
    batch_size: int
    max_search_body: int
    primary: frozenset[int]

    def listed(
        self, path: str, names: Sequence[str], cursor: str = "", archived: bool = False
    ) -> AsyncGenerator[tuple[list[dict[str, Any]], str], None]:
        """Yields (records, cursor of the next page) by ascending id; the cursor is empty after the last page."""
        ...

    async def search(self, path: str, body: Mapping[str, Any]) -> Any:
        """Returns the answer to a search."""
        ...

    async def batch(self, path: str, ids: Sequence[str], names: Sequence[str]) -> list[dict[str, Any]]:
        """Returns records by id with these properties; those that are no longer there are left out."""
        ...

    async def associations(self, path: str, to_path: str, body: Mapping[str, Any]) -> Any:
        """Returns the answer to a batch of associations."""
        ...

    async def definitions(self, path: str, archived: bool) -> Any:
        """Returns the property definitions of an object."""
        ...

    async def pipelines(self, path: str) -> Any:
        """Returns the pipelines of an object."""
        ...

    async def schemas(self) -> list[dict[str, Any]]:
        """Returns the objects that the account has made for itself."""
        ...

    async def owners(self, archived: bool) -> dict[str, str]:
        """Returns the names of people by id; the former ones if archived."""
        ...

    async def account(self) -> dict[str, str]:
        """Returns the account's `records` (the address of its records), `zone` and `currency`."""
        ...

    def is_too_long(self, error: Exception) -> bool:
        """Whether an address was refused for its length."""
        ...
