"""The vocabulary that everything shares; imports nothing of ours."""

from .address import client_address
from .connection import Account, Connection, Environment, Outcome, Token
from .endpoints import Endpoints
from .event import Actor, Event
from .item import Item, moment
from .load import Choice, KnownCatalog, Load, LoadState
from .provider import Answer, Api, Bucket, Catalog, Fault, ItemType, Page, Provider, RateLimit, Stream
from .query import Query
from .saved_view import Figure, SavedView
from .schema import Collection, Field, FieldType, NoValue, Option, Schema
from .session import Session
from .viewer import Viewer

__all__ = [
    "Account", "Actor", "Answer", "Api", "Bucket", "Catalog", "Choice", "Collection", "Connection", "Endpoints",
    "Environment", "Event", "Fault", "Field", "FieldType", "Figure", "Item", "ItemType", "KnownCatalog", "Load",
    "LoadState", "NoValue", "Option", "Outcome", "Page", "Provider", "Query", "RateLimit", "SavedView",
    "Schema", "Session", "Stream", "Token", "Viewer", "client_address", "moment",
]  # fmt: skip
