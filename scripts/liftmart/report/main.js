// The filters, and what redraws the page.

const RENDERERS = [
  renderKpis,
  renderPlacements,
  renderReturnVisits,
  renderExperiments,
  renderSearch,
  renderDepth,
  renderCredit,
  renderFindings,
  renderQuality,
];
const form = byId("filters");
const inputs = form.elements;

const dayOf = (text) => Date.parse(`${text}T00:00:00Z`) / 86_400_000;
const isoDay = (day) => new Date(day * 86_400_000).toISOString().slice(0, 10);

/** Offer what the data holds. */
function fillFilters() {
  const offer = (select, values, format) =>
    select.append(...values.map((value) => element("option", { value }, format(value))));
  const names = (column) => [
    ...new Set(
      ["sessions", "placements", "searches", "experiments"].flatMap((name) => {
        const values = content.tables[name]?.[column];
        return values ? values.names : [];
      }),
    ),
  ];
  const sessionsBy = new Map(
    sum("sessions", ["device_type"]).map((row) => [row.device_type, row.sessions]),
  );
  const devices = names("device_type");
  devices.sort((a, b) => (sessionsBy.get(b) ?? 0) - (sessionsBy.get(a) ?? 0) || (a < b ? -1 : 1));
  offer(inputs.device, devices, word);
  const pages = names("page_type").filter((page) => page !== "none");
  pages.sort((a, b) => pageOrder(a) - pageOrder(b) || (a < b ? -1 : 1));
  offer(inputs.page, pages, word);
  const week = lastCompleteWeek();
  for (const option of inputs.period.options) {
    const weeks = Number(option.dataset.weeks);
    // As many weeks as there are, and one: fewer would be the whole time.
    if (weeks) {
      option.disabled = week === null || week - 7 * (weeks - 1) < monday(content.first_day);
      option.hidden = option.disabled;
    }
  }
  if (content.last_day !== null) {
    for (const input of [inputs.from, inputs.to]) {
      input.min = isoDay(content.first_day);
      input.max = isoDay(content.last_day);
    }
    inputs.from.value = inputs.from.min;
    inputs.to.value = inputs.to.max;
  }
}

/** Read the form into `chosen`. */
function readFilters() {
  const option = inputs.period.selectedOptions[0];
  const weeks = Number(option.dataset.weeks);
  chosen.device = inputs.device.value || null;
  chosen.page = inputs.page.value || null;
  chosen.from = null;
  chosen.to = null;
  if (weeks) {
    const week = lastCompleteWeek({ to: null, from: null });
    chosen.from = week - 7 * (weeks - 1);
    chosen.to = week + 6;
  } else if (option.value === "custom" && inputs.from.value && inputs.to.value) {
    const [from, to] = [dayOf(inputs.from.value), dayOf(inputs.to.value)].sort((a, b) => a - b);
    const isWeekly = content.period === "week";
    chosen.from = isWeekly ? monday(from) : from;
    chosen.to = isWeekly ? Math.min(monday(to) + 6, content.last_day) : to;
  }
  byId("custom-period").hidden = option.value !== "custom";
}

/** Say what is chosen, and where a choice cannot apply. */
function describeFilters() {
  const sessions = total(sum("sessions", [])).sessions ?? 0;
  const from = chosen.from ?? content.first_day;
  const to = chosen.to ?? content.last_day;
  byId("chosen").textContent =
    content.last_day === null
      ? "No events are published."
      : `${days(from, to)}: ${counted(sessions, "session")}${chosen.device ? ` on ${word(chosen.device).toLowerCase()}` : ""}${chosen.page ? ` that landed on ${word(chosen.page).toLowerCase()} pages` : ""}.`;
  const set = [
    ["period", chosen.from],
    ["device", chosen.device],
    ["page", chosen.page],
  ].filter(([, value]) => value !== null);
  inputs.reset.disabled = set.length === 0;
  for (const note of document.querySelectorAll(".filters-note")) {
    const applied = note.dataset.filters.split(" ");
    note.classList.toggle("is-active", set.some(([name]) => !applied.includes(name)));
  }
}

async function render() {
  readFilters();
  document.documentElement.dataset.state = "drawing";
  describeFilters();
  await Promise.all(RENDERERS.flatMap((renderer) => renderer()));
  document.documentElement.dataset.state = "ready";
}

// A closed table would not be on paper, nor the rows that a button brings.
let opened = [];
window.addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const details of opened) details.open = true;
  for (const button of document.querySelectorAll(".scroll button")) button.click();
});
window.addEventListener("afterprint", () => {
  for (const details of opened) details.open = false;
});

form.addEventListener("change", render);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(render));
fillFilters();
await render();
