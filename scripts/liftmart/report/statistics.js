// Intervals for the counts that a filter leaves; docs/report.md says which and why.

const Z = 1.959963984540054; // The 97.5th percentile of the normal distribution: intervals of 95 %.

/** What a comparison needs, as in marts.kpi_investigations: sessions or searches, and orders. */
const LEAST_UNITS = 100;
const LEAST_ORDERS = 30;
/** Below this the spread of order values cannot be told from so few of them. */
const LEAST_ORDERS_FOR_INTERVAL = 10;

/** A share of counted units, with its interval by Wilson. */
function rate(part, whole) {
  if (!whole) return { value: null, low: null, high: null, size: 0, part: 0 };
  const value = part / whole;
  const middle = (value + (Z * Z) / (2 * whole)) / (1 + (Z * Z) / whole);
  const half =
    (Z * Math.sqrt((value * (1 - value)) / whole + (Z * Z) / (4 * whole * whole))) /
    (1 + (Z * Z) / whole);
  return {
    value,
    low: part === 0 ? 0 : middle - half,
    high: part === whole ? 1 : middle + half,
    size: whole,
    isEnough: whole >= LEAST_UNITS,
  };
}

/** Money per order over sessions, with its interval by the delta method for ratios. */
function moneyPerOrder(sums) {
  const { revenue, rated_orders: orders } = sums;
  if (!orders) return { value: null, low: null, high: null, size: 0 };
  const value = revenue / orders;
  const squares =
    sums.revenue_squares - 2 * value * sums.revenue_orders + value * value * sums.order_squares;
  const error = Math.sqrt(Math.max(squares, 0)) / orders;
  const isKnown = orders >= LEAST_ORDERS_FOR_INTERVAL;
  return {
    value,
    low: isKnown ? Math.max(value - Z * error, 0) : null,
    high: isKnown ? value + Z * error : null,
    error,
    size: orders,
    isEnough: orders >= LEAST_ORDERS,
  };
}

/** How far `now` is from `before`: Newcombe's interval for rates, the normal one for money. */
function difference(now, before) {
  if (now.value === null || before.value === null) return null;
  const value = now.value - before.value;
  const [down, up] =
    now.error === undefined
      ? [
          Math.hypot(now.value - now.low, before.high - before.value),
          Math.hypot(now.high - now.value, before.value - before.low),
        ]
      : Array(2).fill(Z * Math.hypot(now.error, before.error));
  const isEnough = now.isEnough && before.isEnough;
  const isKnown = now.low !== null && before.low !== null;
  const low = isKnown ? value - down : null;
  const high = isKnown ? value + up : null;
  return { value, low, high, isEnough, isClear: isEnough && (low > 0 || high < 0) };
}
