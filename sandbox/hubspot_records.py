"""The records of the sample HubSpot account: what they say, and what they are associated with."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from . import sample_text
from .hubspot_schema import (
    CATEGORIES,
    CONDITIONS,
    CURRENCIES,
    DEAL_TYPES,
    INDUSTRY,
    INTERESTS,
    LANGUAGES,
    LEVELS,
    LIFECYCLE,
    STAGES,
    STATUS,
    key,
    modified,
)  # fmt: skip
from .sample_text import mix, pick

SHARES = {
    "contacts": 45, "companies": 16, "deals": 18, "tickets": 10, "products": 3, "line_items": 5, "machines": 3,
}  # fmt: skip
OWNERS = [(str(70_001 + n), *sample_text.person(n + 40), n == 7) for n in range(8)]  # The last one has left.
DAY = 86_400
RATES = {"EUR": 1.0, "USD": 0.9, "GBP": 1.2}
PRODUCTS = ("Deck oven", "Proofer", "Spiral mixer", "Dough divider", "Cooling rack", "Bread slicer", "Flour silo")


class Entry(NamedTuple):
    """One record before its properties are written out."""

    n: int
    id: int
    created: int
    modified: int


class World:
    """All records by type, in ascending order of id and creation, and what they are associated with."""

    def __init__(self, items: int) -> None:
        end, rest, left = sample_text.midnight(), items, sum(SHARES.values())
        self.entries: dict[str, list[Entry]] = {}
        for name, share in SHARES.items():
            size = rest * share // left
            rest, left = rest - size, left - share
            times = sample_text.moments(size, 200 + share, end)
            self.entries[name] = [Entry(n, _id(n, size), *times[n]) for n in range(size)]
        self._links: dict[tuple[str, str], dict[int, list[Link]]] = {}
        self._deleted: dict[str, list[Entry]] = {}
        self.changed: dict[tuple[str, int], dict[str, str | None]] = {}

    def change(self, kind: str, n: int, now: int, **texts: str | None) -> None:
        """Change some properties of a record now."""
        self.entries[kind][n] = entry = self.entries[kind][n]._replace(modified=now)
        self.changed.setdefault((kind, entry.id), {}).update(texts)

    def delete(self, kind: str, n: int, now: int) -> None:
        """Delete a record now; the associations of others with it stay."""
        entry = self.entries[kind].pop(n)._replace(modified=now)
        self._deleted.setdefault(kind, []).append(entry)

    def id_of(self, kind: str, n: int) -> int:
        """The id of a record by its number, which may be any: they are counted in a circle."""
        size = len(self.entries[kind])
        return self.entries[kind][n % size].id

    def gone(self, kind: str) -> list[Entry]:
        """Records that were deleted, each on the day that it was last changed."""
        some = [entry._replace(id=entry.id + 7) for entry in self.entries[kind][4::60]]
        return sorted([*some, *self._deleted.get(kind, ())], key=lambda entry: entry.id)

    def links(self, kind: str, other: str) -> dict[int, list[Link]]:
        """What the records of one type are associated with, by id: each is the same from both sides."""
        if (kind, other) not in self._links:
            if (kind, other) in FORWARD:
                self._links[kind, other] = self._forward(kind, other)
            elif (other, kind) in FORWARD:
                self._links[kind, other] = _turned(self.links(other, kind))
            else:
                self._links[kind, other] = {}
        return self._links[kind, other]

    def _forward(self, kind: str, other: str) -> dict[int, list[Link]]:
        if not self.entries[other]:
            return {}
        found: dict[int, list[Link]] = {}
        for entry in self.entries[kind]:
            links = {self.id_of(other, n): primary for n, primary in reversed(FORWARD[kind, other](entry.n))}
            if links:
                found[entry.id] = [Link(id, primary) for id, primary in sorted(links.items())]
        return found


class Link(NamedTuple):
    """An associated record, and whether it is the primary one."""

    id: int
    primary: bool


def _turned(links: dict[int, list[Link]]) -> dict[int, list[Link]]:
    found: dict[int, list[Link]] = {}
    for id, each in links.items():
        for link in each:
            found.setdefault(link.id, []).append(Link(id, link.primary))
    return found


def _contact_companies(n: int) -> list[tuple[int, bool]]:
    """One in six has none; one in four also belongs to the first company, which therefore has very many."""
    if n % 6 == 5:
        return []
    return [(mix(n, 81), True), *([(0, False)] if n % 4 == 1 else [])]


# (from, to): numbers of the associated records, and which is the primary one
FORWARD: dict[tuple[str, str], Callable[[int], list[tuple[int, bool]]]] = {
    ("contacts", "companies"): _contact_companies,
    ("deals", "companies"): lambda n: [(mix(n, 82), True)] if n % 8 != 7 else [],
    ("deals", "contacts"): lambda n: [(mix(n, 83 + m), False) for m in range(n % 3)],
    ("deals", "tickets"): lambda n: [(mix(n, 86), False)] if n % 10 == 4 else [],
    ("tickets", "contacts"): lambda n: [(mix(n, 87), False)],
    ("tickets", "companies"): lambda n: [(mix(n, 88), True)] if n % 3 else [],
    ("line_items", "deals"): lambda n: [(mix(n, 89), False)],
    ("machines", "companies"): lambda n: [(mix(n, 90), False)],
}


def _id(n: int, size: int) -> int:
    """Old ids are small and dense, new ones huge and far apart, as in accounts of some age."""
    old = size * 2 // 5
    return 51 + 50 * n if n < old else 90_000_000_000 + (n - old) * 104_729


def _stage(kind: str, n: int) -> tuple[str, str]:
    pipeline = pick(list(STAGES[kind]), n, 60)
    stage = pick(STAGES[kind][pipeline], n, 61)
    return key(pipeline), key(stage)


def _some(options: dict[str, str], n: int, salt: int) -> str | None:
    """Some of the options, as a list with semicolons; none of them for every fourth."""
    found = [value for place, value in enumerate(options) if mix(n, salt) >> place & 1]
    return ";".join(found) or None


def _maybe(text: str, n: int, salt: int, share: int = 3) -> str | None:
    return text if mix(n, salt) % share else None


def _day(seconds: int) -> str:
    return sample_text.iso(seconds)[:10]


def company_name(n: int) -> str:
    """The name that a company has, unless it has an odd one."""
    return f"{pick(sample_text.COMPANIES, n, 62)} {pick(sample_text.CITIES, n, 63)}"


def _contact(entry: Entry, x: int, world: World) -> dict[str, str | None]:
    first, last = sample_text.person(entry.n)
    odd = sample_text.odd_name(entry.n)
    nameless = odd == "" or entry.n % 37 == 36
    linked = [link for link in world.links("contacts", "companies").get(entry.id, ()) if link.primary]
    company = company_name(mix(entry.n, 81) % len(world.entries["companies"])) if linked and x % 4 else None
    return {
        "firstname": None if nameless else odd or first,
        "lastname": None if nameless or odd else last,
        "email": None if entry.n % 74 == 73 else f"{first}.{last}.{entry.n}@example.com".lower(),
        "phone": f"+1 555 01{x % 100:02}" if x % 3 else None,
        "company": company,
        "associatedcompanyid": str(linked[0].id) if linked else None,
        "jobtitle": pick(("Buyer", "Engineer", "Head of Sales", None), x),
        "city": pick(sample_text.CITIES, x),
        "country": sample_text.COUNTRIES[pick(sample_text.CITIES, x)],
        "lifecyclestage": pick(list(LIFECYCLE), x),
        "hs_lead_status": pick((*STATUS, None), x),
        "website": None,
        "hs_language": pick((*LANGUAGES, None), x, 91),
        "interests": _some(INTERESTS, x, 92),
        "newsletter": pick(("true", "false", None), x, 93),
        "birthday": _maybe(_day(500_000_000 + mix(x, 94) % 500_000_000), x, 95),
        "next_visit": _maybe(sample_text.iso(entry.modified + 9 * DAY + 3_600, ".250"), x, 96),
        "reply_time": _maybe(str(mix(x, 97) % 90_000_000), x, 98),
        "open_rate": _maybe(f"{mix(x, 99) % 1000 / 1000}", x, 100),
        "about": _maybe("Met at the fair.\nPrefers a call in the morning.", x, 101, 2),
        "greeting": _maybe("<p>Dear colleague,</p>", x, 102, 2),
        "success_manager": _maybe(pick(OWNERS, x, 103)[0], x, 104),
        "days_as_customer": str(mix(x, 105) % 900),
    }


def _company(entry: Entry, x: int, world: World) -> dict[str, str | None]:
    odd, name = sample_text.odd_name(entry.n), company_name(entry.n)
    return {
        "name": (odd or None) if odd is not None else name,
        "domain": f"{key(name)}{entry.n}.example.com",
        "website": f"https://{key(name)}.example.com",
        "phone": None,
        "industry": pick((*INDUSTRY, None), x),
        "city": pick(sample_text.CITIES, x),
        "country": sample_text.COUNTRIES[pick(sample_text.CITIES, x)],
        "state": pick(("North", "South", None), x, 91),
        "lifecyclestage": pick(("lead", "customer"), x),
        "numberofemployees": str(x % 900),
        "annualrevenue": str(x % 9_000_000),
        "oven_count": "n/a" if entry.n % 90 == 41 else _maybe(str(mix(x, 92) % 40), x, 93),
        "contract_end": _maybe(_day(entry.created + 400 * DAY), x, 94),
        "contract_file": _maybe(f"https://files.example.com/contracts/Contract%20{entry.n}.pdf", x, 95, 2),
        "key_account": pick(("true", "false"), x, 96),
    }


def _deal(entry: Entry, x: int, world: World) -> dict[str, str | None]:
    odd, (pipeline, stage) = sample_text.odd_name(entry.n), _stage("deals", entry.n)
    name = f"{pick(sample_text.COMPANIES, entry.n, 64)} \N{EN DASH} {pick(sample_text.THINGS, entry.n, 65)}"
    amount, code = x % 9_000_000 / 100, pick(("EUR", "EUR", *CURRENCIES, None), x, 91)
    text = f"{amount:,.2f}" if entry.n % 45 == 20 else f"{amount:.2f}"
    return {
        "dealname": (odd or None) if odd is not None else name,
        "amount": text if x % 5 else None,
        "deal_currency_code": code,
        "amount_in_home_currency": f"{amount * RATES[code or 'EUR']:.2f}" if x % 5 else None,
        "pipeline": pipeline,
        "dealstage": stage,
        "closedate": sample_text.iso(entry.created + x % 9_000_000),
        "dealtype": pick((*DEAL_TYPES, None), x),
        "hs_is_closed": str(stage in ("closedwon", "closedlost", "renewed", "churned")).lower(),
        "hs_deal_stage_probability": pick(("0.2", "0.4", "1.0", "0.0"), x, 92),
        "seats": _maybe(str(mix(x, 93) % 400), x, 94),
        "discount": _maybe(f"{mix(x, 95) % 40 / 100}", x, 96, 2),
        "signed_at": _maybe(sample_text.iso(entry.created + 5 * DAY, ".007"), x, 97, 2),
    }


def _ticket(entry: Entry, x: int, world: World) -> dict[str, str | None]:
    odd, (pipeline, stage) = sample_text.odd_name(entry.n), _stage("tickets", entry.n)
    return {
        "subject": (odd or None) if odd is not None else sample_text.task(entry.n),
        "content": f"Please {sample_text.task(x).lower()}.",
        "hs_pipeline": pipeline,
        "hs_pipeline_stage": stage,
        "hs_ticket_priority": pick((*LEVELS, None), x),
        "hs_ticket_category": _some(CATEGORIES, x, 91),
        "time_to_close": _maybe(str(mix(x, 92) % 900_000_000), x, 93),
        "hs_file_upload": _maybe("https://files.example.com/a/photo.jpg;https://files.example.com/a/log.txt", x, 94, 2),
    }


def _product(entry: Entry, x: int, world: World) -> dict[str, str | None]:
    name = pick(PRODUCTS, entry.n, 60)
    return {
        "name": f"{name} {entry.n + 1}",
        "description": _maybe(f"{name} for bakeries of any size.", x, 91),
        "hs_sku": f"SKU-{entry.n:05}",
        "price": f"{mix(x, 92) % 900_000 / 100:.2f}",
        "hs_cost_of_goods_sold": _maybe(f"{mix(x, 93) % 90_000 / 100:.2f}", x, 94),
        "hs_url": _maybe(f"https://shop.example.com/{entry.n}", x, 95),
    }


def _line_item(entry: Entry, x: int, world: World) -> dict[str, str | None]:
    products, price, count = world.entries["products"], mix(x, 91) % 90_000 / 100, 1 + mix(x, 92) % 9
    return {
        "name": pick(PRODUCTS, entry.n, 60),
        "quantity": str(count),
        "price": f"{price:.2f}",
        "amount": f"{price * count:.2f}",
        "hs_line_item_currency_code": pick(list(CURRENCIES), x, 93),
        "hs_product_id": str(pick(products, x, 94).id) if products else None,
    }


def _machine(entry: Entry, x: int, world: World) -> dict[str, str | None]:
    return {
        "machine_name": f"{pick(PRODUCTS, entry.n, 60)} no. {entry.n + 1}" if entry.n % 9 else None,
        "serial_number": f"{mix(entry.n, 91):08X}",
        "bought_on": _day(entry.created - 90 * DAY),
        "condition": pick(list(CONDITIONS), x, 92),
        "value": str(mix(x, 93) % 80_000),
        "last_service": _maybe(sample_text.iso(entry.modified), x, 94),
        "under_warranty": pick(("true", "false"), x, 95),
        "position": _maybe('{"latitude":59.4,"longitude":24.7}', x, 96),
        "readings": _maybe('{"hours": 1250, "faults": ["E4"]}', x, 97),
    }


MAKERS: dict[str, Callable[[Entry, int, World], dict[str, str | None]]] = {
    "contacts": _contact, "companies": _company, "deals": _deal, "tickets": _ticket, "products": _product,
    "line_items": _line_item, "machines": _machine,
}  # fmt: skip


def properties(kind: str, entry: Entry, world: World) -> dict[str, str | None]:
    """All properties of a record, as HubSpot writes them: strings or null."""
    owner = pick(OWNERS, entry.n, 66)[0] if mix(entry.n, 67) % 5 else None
    return {
        **MAKERS[kind](entry, mix(entry.n, 68) >> 2, world),
        "hubspot_owner_id": owner,
        "hs_object_id": str(entry.id),
        "hs_merged_object_ids": str(entry.id + 1) if entry.n % 50 == 17 else None,
        "hs_updated_by_user_id": "4711" if entry.n % 2 else None,
        "createdate": sample_text.iso(entry.created, ".123"),
        modified(kind): sample_text.iso(entry.modified, ".456"),
        **world.changed.get((kind, entry.id), {}),
    }
