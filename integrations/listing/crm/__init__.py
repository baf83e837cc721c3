"""The records of a CRM: objects with properties that each account defines, and associations between them."""

from .account import CrmAccount
from .calls import CrmCalls
from .objects import CREATED, OWNER, RELATION, CrmObject, Table, objects_in
from .records import CrmRecords

__all__ = ["CREATED", "OWNER", "RELATION", "CrmAccount", "CrmCalls", "CrmObject", "CrmRecords", "Table", "objects_in"]
