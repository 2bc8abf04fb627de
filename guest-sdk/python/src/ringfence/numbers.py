"""How does a decimal text become a mantissa, and back? Exact both ways; what does not fit is an error."""

_UNITS_NS = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
}


def decimal_to_mantissa(text: str, scale: int) -> int:
    """The integer that `text` is at `scale` digits after the point: `"145.07"` at 4 is 1450700.

    Raises `ValueError` where `text` is no decimal, has more digits after the point than `scale`, or is beyond 64 bits.
    """
    digits = text[1:] if text[:1] in ("+", "-") else text
    whole, _, fraction = digits.partition(".")
    is_number = (whole + fraction).isascii() and (whole + fraction).isdigit() and (fraction != "" or "." not in digits)
    if not is_number:
        raise ValueError(f"`{text}` is no decimal number")
    fraction = fraction.rstrip("0")
    if len(fraction) > scale:
        raise ValueError(f"`{text}` has more than {scale} digits after the point")
    value = int(whole + fraction.ljust(scale, "0") or "0")
    if value >= 2**63:
        raise ValueError(f"`{text}` is too large")
    return -value if text.startswith("-") else value


def mantissa_to_decimal(value: int, scale: int) -> str:
    """The decimal text of a mantissa: 1450700 at 4 is `"145.0700"`."""
    digits = str(abs(value)).rjust(scale + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (digits if scale == 0 else f"{digits[:-scale]}.{digits[-scale:]}")


def duration_to_ns(text: str) -> int:
    """The nanoseconds of a number and its unit: `500ms`, `1.5s`, `90s`, `5m`, `8h`, `1d` (also `ns` and `us`).

    Raises `ValueError` where `text` is not of this form or no whole number of nanoseconds.
    """
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = _UNITS_NS.get(text[len(number) :])
    if unit is None:
        raise ValueError(f"`{text}` is no duration like 500ms, 90s or 1d")
    whole, _, fraction = number.partition(".")
    is_number = (whole + fraction).isascii() and (whole + fraction).isdigit()
    ns, rest = divmod(int(whole + fraction) * unit, int(10 ** len(fraction))) if is_number else (0, 1)
    if rest != 0 or ns >= 2**64:
        raise ValueError(f"`{text}` is no whole number of nanoseconds from 0 to 2^64 - 1")
    return ns
