"""How values are read (the event contract's section of that name).

Every reader takes a value as it arrives, text or typed, and returns None where it is missing. It
raises Invalid where the value is not of the type.
"""

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

# A value as it arrives, text or typed; a row of such values, or of values that were read.
Value: TypeAlias = Any
Row: TypeAlias = dict[str, Value]

TIMESTAMP = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
    r"(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d+))?)?"
    r"(?P<offset>Z|(?P<sign>[+-])(?P<offset_hours>\d{2})(?::?(?P<offset_minutes>\d{2}))?)?)?",
    re.ASCII,
)
NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
TRUE = {"true", "t", "1", "yes", "y"}
FALSE = {"false", "f", "0", "no", "n"}
SMALLEST_INTEGER, LARGEST_INTEGER = -(2**31), 2**31 - 1
TEN_BILLION = 10**10


class Invalid(ValueError):
    """A value is not of its type."""


def as_text(value: Value) -> str | None:
    """Return a value as the text it would have arrived as, untrimmed."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def read_text(value: Value) -> str | None:
    """Trim spaces; an empty text is a missing value."""
    text = as_text(value)
    if text is None:
        return None
    return text.strip(" ") or None


def read_upper(value: Value) -> str | None:
    """Read a code that is kept in upper case."""
    text = read_text(value)
    return None if text is None else text.upper()


def read_vocabulary(value: Value, vocabulary: tuple[str, ...]) -> str | None:
    """Read in lower case; what the vocabulary does not list reads `other`."""
    text = read_text(value)
    if text is None:
        return None
    return text.lower() if text.lower() in vocabulary else "other"


def read_timestamp(value: Value) -> datetime | None:
    """Read an ISO 8601 timestamp as UTC without a zone; digits beyond microseconds are cut."""
    text = read_text(value)
    if text is None:
        return None
    match = TIMESTAMP.fullmatch(text)
    if match is None:
        raise Invalid(text)
    part = match.groupdict()
    try:
        local = datetime(
            int(part["year"]),
            int(part["month"]),
            int(part["day"]),
            int(part["hour"] or 0),
            int(part["minute"] or 0),
            int(part["second"] or 0),
            int((part["fraction"] or "0")[:6].ljust(6, "0")),
        )
        return local - _offset(part)
    except (ValueError, OverflowError) as error:
        raise Invalid(text) from error


def _offset(part: dict[str, str | None]) -> timedelta:
    if part["sign"] is None:
        return timedelta()
    hours, minutes = int(part["offset_hours"] or 0), int(part["offset_minutes"] or 0)
    if hours > 23 or minutes > 59:
        raise Invalid(part["offset"])
    offset = timedelta(hours=hours, minutes=minutes)
    return -offset if part["sign"] == "-" else offset


def read_date(value: Value) -> date | None:
    """Read a date: a timestamp's day."""
    moment = read_timestamp(value)
    return None if moment is None else moment.date()


def read_number(value: Value, places: int = 4) -> Decimal | None:
    """Read a number below ten billion, rounded half away from zero."""
    text = read_text(value)
    if text is None:
        return None
    if NUMBER.fullmatch(text) is None:
        raise Invalid(text)
    mantissa, _, exponent = text.lower().partition("e")
    number = Decimal(mantissa)
    if number == 0:
        return Decimal(0)
    magnitude = number.adjusted() + int(exponent or 0)
    if magnitude >= 10:
        raise Invalid(text)
    if magnitude < -places - 1:
        return Decimal(0)
    exact = Fraction(number) * Fraction(10) ** int(exponent or 0)
    result = rounded(exact, places)
    if abs(result) >= TEN_BILLION:
        raise Invalid(text)
    return result


def read_share(value: Value) -> Decimal | None:
    """Read a rate or an expected_share: a number with 8 decimals."""
    return read_number(value, places=8)


def read_integer(value: Value) -> int | None:
    """Read a number without a fraction that fits 32 bits."""
    number = read_number(value)
    if number is None:
        return None
    if number != int(number) or not SMALLEST_INTEGER <= number <= LARGEST_INTEGER:
        raise Invalid(value)
    return int(number)


def read_boolean(value: Value) -> bool | None:
    """Read one of the ten words for true and false, in any case."""
    text = read_text(value)
    if text is None:
        return None
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise Invalid(text)


def read_row(raw: Row, readers: dict[str, Callable[[Value], Value]]) -> tuple[Row, set[str]]:
    """Read a row; return the values, None where invalid, and the names of the invalid columns."""
    row: Row = {}
    invalid: set[str] = set()
    for column, reader in readers.items():
        try:
            row[column] = reader(raw.get(column))
        except Invalid:
            row[column] = None
            invalid.add(column)
    return row, invalid


def rounded(number: Fraction | Decimal | int, places: int) -> Decimal:
    """Round half away from zero."""
    scaled = Fraction(number) * 10**places
    digits = math.floor(abs(scaled) + Fraction(1, 2))
    return Decimal(digits if scaled >= 0 else -digits).scaleb(-places)


def missing_last(value: Value) -> tuple[bool, Value]:
    """Return a sort key: smallest first, text byte by byte, missing values last."""
    if value is None:
        return (True, 0)
    return (False, value.encode() if isinstance(value, str) else value)


def day_of(moment: datetime, zone: str) -> date:
    """Return the date of a UTC moment in a time zone."""
    if zone == "UTC":
        return moment.date()
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
