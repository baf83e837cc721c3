"""The objects of a CRM, and for each its table: a collection made from property definitions, and its values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ...model.errors import ProviderError
from ...model.schema import PEOPLE_TYPES, Collection, Field, FieldType, Option
from ..pagination import records_in, with_id
from ..values import mapping, text_at
from .associations import Links
from .properties import Property, Reader, by_place, in_currency, property_of, with_options

OWNER, CREATED, MERGED = "hubspot_owner_id", "createdate", "hs_merged_object_ids"
RELATION = "associations."  # in front of a collection's id: the field with the associated records in it
CURRENCY_CODES = ("deal_currency_code", "hs_line_item_currency_code")
DAYS = ("closedate",)  # moments that are shown as days
STANDARD_LABELS = {
    "firstname": "First name", "lastname": "Last name", "email": "Email", "phone": "Phone", "company": "Company",
    "jobtitle": "Job title", "lifecyclestage": "Lifecycle stage", "hs_lead_status": "Lead status", "city": "City",
    "country": "Country", "website": "Website", "name": "Name", "domain": "Domain", "industry": "Industry",
    "numberofemployees": "Employees", "annualrevenue": "Annual revenue", "dealname": "Deal name", "amount": "Amount",
    "deal_currency_code": "Currency", "dealstage": "Stage", "pipeline": "Pipeline", "closedate": "Close date",
    "dealtype": "Deal type", "subject": "Subject", "content": "Description", "hs_pipeline": "Pipeline",
    "hs_pipeline_stage": "Status", "hs_ticket_priority": "Priority", "hs_ticket_category": "Category",
    "price": "Unit price", "quantity": "Quantity", "description": "Description", "hs_sku": "SKU",
    "hs_product_id": "Product",
}  # fmt: skip
STANDARD_TYPES = {
    "closedate": "datetime", "amount": "number", "annualrevenue": "number", "numberofemployees": "number",
    "price": "number", "quantity": "number",
}  # fmt: skip
STANDARD_AMOUNTS = ("amount", "annualrevenue", "price")


@dataclass(frozen=True)
class CrmObject:
    """An object of a CRM: contacts, deals, or one that an account has made for itself.

    `path`: its name in the paths of calls. `type_id`: its id in addresses; empty if its records have no page. `scope`:
    what allows to read it. `plural`, `singular`: what people call its records, if not as in `path` and its id.
    `item_type`: of its items, where that is not the collection's id.
    `name`: the properties that make up its name. `first`: the fields that matter most. `parent`: the property with its
    parent's name, `parent_id` with its id in the collection `parents`. `modified`: the property to search for changes.
    `stages`: the properties with the id of a pipeline and of a stage. `related`: the collections whose associations are
    read.
    `definitions`: its properties, where they are known with the object.
    """

    path: str
    type_id: str
    scope: str
    name: tuple[str, ...]
    first: tuple[str, ...] = ()
    plural: str = ""
    singular: str = ""
    item_type: str = ""
    parent: str = ""
    parent_id: str = ""
    parents: str = ""
    modified: str = "hs_lastmodifieddate"
    stages: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    definitions: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)

    @property
    def title(self) -> str:
        """The plural that people read."""
        return self.plural or self.path.replace("_", " ").capitalize()

    @property
    def properties(self) -> tuple[str, ...]:
        """The properties that every account has and that matter most."""
        return tuple(name for name in (*self.name, *self.first) if not name.startswith(RELATION))

    @property
    def attributes(self) -> tuple[str, ...]:
        """The properties that are attributes of an item, and no fields; several that make up a name are both."""
        return (*(self.name if len(self.name) == 1 else ()), OWNER, CREATED, self.modified)

    @property
    def needed(self) -> tuple[str, ...]:
        """The properties that an item is made of, whether they are fields or not."""
        parents = filter(None, (self.parent, self.parent_id))
        return tuple(dict.fromkeys((*self.name, *parents, OWNER, CREATED, self.modified, MERGED)))


@dataclass(frozen=True)
class Table:
    """A collection, and its properties by name, which read the values of its records."""

    collection: Collection
    properties: Mapping[str, Property]

    def without(self, related: Iterable[str]) -> Collection:
        """Returns the collection without the associations with some others."""
        left_out = {f"{RELATION}{each}" for each in related}
        kept = tuple(each for each in self.collection.fields if each.id not in left_out)
        return replace(self.collection, fields=kept)

    @cached_property
    def readers(self) -> Mapping[str, Reader]:
        """The function that reads the value of each field, by its id."""
        fields = {each.id for each in self.collection.fields}
        return {name: each.read for name, each in self.properties.items() if name in fields}

    def values(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """Returns the values of a record's own texts by field id."""
        readers = self.readers
        return {name: readers[name](text) for name, text in texts.items() if name in readers}

    def people(self, values: Mapping[str, Any]) -> list[str]:
        """Returns the ids of people among the values of a record."""
        found = [values[name] for name in self._people if name in values]
        return [each for value in found for each in (value if isinstance(value, list) else [value])]

    @cached_property
    def _people(self) -> list[str]:
        return [each.id for each in self.collection.fields if each.type in PEOPLE_TYPES]

    def label(self, name: str, value: str | None) -> str | None:
        """Returns the label that a choice is shown by; the value itself if it is no option."""
        found = self.properties.get(name)
        options = found.field.options if found else ()
        return next((each.label for each in options if each.value == value), value)


