"""The Airtable page, and its redirect URI."""

from integrations.airtable import PROVIDER
from integrations.ui import provider_page

provider_page(PROVIDER)
