"""How visitors behave: the weights and shares that the simulation draws by."""

from __future__ import annotations

from typing import NamedTuple

from liftmart.shop.vocabulary import Mode, State

# Where a visit goes next from each state, in a shop with generic recommenders. Weights, not shares.
NEXT: dict[State, dict[State, float]] = {
    State.HOME: {
        State.CATEGORY: 28,
        State.SEARCH: 13,
        State.PRODUCT: 15,
        State.ACCOUNT: 3,
        State.CONTENT: 3,
        State.EXIT: 41,
    },
    State.CATEGORY: {
        State.PRODUCT: 43,
        State.CATEGORY: 11,
        State.SEARCH: 6,
        State.HOME: 3,
        State.EXIT: 37,
    },
    State.SEARCH: {State.PRODUCT: 48, State.SEARCH: 9, State.CATEGORY: 6, State.EXIT: 37},
    State.PRODUCT: {
        State.ADD: 17,
        State.PRODUCT: 13,
        State.CATEGORY: 13,
        State.SEARCH: 5,
        State.HOME: 4,
        State.EXIT: 48,
    },
    State.ADD: {
        State.CART: 44,
        State.CHECKOUT: 16,
        State.PRODUCT: 22,
        State.CATEGORY: 11,
        State.EXIT: 11,
    },
    State.CART: {State.CHECKOUT: 60, State.CATEGORY: 12, State.HOME: 4, State.EXIT: 24},
    State.CHECKOUT: {State.CONFIRMATION: 76, State.CART: 5, State.EXIT: 19},
    State.CONFIRMATION: {State.HOME: 5, State.ACCOUNT: 6, State.EXIT: 89},
    State.ACCOUNT: {State.HOME: 30, State.CATEGORY: 20, State.EXIT: 50},
    State.CONTENT: {State.CATEGORY: 22, State.PRODUCT: 16, State.EXIT: 62},
    State.SEARCH_EMPTY: {State.SEARCH: 36, State.CATEGORY: 10, State.HOME: 7, State.EXIT: 47},
}
NEXT_BOT: dict[State, float] = {
    State.CATEGORY: 35.0,
    State.PRODUCT: 55.0,
    State.HOME: 3.0,
    State.EXIT: 11.0,
}
LANDING: dict[State, float] = {
    State.HOME: 34,
    State.CATEGORY: 21,
    State.SEARCH: 5,
    State.PRODUCT: 35,
    State.CONTENT: 5,
}
# A visitor who went on once is less likely to leave at the next page.
EXIT_AT_LANDING, EXIT_LATER = 1.15, 0.62


class Effect(NamedTuple):
    """What recommenders do to the weights of a visit, against generic ones."""

    add_to_cart: float
    leave: float
    click: float


EFFECTS = {
    Mode.NO_RECOMMENDER: Effect(add_to_cart=0.7, leave=1.1, click=0.0),
    Mode.GENERIC: Effect(add_to_cart=1.0, leave=1.0, click=1.0),
    Mode.PERSONALIZED: Effect(add_to_cart=1.4, leave=0.88, click=1.8),
}

MAX_STEPS = 40
SHARE_WITHOUT_RECOMMENDERS = 0.2
SHARE_RECOMMENDER_FAILS = 0.03
SHARE_NEW_PEOPLE = 0.62
SHARE_REGULAR_VISITS = 0.15  # of the visits of people who were there before
PEOPLE_PER_REGULAR = 97
SHARE_BOT_VISITS = 0.006
EVENTS_PER_VISIT = 8.4
VISITS_PER_PART = 15_000
EXPERIMENT_STARTS_AFTER = 1 / 3  # of the days: what comes before is the pre-period
# fmt: off
HOUR_WEIGHTS = (
    2, 1, 1, 1, 1, 2, 4, 7, 9, 10, 11, 12,
    13, 12, 11, 11, 12, 13, 15, 18, 20, 18, 11, 5,
)
# fmt: on
GROWTH = 0.5  # of the visits of a day, from the first day to the last
WEEKDAY_WEIGHTS = (1.0, 0.95, 0.95, 0.98, 0.97, 1.12, 1.22)
