"""A person's session on a browser."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Session:
    """A person who is signed in on one browser.

    `owner` names what is theirs: a hash of issuer and subject (OpenID Connect Core 2), which no other
    person ever has. `login` names this very sign-in, `proof` the identity cookie that it left in the browser.
    `organisation` names those they may share with, `organisation_name` is for people; both are empty where
    they belong to none.
    """

    owner: str
    name: str
    login: str
    at: datetime
    organisation: str = ""
    organisation_name: str = ""
    proof: str = ""
