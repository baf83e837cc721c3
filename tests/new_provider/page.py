"""The Larchwood page, and its redirect URI."""

from integrations.larchwood import PROVIDER

from integrations.ui import provider_page

provider_page(PROVIDER)
