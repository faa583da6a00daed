"""Sums, rates and the exchange of money."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction

from reference.settings import Settings
from reference.values import Row, rounded


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Add money over orders: 0 over none, null where none is known, else the sum of the known."""
    listed = list(amounts)
    known = [amount for amount in listed if amount is not None]
    if listed and not known:
        return None
    return sum(known, Decimal(0))


def ratio(numerator: Decimal | int | None, denominator: Decimal | int | None) -> Decimal | None:
    """Divide with 6 decimals; null where that is not known, or a trillion or more."""
    if numerator is None or not denominator:
        return None
    quotient = Fraction(numerator) / Fraction(denominator)
    return rounded(quotient, 6) if abs(quotient) < 10**12 else None


def rate_of(
    currency: str | None, day: date, rates: list[Row], settings: Settings
) -> Decimal | None:
    """Return the latest rate that is not after the day; the reporting currency itself is 1."""
    if currency is None:
        return None
    if currency == settings.reporting_currency:
        return Decimal(1)
    known = [rate for rate in rates if rate["currency"] == currency and rate["rate_date"] <= day]
    return max(known, key=lambda rate: rate["rate_date"])["rate"] if known else None


def rate_with_room(rate: Decimal | None, amount: Decimal) -> Decimal | None:
    """Return the rate, or none where it would take the amount to ten billion or more."""
    return None if rate is None or Fraction(amount) * Fraction(rate) >= 10**10 else rate


def exchanged(amount: Decimal, rate: Decimal | None) -> Decimal | None:
    """Return an amount in the reporting currency, null without a rate."""
    return None if rate is None else rounded(Fraction(amount) * Fraction(rate), 4)
