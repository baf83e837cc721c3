"""What people see; the only place that imports streamlit for pages."""

from .errors import unexpected
from .overview import overview
from .provider_page import provider_page

__all__ = ["overview", "provider_page", "unexpected"]
