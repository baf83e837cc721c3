"""Made-up deals, companies and contacts with a schema of every type of field, and many small tables."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from integrations.model import Collection, Field, FieldType, Item, NoValue, Option, Schema

NOW = datetime(2026, 5, 15, 12, tzinfo=UTC)
STAGES = ("Appointment", "Qualified", "Proposal", "Negotiation", "Closed won", "Closed lost")
TAGS = (
    ("up", "Upsell", "green"),
    ("legal", "Legal", "gray"),
    ("top", "Strategic", "purple"),
    ("risk", "At risk", "red"),
)
PEOPLE = {"u1": "Ada Smith", "u2": "Bo Müller", "u3": "Chen Li", "u4": "Freya Lund"}
FIRMS = ("Umbrella", "Wayne", "Fabrikam", "Acme", "Globex", "Contoso", "Initech", "Aperture", "Vandelay", "Hooli")
DEALS = Collection(
    "deals", "Deals", "deal",
    (
        Field("stage", "Stage", FieldType.SELECT, options=tuple(Option(f"s{n}", each) for n, each in enumerate(STAGES)),
              group="Deal"),
        Field("amount", "Amount", FieldType.CURRENCY, currency_field="code", group="Deal"),
        Field("code", "Currency", FieldType.TEXT, group="Deal"),
        Field("close", "Close date", FieldType.DATE, group="Deal"),
        Field("rep", "Deal owner", FieldType.PERSON, group="Deal"),
        Field("chance", "Probability", FieldType.PERCENT, precision=0, group="Deal"),
        Field("company", "Company", FieldType.RELATION, relates_to="companies", group="Associations", computed=True),
        Field("tags", "Tags", FieldType.MULTI_SELECT, options=tuple(Option(*each) for each in TAGS), group="Deal"),
        Field("won", "Won", FieldType.BOOLEAN, group="Deal"),
        Field("seen", "Last contacted", FieldType.DATETIME, group="Activity"),
        Field("seats", "Seats", FieldType.NUMBER, group="Activity"),
        Field("spent", "Time spent", FieldType.DURATION, group="Activity"),
        Field("number", "Number", FieldType.IDENTIFIER, prefix="D-", group="Activity"),
        Field("mail", "E-mail", FieldType.EMAIL, group="Activity"),
        Field("site", "Website", FieldType.URL, group="Activity"),
        Field("score", "Score", FieldType.NUMBER, computed=True, group="Activity"),
    ),
    name_label="Deal name", first=("stage", "amount", "close", "rep", "chance", "company", "tags"),
)  # fmt: skip
COMPANIES = Collection(
    "companies", "Companies", "company",
    (
        Field("trade", "Industry", FieldType.SELECT, options=(Option("food", "Food"), Option("retail", "Retail"))),
        Field("staff", "Employees", FieldType.NUMBER),
        Field("deals", "Deals", FieldType.RELATION, relates_to="deals", group="Associations"),
    ),
    name_label="Company name",
)  # fmt: skip
TICKETS = Collection("tickets", "Tickets", "ticket", (Field("open", "Open", FieldType.BOOLEAN),))
SALES = Schema((DEALS, COMPANIES, TICKETS), PEOPLE)


def deal(number: int) -> Item:
    """Returns the deal with this number; what it holds follows from that."""
    stage, firm, code = number % 6, number % len(FIRMS), ("EUR", "USD")[number % 2]
    properties: dict[str, Any] = {
        "stage": f"s{stage}", "amount": 1_000.5 * (number + 1), "code": code, "rep": f"u{1 + number % 4}",
        "close": date(2026, 1, 1) + timedelta(days=number % 300), "chance": stage / 10, "company": [f"c{firm}"],
        "tags": [TAGS[number % 4][0]] if number % 3 else [], "won": stage == 4, "seen": NOW - timedelta(hours=number),
        "seats": number % 40, "spent": 60 * number, "number": number + 1, "mail": f"deal{number}@example.com",
        "site": f"https://deal{number}.example/", "score": NoValue("The provider could not compute it."),
    }  # fmt: skip
    return Item(
        str(number), "deal", f"{FIRMS[firm]} {number} – Renewal", url=f"https://example.com/deals/{number}",
        creation_time=NOW - timedelta(days=400), last_modified_time=NOW - timedelta(minutes=number),
        collection="deals", properties=properties,
    )  # fmt: skip


def company(number: int, deals: int) -> Item:
    """Returns the company with this number, with those of so many deals that are its own."""
    own = [str(each) for each in range(number, deals, len(FIRMS))]
    properties = {"trade": ("food", "retail")[number % 2], "staff": 10 * number, "deals": own[:30]}
    return Item(
        f"c{number}", "company", FIRMS[number], url=f"https://example.com/companies/{number}",
        last_modified_time=NOW - timedelta(days=number), collection="companies", properties=properties,
    )  # fmt: skip


def sales(deals: int = 60) -> tuple[Item, ...]:
    """Returns so many deals, and ten companies; there is no ticket."""
    return (*map(deal, range(deals)), *(company(number, deals) for number in range(len(FIRMS))))


def many_tables(count: int = 60) -> tuple[Schema, tuple[Item, ...]]:
    """Returns tables of several bases with few rows each."""
    bases = ("Engineering", "Marketing", "Sales", "Finance", "People", "Legal")
    names = ("Roadmap", "Tasks", "Budget", "Interviews", "Contracts", "Assets", "Goals", "Events", "Notes", "Ideas")
    fields = (Field("status", "Status", FieldType.SELECT, options=(Option("d", "Done", "green"),)),)
    tables = tuple(
        Collection(f"app{n % 6}/tbl{n}", names[n // 6 % 10], "record", fields, group=bases[n % 6]) for n in range(count)
    )
    items = tuple(
        Item(f"r{row}", "record", f"Record {row} of {each.label}", collection=each.id, properties={"status": "d"})
        for number, each in enumerate(tables)
        for row in range(number % 7 + 1)
    )
    return Schema(tables), items
