"""ISO 4217 codes of currencies by their English names, as number formats call them."""

from __future__ import annotations

_PAIRS = """
    dollar USD, australian_dollar AUD, canadian_dollar CAD, singapore_dollar SGD, hong_kong_dollar HKD,
    new_zealand_dollar NZD, new_taiwan_dollar TWD, euro EUR, pound GBP, yen JPY, ruble RUB, rupee INR, won KRW,
    yuan CNY, real BRL, lira TRY, rupiah IDR, franc CHF, krona SEK, norwegian_krone NOK, danish_krone DKK,
    mexican_peso MXN, chilean_peso CLP, philippine_peso PHP, colombian_peso COP, argentine_peso ARS,
    uruguayan_peso UYU, peruvian_sol PEN, rand ZAR, zloty PLN, baht THB, forint HUF, koruna CZK, shekel ILS,
    dirham AED, riyal SAR, ringgit MYR, leu RON, vietnamese_dong VND, pakistani_rupee PKR, nigerian_naira NGN,
    bitcoin BTC
"""
CURRENCIES = {name: code for name, code in (pair.split() for pair in _PAIRS.split(","))}
