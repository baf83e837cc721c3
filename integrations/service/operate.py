"""What operators do, and what a load balancer asks."""

from __future__ import annotations

from ..store import client, rotation
from ..store.rotation import Rotation

__all__ = ["Rotation", "check_store", "rotate_keys"]


async def check_store() -> None:
    """Raises StoreUnavailable if Redis does not answer, StoreFull if it takes no changes."""
    await client.check()


async def rotate_keys(back: bool = False, even_if_empty: bool = False) -> Rotation:
    """Seal every stored record with the first key; see `store.rotation.rotate_keys`."""
    try:
        return await rotation.rotate_keys(back, even_if_empty)
    finally:
        await client.close()
