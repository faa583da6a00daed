"""What happens in a visit: the pages, what they show, what is done on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from liftmart.shop.behaviour import (
    EFFECTS,
    EXIT_AT_LANDING,
    EXIT_LATER,
    LANDING,
    MAX_STEPS,
    NEXT,
    NEXT_BOT,
    SHARE_RECOMMENDER_FAILS,
)
from liftmart.shop.people import Visits
from liftmart.shop.tools import DAY, MICROSECONDS, Array, bell, choose
from liftmart.shop.vocabulary import (
    CATEGORY_NAMES,
    GIFT_FINDER,
    LIST_LENGTH,
    NAME,
    PLACEMENTS,
    STRATEGIES,
    Mode,
    Placement,
    State,
)

if TYPE_CHECKING:
    from liftmart.shop.simulation import Simulation

BREAK = 30 * 60 * MICROSECONDS  # the longest one that a session has, as the project's vars say


# The columns of an event, as numbers, and what an event has that does not set them. -1 is missing.
LOG_DEFAULTS: dict[str, Any] = {
    "visit": np.int32(-1),
    "at": np.int64(-1),  # microseconds since 1970
    "name": np.int8(-1),
    "page": np.int8(-1),
    "url": np.int32(-1),
    "is_landing": np.bool_(False),
    "is_known": np.bool_(False),
    "engagement": np.int32(-1),
    "placement": np.int8(-1),
    "recommendation": np.int64(-1),
    "strategy": np.int8(-1),
    "is_personalized": np.int8(-1),
    "is_viewable": np.int8(-1),
    "term": np.int16(-1),
    "results": np.int32(-1),
    "variant": np.int8(-1),
    "order": np.int64(-1),
    "revenue": np.int64(-1),  # cents
    "refund": np.int64(-1),  # cents
}
# The same for its items: one column per place.
ITEM_DEFAULTS: dict[str, Any] = {
    "product": np.int32(-1),
    "position": np.int32(-1),
    "quantity": np.int32(-1),
    "price": np.int64(-1),  # cents
}

Log = dict[str, Array]
Value = Array | int | bool


class Recorder:
    """Collects events in blocks and puts them in order."""

    def __init__(self, visits: Visits) -> None:
        """Start without events."""
        self.visits = visits
        self.blocks: list[dict[str, Value]] = []
        self.sizes: list[int] = []

    def add(self, name: str, visit: Array, at: Array, **columns: Value) -> None:
        """Record one event for each of `visit`.

        Args:
            name: the name of all these events.
            visit: positions in the visits, shape (events,).
            at: when each happened, microseconds since 1970.
            columns: other columns of `LOG_DEFAULTS`, as one value or an array of shape (events,),
                and of `ITEM_DEFAULTS`, as arrays of shape (events, places).
        """
        if len(visit) == 0:
            return
        known = self.visits.is_known[visit]
        block = {"visit": visit, "at": at, "is_known": known, **columns}
        block["name"] = NAME[name]
        self.blocks.append(block)
        self.sizes.append(len(visit))

    def log(self) -> Log:
        """Give all events, in order of time and, where they tie, as they were recorded."""
        rows = sum(self.sizes)
        ends = np.cumsum(self.sizes)
        log: Log = {}
        for column, default in LOG_DEFAULTS.items():
            log[column] = np.full(rows, default)
        for column, default in ITEM_DEFAULTS.items():
            log[column] = np.full((rows, LIST_LENGTH), default)
        for block, size, end in zip(self.blocks, self.sizes, ends, strict=True):
            for column, values in block.items():
                if column in ITEM_DEFAULTS:
                    log[column][end - size : end, : np.shape(values)[1]] = values
                else:
                    log[column][end - size : end] = values
        order = np.argsort(log["at"], kind="stable")
        return {column: values[order] for column, values in log.items()}


class Transitions:
    """The chances of the next state, by landing or later, mode of the page, and state."""

    def __init__(self) -> None:
        """Turn the weights of `behaviour` into chances."""
        states = len(State)
        weights = np.zeros((2, 4, states, states))
        for later in (0, 1):
            for mode, effect in EFFECTS.items():
                for state, following in NEXT.items():
                    row = weights[later, mode, state]
                    for target, weight in following.items():
                        row[target] = weight
                    row[State.ADD] *= effect.add_to_cart
                    row[State.EXIT] *= effect.leave
                    if state in LANDING:
                        row[State.EXIT] *= EXIT_LATER if later else EXIT_AT_LANDING
            for target, weight in NEXT_BOT.items():
                weights[later, Mode.BOT, :, target] = weight
        weights[:, :, State.EXIT, State.EXIT] = 1.0
        self._bounds = np.cumsum(weights, axis=3) / weights.sum(axis=3, keepdims=True)

    def draw(self, is_later: bool, mode: Array, state: Array, uniform: Array) -> Array:
        """Draw the next state of each visit."""
        bounds = self._bounds[int(is_later), mode, state]
        drawn: Array = (uniform[:, None] >= bounds).sum(axis=1)
        return np.minimum(drawn, State.EXIT)


class Walk:
    """Steps all visits of a part from page to page and records what happens."""

    def __init__(self, shop: Simulation, visits: Visits, rng: np.random.Generator) -> None:
        """Put every visit on its landing page."""
        self.shop = shop
        self.catalogue = shop.catalogue
        self.visits = visits
        self.rng = rng
        self.unit = 1_000 if shop.options.timestamp_precision == "millisecond" else MICROSECONDS
        self.recorder = Recorder(visits)
        size = len(visits)
        self.clock = visits.started_at // self.unit * self.unit  # of the last event
        self.state = choose(rng.random(size), [LANDING.get(state, 0.0) for state in State])
        self.category = self._draw_category(np.arange(size))
        self.product = self.catalogue.pick(self.category, rng.random(size))
        self.term = choose(rng.random(size), self.catalogue.term_weights)

    def log(self) -> Log:
        """Walk all visits to their end and give their events."""
        alive = np.arange(len(self.visits))
        for step in range(MAX_STEPS):
            if len(alive) == 0:
                break
            self._step(step, alive)
            alive = alive[self.state[alive] != State.EXIT]
        return self.recorder.log()

    def _record(self, name: str, visit: Array, **columns: Value) -> None:
        """Record an event that happens now in each of the visits."""
        self.recorder.add(name, visit, self.clock[visit], **columns)

    def _draw_category(self, visit: Array) -> Array:
        """Draw a category for each visit: its favourite one in half of the cases."""
        size = len(visit)
        any_category = (self.rng.random(size) * len(CATEGORY_NAMES)).astype(np.int64)
        return np.where(self.rng.random(size) < 0.5, self.visits.favourite[visit], any_category)

    def _pause(self, size: int, seconds: float, spread: float = 0.9) -> Array:
        """Draw pauses around a median, in microseconds, whole units of the clock."""
        drawn = np.exp(bell(self.rng, size) * spread) * seconds * MICROSECONDS
        return drawn.astype(np.int64) // self.unit * self.unit

    def _moment(self, size: int) -> Array:
        """Draw the moment between a page and what it shows: often none, so that events tie."""
        drawn = np.where(self.rng.random(size) < 0.5, 0.0, self.rng.random(size) * 1_400_000)
        return drawn.astype(np.int64) // self.unit * self.unit

    def _step(self, step: int, alive: Array) -> None:
        """Take each visit that is still there through one page, and on to the next."""
        rng, visits = self.rng, self.visits
        size = len(alive)
        state = self.state[alive]
        logs_in = (state == State.ACCOUNT) | (state == State.CHECKOUT)
        visits.is_known[alive] |= visits.has_account[alive] & logs_in
        self._add_to_cart(alive[state == State.ADD])
        self._order(alive[state == State.CONFIRMATION])

        mode = visits.mode[alive]
        fails = (rng.random(size) < SHARE_RECOMMENDER_FAILS) & (mode != Mode.BOT)
        mode = np.where(fails, Mode.NO_RECOMMENDER, mode)
        is_bot = mode == Mode.BOT
        dwell = np.where(is_bot, self._pause(size, 1.5, 0.3), self._pause(size, 16.0))

        is_gift_finder = (state == State.CONTENT) & (rng.random(size) < 0.2)
        page = np.where(is_gift_finder, GIFT_FINDER, state)
        seconds = np.minimum(dwell // MICROSECONDS, 600)
        engagement = (seconds * (0.5 + 0.5 * rng.random(size))).astype(np.int64)
        engagement[rng.random(size) < 0.05] = -1
        url = self.shop.url_codes(page, self.category[alive], self.product[alive])
        self._record(
            "page_viewed",
            alive,
            page=page,
            url=url,
            is_landing=step == 0,
            engagement=engagement,
        )
        if step == 0:
            assigned = alive[visits.variant[alive] >= 0]
            variant = visits.variant[assigned]
            page = self.state[assigned]
            self._record("experiment_viewed", assigned, page=page, variant=variant)
        self._search(alive[state == State.SEARCH])
        self._view_product(alive[state == State.PRODUCT])
        checking_out = alive[state == State.CHECKOUT]
        self._record("checkout_started", checking_out, page=State.CHECKOUT)
        clicked = self._recommend(alive, state, mode, dwell)
        self._move_on(step, alive, mode, dwell, clicked)

    def _prices(self, visit: Array, product: Array) -> Array:
        """Give the price of a product, or of each of a list, in the currency of the visit."""
        currency = self.visits.currency[visit]
        if product.ndim == 2:
            currency = currency[:, None]
        prices: Array = self.catalogue.cents[np.maximum(product, 0), currency]
        return np.where(product < 0, -1, prices)

    def _line(self, visit: Array, line: Array) -> dict[str, Array]:
        """Give one line of each visit's cart as the items of an event."""
        product = self.visits.cart[visit, line]
        quantity = self.visits.cart_quantity[visit, line]
        price = self._prices(visit, product)
        columns = {"product": product, "quantity": quantity, "price": price}
        return {column: values[:, None] for column, values in columns.items()}

    def _add_to_cart(self, visit: Array) -> None:
        visits = self.visits
        room = visit[visits.cart_lines[visit] < LIST_LENGTH]
        quantity = 1 + choose(self.rng.random(len(room)), (76, 17, 7))
        lines = visits.cart_lines[room]
        visits.cart[room, lines] = self.product[room]
        visits.cart_quantity[room, lines] = quantity
        visits.cart_lines[room] += 1
        self._record("product_added", room, page=State.PRODUCT, **self._line(room, lines))
        self.clock[room] += self._moment(len(room))

    def _order(self, visit: Array) -> None:
        """Complete the orders of carts, and what follows from some of them: reloads and refunds."""
        visits, rng, quotas = self.visits, self.rng, self.shop.quotas
        visit = visit[visits.cart_lines[visit] > 0]
        size = len(visit)
        if size == 0:
            return
        rows = np.arange(size)
        product = visits.cart[visit]
        quantity = np.where(product < 0, -1, visits.cart_quantity[visit])
        price = self._prices(visit, product)
        total = np.where(product < 0, 0, quantity * price).sum(axis=1)
        discount = np.where(rng.random(size) < 0.12, 0.1, 0.0)
        revenue = total - np.floor(total * discount).astype(np.int64)
        told = np.where((discount == 0) & (rng.random(size) < 0.2), -1, revenue)
        items = {"product": product, "quantity": quantity, "price": price}
        bare = quotas.take("order_without_items", size * 0.02, rows, rng)
        told[bare] = revenue[bare]
        items["product"][bare] = -1
        order = self.shop.take_order_numbers(size)
        at = self.clock[visit]
        columns: dict[str, Array] = {"order": order, "revenue": told, **items}
        page = State.CONFIRMATION
        self.recorder.add("order_completed", visit, at, page=page, **columns)
        self.clock[visit] += self._moment(size)
        visits.cart[visit] = -1
        visits.cart_lines[visit] = 0

        again = quotas.take("duplicate_order", size * 0.04, rows, rng)
        later = at[again] + self._pause(len(again), 25.0)
        reloaded = {column: values[again] for column, values in columns.items()}
        self.recorder.add("order_completed", visit[again], later, page=page, **reloaded)
        self.clock[visit[again]] = np.maximum(self.clock[visit[again]], later)

        self._refund(visit, at, order, revenue, items)

    def _refund(
        self, visit: Array, at: Array, order: Array, revenue: Array, items: dict[str, Array]
    ) -> None:
        """Refund some orders days later: whole or in part, by amount or by items, some twice."""
        rng, quotas = self.rng, self.shop.quotas
        size = len(visit)
        rows = quotas.take("refund", size * 0.12, np.arange(size), rng)
        rows = np.concatenate([rows, quotas.take("refund_twice", size * 0.012, rows, rng)])
        days = 2.0 + rng.random(len(rows)) * 7.0
        refunded_at = at[rows] + (days * DAY).astype(np.int64) // self.unit * self.unit
        in_time = refunded_at < self.shop.end
        rows, refunded_at = rows[in_time], refunded_at[in_time]
        first_line = {column: values[rows, :1] for column, values in items.items()}
        first_amount = (first_line["quantity"] * first_line["price"])[:, 0]
        is_whole = rng.random(len(rows)) < 0.6
        amount = np.where(is_whole, revenue[rows], np.minimum(first_amount, revenue[rows]))
        by_items = (rng.random(len(rows)) < 0.25) & (first_line["product"][:, 0] >= 0)
        first_line["product"] = np.where(by_items[:, None], first_line["product"], -1)
        columns = {"order": order[rows], "refund": np.where(by_items, -1, amount), **first_line}
        self.recorder.add("order_refunded", visit[rows], refunded_at, **columns)

        unknown = quotas.take("refund_unknown", size * 0.02, np.arange(len(rows)), rng)
        columns = {column: values[unknown] for column, values in columns.items()}
        columns["order"] = self.shop.unknown_order_numbers(len(unknown))
        later = refunded_at[unknown] + 5_000 * self.unit
        self.recorder.add("order_refunded", visit[rows[unknown]], later, **columns)

    def _search(self, visit: Array) -> None:
        catalogue, rng = self.catalogue, self.rng
        size = len(visit)
        term = self.term[visit]
        found = catalogue.term_matches[term]
        self.state[visit] = np.where(found > 0, State.SEARCH, State.SEARCH_EMPTY)
        results = np.where(rng.random(size) < 0.03, -1, found)
        self._record("products_searched", visit, page=State.SEARCH, term=term, results=results)
        match = catalogue.term_products[term, (rng.random(size) * 6).astype(np.int64)]
        match = np.where(match < 0, self.product[visit], match)
        self.product[visit] = match
        self.category[visit] = catalogue.category[match]

    def _view_product(self, visit: Array) -> None:
        product = self.product[visit]
        items = {"product": product[:, None], "price": self._prices(visit, product)[:, None]}
        self._record("product_viewed", visit, page=State.PRODUCT, **items)
        wished = self.rng.random(len(visit)) < 0.02
        visit = visit[wished]
        items = {column: values[wished] for column, values in items.items()}
        self.clock[visit] += self._pause(len(visit), 8.0)
        self._record("wishlist_added", visit, page=State.PRODUCT, **items)

    def _recommend(self, alive: Array, state: Array, mode: Array, dwell: Array) -> Array:
        """Show the recommenders of each page; give the product clicked in one by visit, or -1."""
        rng, visits = self.rng, self.visits
        clicked = np.full(len(alive), -1, dtype=np.int64)
        clicks: list[tuple[Array, dict[str, Array]]] = []
        personal_lift = EFFECTS[Mode.PERSONALIZED].click
        for number, placement in enumerate(PLACEMENTS):
            shown = (state == placement.page) & (mode != Mode.NO_RECOMMENDER)
            rows = np.flatnonzero(shown & (rng.random(len(alive)) < placement.share_shown))
            if len(rows) == 0:
                continue
            visit = alive[rows]
            strategy = np.full(len(rows), STRATEGIES.index(placement.generic_strategy))
            personalized = np.zeros(len(rows), dtype=np.bool_)
            if placement.personalized_strategy is not None:
                personalized = mode[rows] == Mode.PERSONALIZED
                strategy[personalized] = STRATEGIES.index(placement.personalized_strategy)
            is_viewable = rng.random(len(rows)) < placement.share_viewable
            is_untold = is_viewable & (rng.random(len(rows)) < 0.08)
            products = self._list(placement, number, visit, personalized)
            self.clock[visit] += self._moment(len(rows))
            columns: dict[str, Array] = {
                # Now and then the page type is left to the placement.
                "page": np.where(rng.random(len(rows)) < 0.03, -1, placement.page),
                "placement": np.full(len(rows), number),
                "recommendation": self.shop.take_recommendation_numbers(len(rows)),
                "strategy": strategy,
                "is_personalized": personalized,
            }
            viewable = np.where(is_untold, -1, is_viewable)
            self._record(
                "recommendation_viewed", visit, is_viewable=viewable, product=products, **columns
            )
            visits.taste[visit] += 1  # the next list differs

            lift = np.where(personalized & (not placement.is_same_for_all), personal_lift, 1.0)
            wanted = rng.random(len(rows)) < placement.click_rate * lift
            can_click = is_viewable & (clicked[rows] < 0) & (mode[rows] != Mode.BOT)
            hit = np.flatnonzero(wanted & can_click)
            place = (rng.random(len(hit)) ** 1.5 * LIST_LENGTH).astype(np.int64)
            product = products[hit, place]
            clicked[rows[hit]] = product
            columns = {column: values[hit] for column, values in columns.items()}
            columns["recommendation"][rng.random(len(hit)) < 0.06] = -1  # lost on the way
            items = {"product": product[:, None], "position": (place + 1)[:, None]}
            clicks.append((rows[hit], {**columns, **items}))
        for rows, columns in clicks:
            self.clock[alive[rows]] += dwell[rows]
            self._record("recommendation_clicked", alive[rows], **columns)
        return clicked

    def _list(self, placement: Placement, number: int, visit: Array, personalized: Array) -> Array:
        """Choose the products that a recommender shows: shape (visits, LIST_LENGTH)."""
        generic = self._generic_list(placement, visit)
        if not personalized.any():
            return generic
        if placement.is_same_for_all:
            own = np.broadcast_to(self.catalogue.bestsellers, generic.shape)
        else:
            own = self._personal_list(placement, number, visit)
        return np.where(personalized[:, None], own, generic)

    def _generic_list(self, placement: Placement, visit: Array) -> Array:
        """The same for everybody who is at the same page."""
        catalogue, places = self.catalogue, np.arange(LIST_LENGTH)
        if placement.lists in ("bestsellers", "newest"):
            best = placement.lists == "bestsellers"
            fixed = catalogue.bestsellers if best else catalogue.newest
            return np.tile(fixed, (len(visit), 1))
        category = self.category[visit]
        if placement.lists == "complements":
            category = (category + 1) % len(CATEGORY_NAMES)
        local = np.tile(places, (len(visit), 1))
        if placement.lists == "similar":  # not the product itself
            local += places >= self._place_in_category(visit)[:, None]
        first: Array = catalogue.offsets[category]
        return first[:, None] + local

    def _personal_list(self, placement: Placement, number: int, visit: Array) -> Array:
        """Products of the page's category (or the favourite one) and one of another favourite."""
        catalogue, visits = self.catalogue, self.visits
        favourite, taste = visits.favourite[visit], visits.taste[visit]
        is_similar = placement.lists == "similar"
        category = favourite if placement.lists == "bestsellers" else self.category[visit]
        before = self._place_in_category(visit) if is_similar else np.full(len(visit), -1)
        size = catalogue.sizes[category]
        start = before + 1 + (taste + 7 * number) % (size - LIST_LENGTH + 1)
        local = (start[:, None] + np.arange(LIST_LENGTH)) % size[:, None]
        products: Array = catalogue.offsets[category][:, None] + local
        guest = np.where(favourite == category, visits.second_favourite[visit], favourite)
        products[:, -1] = catalogue.offsets[guest] + taste % catalogue.sizes[guest]
        return products

    def _place_in_category(self, visit: Array) -> Array:
        """The position, from 0, of the product that each visit looks at."""
        place: Array = self.product[visit] - self.catalogue.offsets[self.category[visit]]
        return place

    def _move_on(self, step: int, alive: Array, mode: Array, dwell: Array, clicked: Array) -> None:
        """Draw where each visit goes next, and when it gets there."""
        rng, catalogue = self.rng, self.catalogue
        size = len(alive)
        state = self.state[alive]  # a search may have turned into one that found nothing
        following = self.shop.transitions.draw(step > 0, mode, state, rng.random(size))
        has_clicked = clicked >= 0
        following = np.where(has_clicked, State.PRODUCT, following)

        category = self.category[alive]
        to_category = following == State.CATEGORY
        leaves_category = to_category | (state == State.HOME)
        category = np.where(leaves_category, self._draw_category(alive), category)
        picked = catalogue.pick(category, rng.random(size))
        to_product = (following == State.PRODUCT) & (state != State.SEARCH)
        product = np.where(to_product, picked, self.product[alive])
        product = np.where(has_clicked, clicked, product)
        self.product[alive] = product
        self.category[alive] = np.where(
            following == State.PRODUCT, catalogue.category[product], category
        )
        searching = alive[following == State.SEARCH]
        self.term[searching] = choose(rng.random(len(searching)), catalogue.term_weights)
        self._change_mind(alive[(state == State.CART) & (following == State.CHECKOUT)])

        # Some breaks are long; a few are exactly as long as a session lasts, or a unit longer.
        pause = dwell.copy()
        long = rng.random(size) < 0.012
        pause[long] += BREAK + self._pause(int(long.sum()), 2_400.0)
        edge = rng.random(size)
        pause = np.where(edge < 0.001, BREAK, pause)
        pause = np.where(edge > 0.999, BREAK + self.unit, pause)
        pause = np.where(mode == Mode.BOT, dwell, pause)
        pause = np.where(has_clicked, self._moment(size), pause)
        self.clock[alive] += np.maximum(pause, self.unit)
        self.state[alive] = following

    def _change_mind(self, visit: Array) -> None:
        """Take the last line out of some carts that have more than one."""
        visits = self.visits
        changed = (self.rng.random(len(visit)) < 0.12) & (visits.cart_lines[visit] > 1)
        visit = visit[changed]
        self.clock[visit] += self.unit
        line = visits.cart_lines[visit] - 1
        self._record("product_removed", visit, page=State.CART, **self._line(visit, line))
        visits.cart[visit, line] = -1
        visits.cart_lines[visit] = line
