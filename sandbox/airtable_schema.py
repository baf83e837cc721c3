"""The sample bases: their tables and fields, of every type that Airtable has.

https://airtable.com/developers/web/api/field-model
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .sample_text import CITIES, TAGS

STATUS = {"To do": "redLight2", "In progress": "yellowLight2", "Waiting": "grayLight2", "Done": "greenLight2"}
SEVERITY = {"Low": "grayLight2", "Medium": "yellowBright", "High": "orangeBright", "Critical": "redBright"}
CHANNELS = {"Blog": "blueLight2", "Newsletter": "tealLight2", "Podcast": "purpleLight2", "Video": "pinkLight2"}
SOURCES = {"Support form": "cyanLight2", "App store": "blueDark1", "Partner": "tealDark1"}
LABELS = dict(
    zip(TAGS, ("blueLight2", "redLight2", "greenLight2", "grayLight2", "purpleBright", "pinkDark1"), strict=True)
)
PLACES = dict.fromkeys(CITIES[:4], "orangeLight2")
RENAMED: dict[str, str] = {}  # fields and choices that are called something else by now, by id
WATCHES_ALL: Mapping[str, Any] = {"isValid": True, "referencedFieldIds": [], "result": {"type": "dateTime"}}


@dataclass(frozen=True)
class Field:
    """A field of a sample table.

    `options`: as the API gives them, but for ids. `choices`: colours by name. `to`: the table that a link leads to;
    `mirrors`: the field there whose links this one has the other ends of. `by`: the link of a count, rollup or lookup,
    `of` the field there, `how` what a rollup makes of its values. `result`: type and options of a formula's values.
    `about`: what its texts are.
    """

    name: str
    type: str
    options: Mapping[str, Any] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)
    to: str = ""
    mirrors: str = ""
    by: str = ""
    of: str = ""
    how: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)
    about: str = ""


def _text(name: str, about: str) -> Field:
    return Field(name, "singleLineText", about=about)


def _select(name: str, choices: Mapping[str, str], type: str = "singleSelect") -> Field:
    return Field(name, type, choices=choices)


def _number(name: str, type: str, **options: Any) -> Field:
    return Field(name, type, options)


def _link(name: str, to: str, mirrors: str = "") -> Field:
    return Field(name, "multipleRecordLinks", to=to, mirrors=mirrors)


def _lookup(name: str, by: str, of: str) -> Field:
    return Field(name, "multipleLookupValues", by=by, of=of)


def _rollup(name: str, by: str, of: str, how: str, type: str, **options: Any) -> Field:
    return Field(
        name, "rollup", by=by, of=of, how=how, result={"type": type, **({"options": options} if options else {})}
    )


def _formula(name: str, about: str, type: str, **options: Any) -> Field:
    return Field(name, "formula", about=about, result=_result(type, options))


def _result(type: str, options: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": type, **({"options": options} if options else {})}


# base -> table -> fields; the first field is the primary one
BASES: Mapping[str, Mapping[str, tuple[Field, ...]]] = {
    "Product launches": {
        "Tasks": (
            _text("Name", "task"),
            Field("Notes", "multilineText"),
            _select("Status", STATUS),
            Field("Done", "checkbox", {"icon": "check", "color": "greenBright"}),
            Field("Due", "date", {"dateFormat": {"name": "iso", "format": "YYYY-MM-DD"}}),
            Field("Owner", "singleCollaborator"),
            _link("Launch", "Launches"),
            _lookup("Launch starts", "Launch", "Starts"),
            _lookup("Launch team", "Launch", "Team"),
            _number("Estimate", "duration", durationFormat="h:mm"),
            Field("Changed", "lastModifiedTime", WATCHES_ALL),
            Field("Status changed", "lastModifiedTime", WATCHES_ALL, of="Status"),
            _select("Tags", LABELS, "multipleSelects"),
            _number("Mood", "rating", icon="star", max=5, color="yellowBright"),
        ),
        "Launches": (
            _formula("Label", "label", "singleLineText"),
            _text("Product", "product"),
            Field("Starts", "dateTime", {"timeZone": "client"}),
            _number("Budget", "currency", precision=2, symbol="€"),
            _number("Progress", "percent", precision=0),
            Field("Team", "multipleCollaborators"),
            _link("Tasks", "Tasks", mirrors="Launch"),
            Field("Task count", "count", by="Tasks"),
            _lookup("Task status", "Tasks", "Status"),
            _lookup("Tasks done", "Tasks", "Done"),
            _rollup("Effort", "Tasks", "Estimate", "sum", "duration", durationFormat="h:mm"),
            _rollup("Last due", "Tasks", "Due", "max", "date"),
            _formula("Budget a task", "budget a task", "currency", precision=2, symbol="€"),
            _formula("Ends", "end", "date"),
            Field("Brief", "multipleAttachments", {"isReversed": False}),
            Field("Pitch", "aiText"),
            Field("Open", "button"),
        ),
        "Bugs": (
            Field("Number", "autoNumber"),
            _text("Title", "bug"),
            Field("Details", "richText"),
            _select("Severity", SEVERITY),
            _select("Source", SOURCES, "externalSyncSource"),
            Field("Reported by", "createdBy"),
            Field("Reported", "createdTime", {"result": {"type": "dateTime"}}),
            _formula("Days to fix a report", "ratio", "number", precision=2),
            _formula("Reopened", "share", "percent", precision=1),
            Field("Order", "manualSort"),
        ),
    },
    "Content calendar": {
        "Articles": (
            _text("Headline", "headline"),
            Field("Teaser", "aiText"),
            _link("Author", "Authors"),
            _lookup("Author e-mail", "Author", "E-mail"),
            _lookup("Portrait", "Author", "Portrait"),
            _select("Channel", CHANNELS, "multipleSelects"),
            Field("Published", "checkbox", {"icon": "check", "color": "blueBright"}),
            Field("Link", "url"),
            _number("Views", "number", precision=0),
            Field("Edited by", "lastModifiedBy"),
            _link("Slots", "Slots", mirrors="Article"),
        ),
        "Authors": (
            _text("Name", "person"),
            Field("E-mail", "email"),
            Field("Phone", "phoneNumber"),
            Field("Portrait", "multipleAttachments", {"isReversed": False}),
            _link("Articles", "Articles", mirrors="Author"),
            _lookup("Channels", "Articles", "Channel"),
            _rollup("Views", "Articles", "Views", "sum", "number", precision=0),
            _rollup("All published", "Articles", "Published", "all", "checkbox"),
            _number("Fee", "currency", precision=0, symbol="$"),
        ),
        "Slots": (
            Field("Day", "date", {"dateFormat": {"name": "european", "format": "D/M/YYYY"}}),
            _select("Channel", CHANNELS),
            _link("Article", "Articles"),
            _lookup("Headline", "Article", "Headline"),
            _lookup("Author", "Article", "Author"),
            _lookup("Published", "Article", "Published"),
            Field("Booked", "checkbox", {"icon": "check", "color": "greenBright"}),
        ),
    },
    "Inventory": {
        "Products": (
            _text("Product", "product"),
            Field("Code", "barcode"),
            _number("Price", "currency", precision=2, symbol="€"),
            _number("In stock", "number", precision=0),
            _number("Weight", "number", precision=3),
            _formula("Stock value", "stock value", "currency", precision=2, symbol="€"),
            Field("Photos", "multipleAttachments", {"isReversed": False}),
            _link("Supplier", "Suppliers"),
            _lookup("Supplier's site", "Supplier", "Website"),
            _select("Kept in", PLACES, "multipleSelects"),
            _link("Moves", "Stock moves", mirrors="Product"),
            _rollup("Moved", "Moves", "Amount", "sum", "number", precision=0),
        ),
        "Suppliers": (
            _text("Company", "company"),
            Field("Website", "url"),
            Field("E-mail", "email"),
            _link("Products", "Products", mirrors="Supplier"),
            _lookup("Prices", "Products", "Price"),
            _number("Rating", "rating", icon="heart", max=10, color="redBright"),
        ),
        "Stock moves": (
            Field("Move", "autoNumber"),
            _link("Product", "Products"),
            _number("Amount", "number", precision=0),
            Field("At", "dateTime", {"timeZone": "Europe/Lisbon"}),
            _number("Took", "duration", durationFormat="h:mm:ss"),
            Field("Done by", "singleCollaborator"),
        ),
    },
}
WEIGHTS = {
    "Tasks": 24, "Launches": 6, "Bugs": 14, "Articles": 16, "Authors": 4, "Slots": 8, "Products": 12, "Suppliers": 4,
    "Stock moves": 12,
}  # fmt: skip
