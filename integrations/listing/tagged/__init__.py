"""Tables in which each value names its own type, as in {"type": "number", "number": 3}, whether described or not."""

from .columns import OpenColumns, Table
from .properties import Property, plain, properties_of, put_together
from .rows import Row, Rows, TableSource

__all__ = ["OpenColumns", "Property", "Row", "Rows", "Table", "TableSource", "plain", "properties_of", "put_together"]
