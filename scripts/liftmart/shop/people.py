"""Who visits, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from liftmart.shop.behaviour import (
    EVENTS_PER_VISIT,
    EXPERIMENT_STARTS_AFTER,
    GROWTH,
    HOUR_WEIGHTS,
    PEOPLE_PER_REGULAR,
    SHARE_BOT_VISITS,
    SHARE_NEW_PEOPLE,
    SHARE_REGULAR_VISITS,
    SHARE_WITHOUT_RECOMMENDERS,
    VISITS_PER_PART,
    WEEKDAY_WEIGHTS,
)
from liftmart.shop.options import GenerateOptions
from liftmart.shop.tools import DAY, MICROSECONDS, Array, choose, uniform
from liftmart.shop.vocabulary import (
    CATEGORY_NAMES,
    COUNTRIES,
    CURRENCIES,
    DEVICES,
    LIST_LENGTH,
    SOURCES,
    Mode,
)


@dataclass
class Visits:
    """Visits that start on one day: one entry of every array per visit."""

    visitor: Array  # number of the browser or device
    person: Array
    started_at: Array  # microseconds since 1970
    mode: Array  # Mode.NO_RECOMMENDER, Mode.GENERIC, Mode.PERSONALIZED or Mode.BOT
    variant: Array  # of the experiment, -1 for none
    source: Array
    country: Array
    currency: Array
    device: Array
    favourite: Array  # category
    second_favourite: Array
    taste: Array  # what a personalized list starts with
    has_account: Array
    is_known: Array  # logged in by now; changes during the visit
    cart: Array = field(init=False)  # by visit and line: product, or -1
    cart_quantity: Array = field(init=False)
    cart_lines: Array = field(init=False)

    def __post_init__(self) -> None:
        """Start with empty carts."""
        self.cart = np.full((len(self), LIST_LENGTH), -1, dtype=np.int64)
        self.cart_quantity = np.zeros((len(self), LIST_LENGTH), dtype=np.int64)
        self.cart_lines = np.zeros(len(self), dtype=np.int64)

    def __len__(self) -> int:
        """Give the number of visits."""
        return len(self.visitor)


class People:
    """Who comes on which day: new people, people who return, a few who come all the time, bots."""

    def __init__(self, options: GenerateOptions) -> None:
        """Plan how many visits each day has, and how many of them are of new people."""
        self.options = options
        days = np.arange(options.days)
        weekdays = (options.start_date.weekday() + days) % 7
        weights = np.array(WEEKDAY_WEIGHTS)[weekdays] * (1 + GROWTH * days / options.days)
        visits = max(1, round(options.events / EVENTS_PER_VISIT))
        bounds = np.round(np.cumsum(weights) / weights.sum() * visits).astype(np.int64)
        self.visits = np.diff(bounds, prepend=0)
        share_new = np.where(days == 0, 0.95, SHARE_NEW_PEOPLE)
        self.new = np.ceil(self.visits * share_new).astype(np.int64)
        self.first = np.concatenate([[0], np.cumsum(self.new)])  # number of the day's first person
        self.total = int(self.first[-1])
        self.first_day = (options.start_date - date(1970, 1, 1)).days
        self.experiment_day = int(options.days * EXPERIMENT_STARTS_AFTER)

    def of_day(self, day: int, rng: np.random.Generator) -> Iterator[Visits]:
        """Give the visits of a day, in parts of bounded size."""
        made = 0
        while made < self.visits[day]:
            size = int(min(VISITS_PER_PART, self.visits[day] - made))
            yield self._visits(day, made, size, rng)
            made += size

    def _visits(self, day: int, made: int, size: int, rng: np.random.Generator) -> Visits:
        seed = self.options.seed
        number = np.arange(made, made + size)
        is_new = number < self.new[day]
        person = self.first[day] + number
        returning = self._returning(day, size, rng)
        # Whoever saw generic recommendations is a little less likely to come back.
        regretted = (uniform(returning, 1, seed) < 0.5) & (rng.random(size) < 0.15)
        returning = np.where(regretted, self._returning(day, size, rng), returning)
        person = np.where(is_new, person, returning)
        is_bot = rng.random(size) < SHARE_BOT_VISITS

        has_account = (uniform(person, 2, seed) < 0.5) & ~is_bot
        is_second_device = (
            has_account & ~is_new & (uniform(person, 3, seed) < 0.4) & (rng.random(size) < 0.5)
        )
        bots = max(3, self.total // 2_000)
        visitor = np.where(is_second_device, self.total + person, person)
        visitor = np.where(is_bot, 2 * self.total + (rng.random(size) * bots).astype(int), visitor)

        prefers_variant = (uniform(person, 1, seed) >= 0.5).astype(np.int64)
        consented = (uniform(visitor, 4, seed) < 0.6).astype(np.int64)
        in_experiment = day >= self.experiment_day
        variant = prefers_variant
        if in_experiment:
            strayed = ~is_new & (rng.random(size) < 0.012)
            variant = np.where(strayed, 1 - variant, variant)
        mode = Mode.GENERIC + (variant if in_experiment else consented)
        mode = np.where(rng.random(size) < SHARE_WITHOUT_RECOMMENDERS, Mode.NO_RECOMMENDER, mode)
        mode = np.where(is_bot, Mode.BOT, mode)
        takes_part = in_experiment & ((mode == Mode.GENERIC) | (mode == Mode.PERSONALIZED))

        country = choose(uniform(person, 5, seed), [weight for *_, weight in COUNTRIES])
        currency_of = np.array([CURRENCIES.index(currency) for _, currency, _ in COUNTRIES])
        categories = len(CATEGORY_NAMES)
        favourite = (uniform(person, 6, seed) * categories).astype(np.int64)
        other = (uniform(person, 7, seed) * (categories - 1)).astype(np.int64)
        hour = np.array(HOUR_WEIGHTS, dtype=np.float64)
        hours = choose(rng.random(size), list(hour)) + rng.random(size)
        midnight = (self.first_day + day) * DAY
        return Visits(
            visitor=visitor,
            person=person,
            started_at=midnight + (hours * 3_600 * MICROSECONDS).astype(np.int64),
            mode=mode,
            variant=np.where(takes_part, variant, -1),
            source=choose(rng.random(size), [weight for *_, weight in SOURCES]),
            country=country,
            currency=currency_of[country],
            device=choose(uniform(visitor, 8, seed), [weight for _, weight in DEVICES]),
            favourite=favourite,
            second_favourite=(favourite + 1 + other) % categories,
            taste=(uniform(visitor, 9 + day // 7, seed) * 1_000_000).astype(np.int64),
            has_account=has_account,
            is_known=has_account & ~is_new & (rng.random(size) < 0.6),
        )

    def _returning(self, day: int, size: int, rng: np.random.Generator) -> Array:
        """Draw people who came before: mostly lately, some of them all the time."""
        age = np.minimum((-np.log1p(-rng.random(size)) * 7).astype(np.int64), day)
        source_day = day - age
        recent = self.first[source_day] + (rng.random(size) * self.new[source_day]).astype(np.int64)
        regulars = self.first[day + 1] // PEOPLE_PER_REGULAR + 1
        regular = (rng.random(size) ** 1.5 * regulars).astype(np.int64) * PEOPLE_PER_REGULAR
        regular = np.minimum(regular, self.first[day + 1] - 1)
        is_regular = rng.random(size) < SHARE_REGULAR_VISITS
        person: Array = np.where(is_regular, regular, recent)
        return person
