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
    credit_click_hours: int = 168
    credit_view_hours: int = 24
    investigation_alpha: float = 0.05
    investigation_min_units: int = 100
    investigation_min_orders: int = 30
    investigation_min_visitors: int = 20
    investigation_min_searches: int = 3
    investigation_min_personalization_index: float = 0.1
    investigation_min_coverage: float = 0.05
    investigation_low_click_through: float = 0.5
    investigation_assumed_gain: float = 0.05
    device_types: tuple[str, ...] = ("desktop", "mobile", "tablet", "other")

    def as_vars(self) -> Row:
        """Return the settings as dbt takes them."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }
