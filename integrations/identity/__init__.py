"""Who asks: the browser by its cookie, the person by their sign-in; makes the Viewer of a request."""

from .claims import proof_of, session_of
from .cookie import cookie_name, owner_of
from .viewer import viewer_of

__all__ = ["cookie_name", "owner_of", "proof_of", "session_of", "viewer_of"]
