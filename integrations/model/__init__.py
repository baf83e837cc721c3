"""The vocabulary that everything shares; imports nothing of ours."""

from .address import client_address
from .browser import cookie_name, identity_of, new_cookie, owner_of
from .connection import Account, Connection, Environment, Load, LoadState, Token
from .event import Actor, Event
from .item import Item, moment
from .provider import Answer, Api, Fault, Kind, Lane, Page, Part, Plan, Provider, Rate
from .session import Session, proof_of, session_of
from .settings import Endpoints, Settings, settings
from .sign_in import forced_prompt, require_complete_sign_in, sign_in_providers

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
    "Settings",
    "Token",
    "client_address",
    "cookie_name",
    "forced_prompt",
    "identity_of",
    "moment",
    "new_cookie",
    "owner_of",
    "proof_of",
    "require_complete_sign_in",
    "session_of",
    "settings",
    "sign_in_providers",
]
