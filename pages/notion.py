"""The Notion page, and its redirect URI."""

from integrations.notion import PROVIDER
from integrations.ui import provider_page

provider_page(PROVIDER)
