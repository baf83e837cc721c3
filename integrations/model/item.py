"""The one shape that everything a provider holds is brought into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Item:
    """One thing at a provider: a page, a record, a contact.

    Times are timezone-aware UTC. What a provider does not have is None.
    `type` is an ItemType's slug. `collection`: id of its Collection; empty where the items of its type are one, without
    a schema of their own. (`place`, `id`) is unique within a connection.
    `parent_id` may name another item; if `parent_path_or_name` is None, the
    parent's name is taken from that item when the rows are shown.
    `owner` is a name, or the id of a person in `Page.people`.
    `properties`: values by field id, in the form that `FieldType` says, or NoValue. Without a schema the ids are what
    people read, and values are str, int, float, bool, None, or lists and dicts of these.
    """

    id: str
    type: str
    name: str
    directory: bool = False
    parent_path_or_name: str | None = None
    parent_id: str | None = None
    creation_time: datetime | None = None
    last_modified_time: datetime | None = None
    url: str | None = None
    children: tuple[str, ...] | None = None
    mime_type: str | None = None
    delta: str | None = None
    drive_id: str | None = None
    visibility: bool | None = None
    owner: str | None = None
    collection: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The id of the collection that it belongs to."""
        return self.collection or self.type


def moment(text: Any) -> datetime | None:
    """A provider's ISO 8601 text as an item's time, None for what is none; without a zone it is UTC."""
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None
