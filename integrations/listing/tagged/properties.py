"""Tables whose columns and cells each name their own type: {"id": …, "type": "number", "number": …}.

A column's settings and a cell's value stand behind the same tag, so that one reader does for both, and a table can be
made of one of its rows where the provider does not describe it.
https://developers.notion.com/reference/property-object, https://developers.notion.com/reference/page-property-values
"""

from __future__ import annotations

from collections.abc import Collection as Several
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...model.schema import Collection, Field, FieldType
from ..cells import options_of
from ..values import (
    date_span,
    day_or_time,
    decoded,
    joined,
    local_day,
    log_unknown_type,
    mapping,
    name_of,
    objects,
    place_text,
    text_at,
    with_names,
)  # fmt: skip
from .cells import Kind, TaggedValues
from .columns import Lead, Table
from .currencies import CURRENCIES
from .option_names import FIRST, OptionNames

Property = Mapping[str, Any]

KEPT_BACK = "Notion does not provide this value to other apps."
CUT_AT = 25  # references in one property of a page; more are read one property at a time
CHOICES = ("select", "status", "multi_select")
COMPUTED = ("formula", "rollup", "relation")  # they change with other pages, whose edit does not count as the row's
WITHOUT_COLUMN = ("title", "button")  # the title is the item's name; a button has no value
COUNTS = ("count", "count_values", "empty", "not_empty", "unique", "checked", "unchecked")
SUMS = ("sum", "average", "median", "min", "max", "range")
ORIGINALS = ("show_original", "show_unique")


def plain(texts: Any) -> str:
    """Returns the plain text of a rich text."""
    return "".join(str(each.get("plain_text") or "") for each in objects(texts))


def _ids(things: Any) -> Any:
    return things if isinstance(things, str) else [each["id"] for each in objects(things) if each.get("id")]


def _name(thing: Any) -> Any:
    return name_of(thing, ("name", "id"))


def _option(thing: Any) -> Any:
    return name_of(thing, (FIRST, "name", "id"))


def _chosen(things: Any) -> Any:
    return things if isinstance(things, str) else [name for each in objects(things) if (name := _option(each))]


def _files(files: Any) -> list[dict[str, Any]]:
    return [{"name": _name(each) or "Untitled", "size": None, "type": None} for each in objects(files)]


def _date(span: Mapping[str, Any]) -> Any:
    return date_span(span.get("start"), span.get("end"), span.get("time_zone"))


def _verification(found: Mapping[str, Any]) -> str:
    date = mapping(found.get("date"))
    days = joined((local_day(date[each], "UTC") for each in ("start", "end") if date.get(each)), " – ")
    return joined((found["state"].capitalize(), days), ", ")


KINDS = {
    "title": Kind(FieldType.TEXT, plain),
    "rich_text": Kind(FieldType.TEXT, plain),
    "string": Kind(FieldType.TEXT),
    "number": Kind(FieldType.NUMBER),
    "checkbox": Kind(FieldType.BOOLEAN),
    "boolean": Kind(FieldType.BOOLEAN),
    "select": Kind(FieldType.SELECT, _option),
    "status": Kind(FieldType.SELECT, _option),
    "multi_select": Kind(FieldType.MULTI_SELECT, _chosen),
    "date": Kind(FieldType.DATE_RANGE, _date),
    "created_time": Kind(FieldType.DATETIME, day_or_time),
    "last_edited_time": Kind(FieldType.DATETIME, day_or_time),
    "people": Kind(FieldType.PEOPLE, _ids),
    "created_by": Kind(FieldType.PERSON, lambda user: user["id"]),
    "last_edited_by": Kind(FieldType.PERSON, lambda user: user["id"]),
    "files": Kind(FieldType.FILES, _files),
    "url": Kind(FieldType.URL),
    "email": Kind(FieldType.EMAIL),
    "phone_number": Kind(FieldType.PHONE),
    "relation": Kind(FieldType.RELATION, _ids),
    "unique_id": Kind(FieldType.IDENTIFIER, lambda number: number["number"]),
    "verification": Kind(FieldType.TEXT, _verification),
    "place": Kind(FieldType.LOCATION, place_text),
    "button": Kind(FieldType.TEXT, lambda button: None),
}
CELLS = TaggedValues(
    KINDS,
    wrappers=frozenset({"formula", "rollup"}),
    arrays=frozenset({"array"}),
    withheld={"unsupported": KEPT_BACK, "incomplete": KEPT_BACK},
)


def properties_of(found: Mapping[str, Any]) -> dict[str, Property]:
    """Returns the properties of a row or of a table's description by id, each with its name.

    Ids are percent-encoded in some answers. A name stands for an id that is missing or taken.
    """
    by_id: dict[str, Property] = {}
    for name, each in mapping(found.get("properties")).items():
        held = mapping(each)
        id = decoded(text_at(held, "id")) or name
        by_id[name if id in by_id else id] = {**held, "name": name}
    return by_id


