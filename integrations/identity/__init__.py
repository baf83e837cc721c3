"""Who asks: the browser by its cookie, the person by their sign-in."""

from .browser import cookie_name
from .session import proof_of, session_of

__all__ = ["cookie_name", "proof_of", "session_of"]