def table_of(
    id: str, objects: Mapping[str, CrmObject], definitions: Sequence[Mapping[str, Any]],
    choices: Mapping[str, Sequence[Option]], zone: str = "", currency: str = "",
) -> Table:  # fmt: skip
    """Returns the table of an object with these properties. `choices`: options that are defined elsewhere, by property.

    `zone`: where its days are shown. `currency`: of amounts that do not name one.
    """
    crm = objects[id]
    known = {each["name"]: each for each in definitions}
    code = next((name for name in CURRENCY_CODES if name in known), "")
    properties = {
        name: in_currency(property_of(each, zone or "UTC", name in DAYS), currency, code)
        for name, each in known.items()
    }
    properties |= {name: with_options(properties[name], found) for name, found in choices.items() if name in properties}
    related = {to: objects[to].title for to in crm.related if to in objects}
    alone = known.get(crm.name[0], {}) if len(crm.name) == 1 else {}
    fields = [each.field for name, each in properties.items() if name not in crm.attributes]
    fields += [_relation(to, label) for to, label in related.items()]
    first = tuple(name for name in crm.first if name in {each.id for each in fields})
    label = text_at(alone, "label") or "Name"
    collection = Collection(id, crm.title, crm.item_type or id, tuple(fields), "", label, first, crm.parents)
    return Table(collection, properties)


def related(links: Mapping[str, Links], id: str) -> dict[str, Any]:
    """Returns what a record is associated with by field id; `links`: those of its collection, by the other one."""
    return {f"{RELATION}{to}": found[id] for to, found in links.items() if id in found}


def _relation(to: str, label: str) -> Field:
    return Field(f"{RELATION}{to}", label, FieldType.RELATION, relates_to=to, group="Associations", computed=True)


def definitions_in(answer: Any) -> list[dict[str, Any]]:
    """Returns the property definitions of an answer, those with a name; raises ProviderError if there is no list."""
    found = mapping(answer).get("results")
    if not isinstance(found, list):
        raise ProviderError("The provider sent an answer without its properties. Refresh to try again.")
    return named(found)


def objects_in(answer: Any) -> list[dict[str, Any]]:
    """Returns the objects of an answer that an account has made for itself.

    Raises ProviderError if there is no list.
    """
    found = mapping(answer).get("results")
    if not isinstance(found, list):
        raise ProviderError("The provider sent an answer without its objects. Refresh to try again.")
    return [each for each in map(mapping, found) if text_at(each, "objectTypeId")]


def named(definitions: Any) -> list[dict[str, Any]]:
    """Returns the definitions of a list that have a name."""
    return [each for each in map(mapping, definitions or ()) if isinstance(each.get("name"), str) and each["name"]]


def shown(definitions: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Returns the definitions that are neither hidden nor archived."""
    return [each for each in definitions if not each.get("hidden") and not each.get("archived")]


def complete(crm: CrmObject, definitions: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Returns definitions as they are, or with those of standard properties where not everything was told.

    Every account has the properties that make up names.
    """
    names = {each["name"] for each in definitions}
    if names & set(crm.name):
        return definitions
    return [*(each for each in standard(crm.properties) if each["name"] not in names), *definitions]


def standard(names: Iterable[str]) -> list[dict[str, Any]]:
    """Returns definitions of properties that every account has."""
    return [
        {
            "name": name,
            "label": STANDARD_LABELS.get(name, name),
            "type": STANDARD_TYPES.get(name, "string"),
            "showCurrencySymbol": name in STANDARD_AMOUNTS,
        }
        for name in names
    ]


def pipeline_options(answer: Any) -> tuple[list[Option], list[Option]]:
    """Returns the pipelines of an answer and the stages of all of them, as they are ordered."""
    pipelines = by_place(records_in(answer, "results"))
    stages = [stage for each in pipelines for stage in by_place(with_id(each.get("stages")))]
    first, second = ([Option(each["id"], text_at(each, "label") or each["id"]) for each in found]
                     for found in (pipelines, stages))  # fmt: skip
    return first, second


def objects_of(
    schemas: Iterable[Mapping[str, Any]], known: Mapping[str, CrmObject], item_type: str
) -> dict[str, CrmObject]:
    """Returns the objects that an account has made for itself by their ids, with what they are associated with."""
    own = {text_at(each, "fullyQualifiedName") or text_at(each, "objectTypeId"): each for each in schemas
           if each.get("objectTypeId") and not each.get("archived")}  # fmt: skip
    slugs = {crm.type_id: slug for slug, crm in known.items() if crm.related}
    slugs |= {text_at(each, "objectTypeId"): id for id, each in own.items()}
    return {id: _own_object(each, slugs, item_type) for id, each in own.items()}


def _own_object(schema: Mapping[str, Any], slugs: Mapping[str, str], item_type: str) -> CrmObject:
    path, labels = schema["objectTypeId"], mapping(schema.get("labels"))
    links = [mapping(each) for each in schema.get("associations") or ()]
    related = [slugs.get(text_at(each, "toObjectTypeId"), "") for each in links if each.get("fromObjectTypeId") == path]
    secondary = schema.get("secondaryDisplayProperties")
    return CrmObject(
        path, path, "", (text_at(schema, "primaryDisplayProperty") or "name",),
        first=tuple(each for each in secondary or () if isinstance(each, str)),
        singular=text_at(labels, "singular"),
        plural=text_at(labels, "plural") or text_at(schema, "name") or path,
        item_type=item_type,
        related=tuple(dict.fromkeys(filter(None, related))),
        definitions=tuple(named(schema.get("properties"))),
    )  # fmt: skip
