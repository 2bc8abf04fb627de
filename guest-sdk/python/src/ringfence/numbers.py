"""How does a decimal text become a mantissa, and back? Exact both ways; what does not fit is an error."""


def decimal_to_mantissa(text: str, scale: int) -> int:
    """The integer that `text` is at `scale` digits after the point: `"145.07"` at 4 is 1450700.

    Raises `ValueError` where `text` is no decimal, or has more digits after the point than `scale`.
    """
    digits = text[1:] if text[:1] in ("+", "-") else text
    whole, _, fraction = digits.partition(".")
    is_number = (whole + fraction).isascii() and (whole + fraction).isdigit() and (fraction != "" or "." not in digits)
    if not is_number:
        raise ValueError(f"`{text}` is no decimal number")
    fraction = fraction.rstrip("0")
    if len(fraction) > scale:
        raise ValueError(f"`{text}` has more than {scale} digits after the point")
    value = int(whole + fraction.ljust(scale, "0"))
    if value >= 2**63:
        raise ValueError(f"`{text}` is too large")
    return -value if text.startswith("-") else value


def mantissa_to_decimal(value: int, scale: int) -> str:
    """The decimal text of a mantissa: 1450700 at 4 is `"145.0700"`."""
    digits = str(abs(value)).rjust(scale + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (digits if scale == 0 else f"{digits[:-scale]}.{digits[-scale:]}")
