"""The project's vars that change what the numbers mean."""

from dataclasses import asdict, dataclass

from reference.values import Row


@dataclass(frozen=True)
class Settings:
    """One set of vars; the defaults are the project's."""

    session_timeout_minutes: int = 30
    bounce_rule: str = "single_page"
    exposure_rule: str = "viewable"
    clock_skew_minutes: int = 60
    max_lateness_hours: int = 168
    reporting_timezone: str = "UTC"
    reporting_currency: str = "EUR"
    page_types: tuple[str, ...] = (
        "home",
        "category",
        "search",
        "product",
        "add_to_cart",
        "cart",
        "checkout",
        "order_confirmation",
        "account",
        "content",
        "other",
    )
    device_types: tuple[str, ...] = ("desktop", "mobile", "tablet", "other")

    def as_vars(self) -> Row:
        """Return the settings as dbt takes them."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }
