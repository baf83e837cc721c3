"""The HubSpot page, and its redirect URI."""

from integrations.hubspot import PROVIDER
from integrations.ui import provider_page

provider_page(PROVIDER)
