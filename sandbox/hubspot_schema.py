"""The property definitions of the sample HubSpot account, its pipelines, and the object of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

PORTAL = 24_601_337
OBJECTS = {
    "contacts": "0-1", "companies": "0-2", "deals": "0-3", "tickets": "0-5", "products": "0-7", "line_items": "0-8",
    "machines": "2-4179026",
}  # fmt: skip
ONE = {
    "contacts": "contact", "companies": "company", "deals": "deal", "tickets": "ticket", "products": "product",
    "line_items": "line_item", "machines": "custom_object",
}  # fmt: skip
OWN = "machines"
OWN_NAME = f"p{PORTAL}_machines"
STAGES: dict[str, dict[str, tuple[str, ...]]] = {
    "deals": {
        "Sales pipeline": ("Appointment scheduled", "Proposal sent", "Contract sent", "Closed won", "Closed lost"),
        "Renewals": ("Renewal due", "In talks", "Renewed", "Churned"),
    },
    "tickets": {"Support pipeline": ("New", "Waiting on contact", "Waiting on us", "Closed")},
}
LIFECYCLE = {
    "subscriber": "Subscriber", "lead": "Lead", "marketingqualifiedlead": "Marketing Qualified Lead",
    "opportunity": "Opportunity", "customer": "Customer", "1188542393": "Nurture",
}  # fmt: skip
INDUSTRY = {
    "RETAIL": "Retail", "RENEWABLES_ENVIRONMENT": "Renewables & Environment",
    "INFORMATION_TECHNOLOGY_AND_SERVICES": "Information Technology and Services",
}  # fmt: skip
LANGUAGES = {"en": "English", "de": "German", "pt": "Portuguese", "et": "Estonian"}
CATEGORIES = {
    "PRODUCT_ISSUE": "Product issue", "BILLING_ISSUE": "Billing issue", "FEATURE_REQUEST": "Feature request",
    "GENERAL_INQUIRY": "General inquiry",
}  # fmt: skip
INTERESTS = {"training": "Training", "spare_parts": "Spare parts", "consulting": "Consulting", "rental": "Rental"}
STATUS = {"NEW": "New", "OPEN": "Open", "IN_PROGRESS": "In progress", "OPEN_DEAL": "Open deal"}
LEVELS = {"LOW": "Low", "MEDIUM": "Medium", "HIGH": "High"}
DEAL_TYPES = {"newbusiness": "New Business", "existingbusiness": "Existing Business"}
CURRENCIES = {"EUR": "EUR", "USD": "USD", "GBP": "GBP"}
CONDITIONS = {"new": "New", "good": "Good", "worn": "Worn"}

Row = tuple[str, str, str, str, str, Mapping[str, Any]]  # name, label, type, fieldType, group, the rest


def key(label: str) -> str:
    """An internal name made of a label."""
    return re.sub(r"\W", "", label).lower()


def _choice(name: str, label: str, options: Mapping[str, str], group: str, field: str = "select", **more: Any) -> Row:
    return name, label, "enumeration", field, group, {"options": options, **more}


def _owner(name: str, label: str, group: str) -> Row:
    more = {"options": {}, "externalOptions": True, "referencedObjectType": "OWNER"}
    return name, label, "enumeration", "select", group, more


def _row(name: str, label: str, type_: str = "string", field: str = "", group: str = "", **more: Any) -> Row:
    fields = {"string": "text", "number": "number", "bool": "booleancheckbox", "date": "date", "datetime": "date"}
    return name, label, type_, field or fields.get(type_, "text"), group, more


def _stages(kind: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    pipelines = {key(each): each for each in STAGES[kind]}
    return pipelines, {key(stage): stage for stages in STAGES[kind].values() for stage in stages}


MONEY: dict[str, Any] = {"showCurrencySymbol": True, "numberDisplayHint": "currency"}
PERCENT: dict[str, Any] = {"numberDisplayHint": "percentage"}
DURATION: dict[str, Any] = {"numberDisplayHint": "duration"}
FORMULA: dict[str, Any] = {"calculated": True}
HIDDEN: dict[str, Any] = {"hidden": True}
DEALS, TICKETS = _stages("deals"), _stages("tickets")
COMMON = (
    _row("hs_object_id", "Record ID", "number", "number", numberDisplayHint="unformatted"),
    _row("createdate", "Create date", "datetime"),
    _owner("hubspot_owner_id", "Owner", ""),
    _row("hs_merged_object_ids", "Merged record IDs", "enumeration", "checkbox", options={}),
    _row("hs_updated_by_user_id", "Updated by user ID", "number", **HIDDEN),
)
PROPERTIES: dict[str, tuple[Row, ...]] = {
    "contacts": (
        _row("firstname", "First name"), _row("lastname", "Last name"), _row("email", "Email"),
        _row("phone", "Phone number", "string", "phonenumber"), _row("company", "Company name"),
        _row("associatedcompanyid", "Primary associated company ID", "number", numberDisplayHint="unformatted"),
        _row("jobtitle", "Job title"), _row("city", "City"), _row("country", "Country/Region"),
        _choice("lifecyclestage", "Lifecycle stage", LIFECYCLE, "", "radio"),
        _choice("hs_lead_status", "Lead status", STATUS, "sales_properties"), _row("website", "Website URL"),
        _choice("hs_language", "Preferred language", LANGUAGES, ""),
        _choice("interests", "Interested in", INTERESTS, "marketing", "checkbox"),
        _row("newsletter", "Receives the newsletter", "enumeration", "booleancheckbox", "marketing",
             options={"true": "Yes", "false": "No"}),
        _row("birthday", "Birthday", "date"), _row("next_visit", "Next visit", "datetime", "", "marketing"),
        _row("reply_time", "Average reply time", "number", "number", "marketing", **DURATION),
        _row("open_rate", "Open rate", "number", "number", "marketing", **PERCENT),
        _row("about", "About", "string", "textarea"), _row("greeting", "Greeting", "string", "html", "marketing"),
        _owner("success_manager", "Success manager", "sales_properties"),
        _row("days_as_customer", "Days as customer", "number", "calculation_equation", "sales_properties", **FORMULA),
    ),
    "companies": (
        _row("name", "Company name"), _row("domain", "Company domain name"), _row("website", "Website URL"),
        _row("phone", "Phone number", "string", "phonenumber"), _choice("industry", "Industry", INDUSTRY, ""),
        _row("city", "City"), _row("country", "Country/Region"), _row("state", "State/Region"),
        _choice("lifecyclestage", "Lifecycle stage", LIFECYCLE, "", "radio"),
        _row("numberofemployees", "Number of employees", "number"),
        _row("annualrevenue", "Annual revenue", "number", "number", **MONEY),
        _row("oven_count", "Ovens", "number"), _row("contract_end", "Contract end", "date"),
        _row("contract_file", "Signed contract", "string", "file"),
        _row("key_account", "Key account", "bool", "booleancheckbox"),
    ),
    "deals": (
        _row("dealname", "Deal name"), _row("amount", "Amount", "number", "number", **MONEY),
        _choice("deal_currency_code", "Currency", CURRENCIES, ""),
        _row("amount_in_home_currency", "Amount in company currency", "number", "number", **MONEY, **FORMULA),
        _choice("pipeline", "Pipeline", DEALS[0], ""), _choice("dealstage", "Deal stage", DEALS[1], "", "radio"),
        _row("closedate", "Close date", "datetime"), _choice("dealtype", "Deal type", DEAL_TYPES, ""),
        _row("hs_is_closed", "Is closed", "bool", "calculation_equation", **FORMULA),
        _row("hs_deal_stage_probability", "Deal probability", "number", "number", **PERCENT, **FORMULA),
        _row("seats", "Seats", "number"), _row("discount", "Discount", "number", "number", **PERCENT),
        _row("signed_at", "Signed at", "datetime"),
    ),
    "tickets": (
        _row("subject", "Ticket name"), _row("content", "Ticket description", "string", "textarea"),
        _choice("hs_pipeline", "Pipeline", TICKETS[0], ""),
        _choice("hs_pipeline_stage", "Ticket status", TICKETS[1], "", "radio"),
        _choice("hs_ticket_priority", "Priority", LEVELS, ""),
        _choice("hs_ticket_category", "Category", CATEGORIES, "", "checkbox"),
        _row("time_to_close", "Time to close", "number", "number", **DURATION, **FORMULA),
        _row("hs_file_upload", "File upload", "string", "file"),
    ),
    "products": (
        _row("name", "Name"), _row("description", "Product description", "string", "textarea"),
        _row("hs_sku", "SKU"), _row("price", "Unit price", "number", "number", **MONEY),
        _row("hs_cost_of_goods_sold", "Unit cost", "number", "number", **MONEY), _row("hs_url", "URL"),
    ),
    "line_items": (
        _row("name", "Name"), _row("quantity", "Quantity", "number"),
        _row("price", "Unit price", "number", "number", **MONEY),
        _row("amount", "Net price", "number", "number", **MONEY, **FORMULA),
        _choice("hs_line_item_currency_code", "Currency", CURRENCIES, ""),
        _row("hs_product_id", "Product ID", "number", numberDisplayHint="unformatted"),
    ),
    "machines": (
        _row("machine_name", "Machine"), _row("serial_number", "Serial number"), _row("bought_on", "Bought on", "date"),
        _choice("condition", "Condition", CONDITIONS, "", "radio"), _row("value", "Value", "number", "number", **MONEY),
        _row("last_service", "Last service", "datetime"), _row("under_warranty", "Under warranty", "bool"),
        _row("position", "Position", "object_coordinates"), _row("readings", "Readings", "json"),
    ),
}  # fmt: skip
ARCHIVED = (_row("old_segment", "Old segment", archived=True),)


def modified(kind: str) -> str:
    """The property with the time of the last change."""
    return "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"


def rows(kind: str, archived: bool = False) -> tuple[Row, ...]:
    """The definitions of an object as rows, or those that were archived."""
    last = _row(modified(kind), "Last modified date", "datetime")
    return ARCHIVED if archived else (*PROPERTIES[kind], *COMMON, last)


def definitions(kind: str, archived: bool = False) -> list[dict[str, Any]]:
    """The definitions of an object as HubSpot writes them."""
    return [_written(kind, *row) for row in rows(kind, archived)]


def _written(
    kind: str, name: str, label: str, type_: str, field: str, group: str, more: Mapping[str, Any]
) -> dict[str, Any]:
    options = more.get("options", {})
    return {
        "name": name,
        "label": label,
        "type": type_,
        "fieldType": field,
        "description": "",
        "groupName": group or f"{ONE[kind] if kind != OWN else 'machine'}information",
        "hubspotDefined": name not in ("oven_count", "contract_end", "interests", "seats"),
        "archived": False,
        "hidden": False,
        "calculated": False,
        "externalOptions": False,
        "hasUniqueValue": False,
        **{each: value for each, value in more.items() if each != "options"},
        "options": [
            {"value": value, "label": text, "hidden": False, "displayOrder": n}
            for n, (value, text) in enumerate(options.items())
        ][::-1],  # HubSpot does not promise their order
    }


def schema() -> dict[str, Any]:
    """The account's own object, as HubSpot describes it."""
    link = {"id": "121", "fromObjectTypeId": OBJECTS[OWN], "toObjectTypeId": OBJECTS["companies"], "name": "at"}
    return {
        "id": "4179026",
        "objectTypeId": OBJECTS[OWN],
        "fullyQualifiedName": OWN_NAME,
        "name": OWN,
        "labels": {"singular": "Machine", "plural": "Machines"},
        "primaryDisplayProperty": "machine_name",
        "secondaryDisplayProperties": ["serial_number", "condition"],
        "requiredProperties": ["machine_name"],
        "searchableProperties": ["machine_name", "serial_number"],
        "allowsSensitiveProperties": False,
        "archived": False,
        "associations": [link, {**link, "id": "122", "fromObjectTypeId": "0-2", "toObjectTypeId": OBJECTS[OWN]}],
        "properties": definitions(OWN),
    }
