"""Larchwood: projects and tasks; a service that exists only in the tests.

https://docs.larchwood.example/api (listings are JSON arrays, paged by the Link header),
https://docs.larchwood.example/oauth (the token endpoint answers every error with status 200)

Tokens, from that page: access tokens live for eight hours, and a refresh spends the refresh token.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from .listing import converted, link_pages, with_id
from .listing.values import mapping
from .model import Account, Api, Catalog, Fault, Item, ItemType, Page, Provider, RateLimit, Stream, moment
from .model.errors import NotConfigured, QuotaSpent, ReconnectNeeded

PAGE_SIZE = 100


class Larchwood(Provider):
    """Projects and their tasks."""

    slug = "larchwood"
    title = "Larchwood"
    icon = ":material/forest:"
    summary = "Projects and tasks"
    item_types = (ItemType("project", "Projects"), ItemType("task", "Tasks"))
    authorize_url = "https://larchwood.example/oauth/authorize"
    token_url = "https://larchwood.example/oauth/token"
    api_url = "https://api.larchwood.example"
    web_url = "https://larchwood.example"
    console_url = "https://larchwood.example/settings/apps"
    not_revocable = "Larchwood can't be told from here: remove the connection under Settings there as well."
    scopes = ("read",)
    token_errors = {"stale_code": ReconnectNeeded, "token_used_up": ReconnectNeeded, "unknown_app": NotConfigured}
    access_token_seconds = 28_800
    refresh_reuse = "revokes"
    rate_limits = {"": RateLimit(5_000, 3_600)}
    faults = (Fault(403, "calls used up", QuotaSpent, "Larchwood's calls are used up. Come back next month."),)
    if_empty = "Once there are projects in Larchwood, press Refresh."

    def is_error(self, answer: Mapping[str, Any]) -> bool:
        """https://docs.larchwood.example/api#errors."""
        return isinstance(answer.get("problem"), str)

    async def identify(self, api: Api, answer: Mapping[str, Any]) -> Account:
        """Returns the person."""
        me = await api.get("/me")
        return Account(str(me["id"]), me.get("login") or f"Larchwood user {me['id']}", me.get("mail") or "")

    async def catalog(self, api: Api) -> Catalog:
        """Returns a stream for each type that the account's plan has."""
        features = (await api.get("/plan")).get("features") or ()
        return Catalog(tuple(Stream(t.slug, t.title, t.slug) for t in self.item_types if f"{t.slug}s" in features))

    def read(self, api: Api, stream: Stream, cursor: str = "") -> AsyncGenerator[Page, None]:
        """Yields everything of one type."""

        async def fetch(link: str | None) -> Any:
            return await (api.get_answer(link) if link else api.get_answer(f"/{stream.id}s", {"per_page": PAGE_SIZE}))

        return converted(link_pages(fetch), lambda rows: Page([_item(stream.item_type, row) for row in with_id(rows)]))


def _item(item_type: str, row: Mapping[str, Any]) -> Item:
    number = str(row["id"])
    return Item(
        id=number,
        type=item_type,
        name=str(row.get("title") or f"{item_type.capitalize()} {number}"),
        parent_path_or_name=mapping(row.get("project")).get("title"),
        creation_time=moment(row.get("created")),
        last_modified_time=moment(row.get("changed")),
        url=row.get("link"),
        owner=mapping(row.get("assignee")).get("login"),
        properties={"State": row.get("state"), "Labels": [each.get("name") for each in row.get("labels") or ()]},
    )


PROVIDER = Larchwood()
