"""The vocabulary that everything shares; imports nothing of ours."""

from .address import client_address
from .browser import identity_of, new_cookie, owner_of
from .connection import Account, Connection, Environment, Load, LoadState, Token
from .endpoints import Endpoints
from .event import Actor, Event
from .item import Item, moment
from .provider import Answer, Api, Fault, Kind, Lane, Page, Part, Plan, Provider, Rate
from .session import Session
from .viewer import Viewer

__all__ = [
    "Account",
    "Actor",
    "Answer",
    "Api",
    "Connection",
    "Endpoints",
    "Environment",
    "Event",
    "Fault",
    "Item",
    "Kind",
    "Lane",
    "Load",
    "LoadState",
    "Page",
    "Part",
    "Plan",
    "Provider",
    "Rate",
    "Session",
    "Token",
    "Viewer",
    "client_address",
    "identity_of",
    "moment",
    "new_cookie",
    "owner_of",
]
