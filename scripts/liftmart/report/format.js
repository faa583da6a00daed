// Numbers, money, days and names as people read them.

const LANGUAGE = "en-GB";
const NOTHING = "–";

const whole = new Intl.NumberFormat(LANGUAGE);
const percents = new Intl.NumberFormat(LANGUAGE, {
  style: "percent",
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});
// A share below 1% is told from its neighbours by one digit more.
const smallPercents = new Intl.NumberFormat(LANGUAGE, {
  style: "percent",
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const decimals = new Intl.NumberFormat(LANGUAGE, {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});
const dayFormat = (options) => new Intl.DateTimeFormat(LANGUAGE, { timeZone: "UTC", ...options });
const shortDay = dayFormat({ day: "numeric", month: "short" });
const longDay = dayFormat({ day: "numeric", month: "short", year: "numeric" });

/** Money with its currency; a code that is none of ISO 4217 is written after the number. */
const currencyFormat = (() => {
  const options = { style: "currency", currency: content.currency, currencyDisplay: "narrowSymbol" };
  try {
    const [exact, round] = [{}, { maximumFractionDigits: 0 }].map(
      (digits) => new Intl.NumberFormat(LANGUAGE, { ...options, ...digits }),
    );
    return (value) => (Math.abs(value) < 10_000 ? exact : round).format(value);
  } catch {
    return (value) => `${decimals.format(value)} ${content.currency}`;
  }
})();

const known = (format) => (value) =>
  value === null || value === undefined ? NOTHING : format(value).replace("-", "−");
const count = known((value) => whole.format(value));
const percent = known((value) =>
  (value !== 0 && Math.abs(value) < 0.00995 ? smallPercents : percents).format(value),
);
const money = known(currencyFormat);
const index = known((value) => decimals.format(value));

/** Which way a number goes as it is written: what reads as 0 is neither more nor less. */
const direction = (value, format) => (/[1-9]/.test(format(Math.abs(value))) ? Math.sign(value) : 0);

const signed = (format) => (value) => {
  const way = direction(value, format);
  return (way > 0 ? "+" : "") + format(way === 0 ? 0 : value);
};
const points = known((value) => `${signed(new Intl.NumberFormat(LANGUAGE, {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
}).format)(100 * value)} pts`);
const moneyChange = (value) => signed(money)(value);

/** 1 session, 2 sessions. */
const counted = (number, thing) =>
  `${count(number)} ${number === 1 ? thing : thing.endsWith("s") ? thing : `${thing}s`}`;

const date = (day) => longDay.format(day * 86_400_000);
/** 9–15 Feb 2026. */
const days = (from, to) =>
  from === to ? date(from) : longDay.formatRange(from * 86_400_000, to * 86_400_000);

/** add_to_cart as "Add to cart": a name of the event contract as a word. */
function word(name) {
  const text = String(name).replaceAll("_", " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** An interval in brackets; nothing where it is not known. */
const interval = (fact, format) =>
  fact.low === null || fact.low === undefined
    ? ""
    : `${format(fact.low)} to ${format(fact.high)}`;
