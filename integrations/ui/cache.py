"""What pages compute from rows, kept for all reruns of this process: see `service.kept`."""

from ..service.kept import kept

__all__ = ["kept"]