def columns_of(held: Mapping[str, Property]) -> list[str]:
    """Returns the ids of those properties that have a column of their own."""
    return [id for id, each in held.items() if text_at(each, "type") not in ("", *WITHOUT_COLUMN)]


def table(id: str, label: str, held: Mapping[str, Property]) -> Table:
    """Returns the table that properties describe, be they a schema or a row."""
    name_label = next((each["name"] for each in held.values() if each.get("type") == "title"), "Name")
    fields = tuple(_field(each, held[each]) for each in columns_of(held))
    leads = {each: _lead(held[each], held) for each in columns_of(held) if held[each]["type"] in ("formula", "rollup")}
    return Table(Collection(id, label or "Untitled", "page", fields, name_label=name_label), leads)


def _field(id: str, held: Property) -> Field:
    kind = text_at(held, "type")
    settings = mapping(held.get(kind))
    if kind not in KINDS and kind not in (*COMPUTED, "unsupported"):
        log_unknown_type(kind)
    known = KINDS[kind].type if kind in KINDS else FieldType.TEXT
    field = Field(id, held["name"], known, computed=kind in COMPUTED)
    if kind == "number":
        return _with_unit(field, text_at(settings, "format"))
    if kind in CHOICES:
        return replace(field, options=options_of(settings.get("options"), value=FIRST))
    if kind == "rollup":
        return replace(field, type=_type_of_rollup(text_at(settings, "function")))
    prefix = text_at(settings, "prefix")
    return replace(field, relates_to=text_at(settings, "data_source_id"), prefix=f"{prefix}-" if prefix else "")


def _with_unit(field: Field, unit: str) -> Field:
    if unit == "percent":
        return replace(field, type=FieldType.PERCENT)
    code = CURRENCIES.get(unit, "")
    return replace(field, type=FieldType.CURRENCY, currency=code) if code else field


def _type_of_rollup(function: str) -> FieldType:
    if function.startswith("percent_"):
        return FieldType.PERCENT
    return FieldType.NUMBER if function in (*COUNTS, *SUMS) else FieldType.TEXT


def _lead(held: Property, beside: Mapping[str, Property]) -> Lead:
    """What a formula or rollup says about its type: nothing, or where it looks."""
    settings = mapping(held.get(held["type"]))
    function, through = text_at(settings, "function"), decoded(text_at(settings, "relation_property_id"))
    target = decoded(text_at(settings, "rollup_property_id")) if function in (*SUMS, *ORIGINALS) else ""
    expression = text_at(settings, "expression")
    named = {id for id, each in beside.items() if f'prop("{each["name"]}")' in expression}
    return Lead(
        through, target, lists=function in ORIGINALS, sources=frozenset({*named, through} - {""}),
        fixed=function in COUNTS or function.startswith("percent_"),
    )  # fmt: skip


def with_option_names(collection: str, id: str, held: Property, names: OptionNames) -> Property:
    """Returns a property, be it of a row or of a table's description, whose options have their first names."""
    kind = text_at(held, "type")
    content, column = held.get(kind), f"{collection} {id}"
    if kind not in CHOICES:
        return held
    if isinstance(content, dict) and "options" in content:
        return {**held, kind: {**content, "options": names.learn(column, objects(content["options"]))}}
    return {**held, kind: names.recall(column, content)}


def is_cut(held: Property) -> bool:
    """Returns whether a row has the first part of a property only: it says so, or has as many values as are given."""
    kind = text_at(held, "type")
    content = held.get(kind)
    if kind == "rollup":
        rollup = mapping(content)
        shown = objects(rollup.get("array") or ())
        most = max([len(shown), *(len(_list(each.get(text_at(each, "type")))) for each in shown)])
        return rollup.get("type") == "incomplete" or most >= CUT_AT
    if kind in ("title", "rich_text"):
        return bool(held.get("has_more")) or sum(each.get("type") == "mention" for each in objects(content)) >= CUT_AT
    return kind in ("people", "relation") and bool(held.get("has_more", len(_list(content)) >= CUT_AT))


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def put_together(held: Property, answers: Several[Mapping[str, Any]]) -> Property:
    """Returns a property with the whole value that its own pages have given.

    https://developers.notion.com/reference/property-item-object
    """
    kind = text_at(held, "type")
    parts = [part for answer in answers for part in objects(answer.get("results"))]
    last = mapping([*answers][-1].get("property_item"))
    if kind == "rollup":
        rollup = mapping(last.get(kind))
        return {**held, kind: {**rollup, "array": parts} if rollup.get("type") == "array" else rollup}
    if kind in ("people", "relation", "title", "rich_text"):
        return {**held, kind: [part.get(kind) for part in parts], "has_more": False}
    return {**held, kind: parts[0].get(kind)} if parts else held


def people_in(held: Property) -> Iterator[tuple[str, str]]:
    """Yields id and name, empty if it is not told, of the people and groups that a property names."""
    kind = text_at(held, "type")
    content = held.get(kind)
    if kind in ("people", "created_by", "last_edited_by"):
        yield from with_names(objects(content))
    elif kind == "rollup":
        for each in objects(mapping(content).get("array")):
            yield from people_in(each)
