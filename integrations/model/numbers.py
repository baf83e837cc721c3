"""Numbers as people read them."""

from __future__ import annotations

from decimal import Decimal

WITHOUT_CENTS = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"]
)  # ISO 4217: currencies without a smaller unit
THOUSANDS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def number_text(number: float, precision: int | None = None, separator: str = ",") -> str:
    """Returns a number with separators: "1,234.5"; without a precision it has all its digits."""
    if precision is not None:
        return f"{number:z{separator}.{max(0, precision)}f}"
    text = f"{number:{separator}}"
    if "e" in text:
        return f"{Decimal(repr(number)):{separator}f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


def rounded_words(number: float) -> str:
    """Returns a large number with three digits: "1.38M", "25.4k"."""
    size, unit = next(((size, unit) for size, unit in THOUSANDS if abs(number) >= size * 0.9995), (1, ""))
    return f"{float(f'{number / size:.3g}'):,g}{unit}"


def digits(number: float) -> str:
    """Returns a number with all its digits and nothing else, as machines read it: "1234.5", "0.0000001"."""
    text = f"{Decimal(repr(number)):f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


def money_text(amount: float, currency: str | None, precision: int | None = None) -> str:
    """Returns an amount after its currency: "EUR 1,234.50", "$5.00", "-$5.00"; without a precision all its digits."""
    text = number_text(abs(amount), precision)
    if precision is None and currency not in WITHOUT_CENTS and len(text.partition(".")[2]) < 2:
        text = number_text(abs(amount), 2)
    between = " " if currency and currency[-1].isalpha() else ""
    sign = "-" if amount < 0 and text.strip("0.,") else ""
    return f"{sign}{currency or ''}{between}{text}"


def percent_text(fraction: float, precision: int | None = None) -> str:
    """Returns a fraction as a percentage: 0.25 is "25%"."""
    return number_text(hundredfold(fraction), precision) + "%"


def hundredfold(fraction: float) -> float:
    """Returns a fraction in percent, without the digits that only come from calculating with floats."""
    return round(fraction * 100, 10)


def duration_text(seconds: float, form: str = "") -> str:
    """Returns a duration as the provider formats it ("h:mm", "h:mm:ss.S"), else in words: "2 h 5 min"."""
    sign = "-" if seconds < 0 else ""
    if form.startswith("h:mm"):
        return sign + _clock(abs(seconds), form)
    rest = round(abs(seconds), 3)
    parts = []
    for size, unit in UNITS:
        whole, rest = divmod(rest, size)
        if whole:
            parts.append(f"{number_text(whole)} {unit}")
    if rest or not parts:
        parts.append(f"{number_text(round(rest, 3))} s")
    return sign + " ".join(parts)


def _clock(seconds: float, form: str) -> str:
    digits = len(form.partition(".")[2])
    if ":ss" not in form:
        minutes = int(seconds / 60 + 0.5)
        return f"{minutes // 60}:{minutes % 60:02}"
    ticks = int(seconds * 10**digits + 0.5)
    whole, part = divmod(ticks, 10**digits)
    text = f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
    return f"{text}.{part:0{digits}}" if digits else text
