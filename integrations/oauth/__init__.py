"""Connecting an account by OAuth 2.0 (RFC 6749, 7636, 7009, 9207); the only place that uses Authlib."""

from .adopt import adopt
from .authorize import authorize, require_configured
from .disconnect import disconnect
from .redeem import redeem
from .tokens import ConnectionTokens, endpoints_of

__all__ = ["ConnectionTokens", "adopt", "authorize", "disconnect", "endpoints_of", "redeem", "require_configured"]
