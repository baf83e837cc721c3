"""What people can do, each once, for pages, routes and commands: it checks who asks, acts, and is written down."""

from .access import find, visible
from .disconnect import disconnect, forget_browser
from .rows import Shown, shown

__all__ = ["Shown", "disconnect", "find", "forget_browser", "shown", "visible"]
