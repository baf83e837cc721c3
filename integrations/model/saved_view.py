"""Saved views: queries that a person has named, and the number that each comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .query import Query, from_json


@dataclass(frozen=True)
class SavedView:
    """A query that its owner has named; it belongs to one connection on the page of one provider.

    `query`: as `model.query.to_json` writes it. `default`: it is shown where an address of its page has no query.
    """

    id: str
    name: str
    slug: str
    connection_id: str
    query: Mapping[str, Any]
    made_at: datetime
    changed_at: datetime
    default: bool = False

    @property
    def asked(self) -> Query:
        """The query."""
        return from_json(self.query)

    @property
    def page(self) -> tuple[str, str]:
        """What names the page that it belongs to: slug and connection."""
        return self.slug, self.connection_id


@dataclass(frozen=True)
class Figure:
    """What a view comes to.

    `of`: names snapshot, query and day that it was computed from. `title`: of the collection. `rows`: how many meet the
    query, of `all_rows`. `totals`: the view's measure in words, by currency, if it has one; `label` names it.
    `points`: labels and numbers of the small chart; `by`: what they are, `line`: whether they are drawn as a line.
    `problem`: a sentence why there is no figure.
    """

    of: str
    title: str
    rows: int
    all_rows: int
    label: str = ""
    totals: tuple[str, ...] = ()
    points: tuple[tuple[str, float], ...] = ()
    by: str = ""
    line: bool = False
    problem: str = ""
