// Figures: a chart, its words for those who do not see it, and its table.

const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
};

const byId = (id) => document.getElementById(id);

/** Text from the data: its own direction, and no formula when a table is pasted into a sheet. */
const data = (text) => element("bdi", {}, /^[=+\-@\t]/.test(text) ? `'${text}` : text);

/** A name that may go on in another line after each of its words. */
const breakable = (name) =>
  element("bdi", {}, ...name.split("_").flatMap((part, place) => place ? ["_", element("wbr"), part] : [part]));

/** A number as it is and as it reads. */
const number = (value, format) =>
  value === null || value === undefined
    ? NOTHING
    : element("data", { value: String(value) }, format(value));

/** A value, its interval and how many it rests on. */
function factCell(fact, format) {
  if (!fact || fact.value === null) return NOTHING;
  const bounds = interval(fact, format);
  const cell = element("span", { class: "fact" }, number(fact.value, format));
  cell.append(
    element("small", {}, `${bounds ? `${bounds}, ` : ""}n\u00a0=\u00a0`, number(fact.size, count)),
  );
  return cell;
}

/** A difference and its interval. */
const differenceCell = (value, low, high, format) =>
  element(
    "span",
    { class: "fact" },
    format(value),
    low === null ? null : element("small", {}, `${format(low)} to ${format(high)}`),
  );

const MOST_ROWS = 25;

/** Fill a table; the first cell of a row is its heading, a row with one cell a heading of rows. */
function fillTable(table, head, rows) {
  const hasWords = (cell) => /[a-z_]{3}/i.test(cell instanceof Node ? cell.textContent : cell);
  const numeric = head.map((_, column) => !rows.some((cells) => hasWords(cells[column] ?? "")));
  const kind = (column) => (numeric[column] ? { class: "number" } : {});
  const headRow = element(
    "tr",
    {},
    ...head.map((text, column) => element("th", { scope: "col", ...kind(column) }, text)),
  );
  const bodyRows = rows.map((cells) => {
    if (cells.length === 1) {
      return element(
        "tr",
        { class: "group" },
        element("th", { scope: "rowgroup", colspan: String(head.length) }, cells[0]),
      );
    }
    return element(
      "tr",
      {},
      ...cells.map((cell, column) =>
        column === 0
          ? element("th", { scope: "row" }, cell)
          : element("td", kind(column), cell instanceof Node ? cell : String(cell)),
      ),
    );
  });
  table.replaceChildren(
    element("thead", {}, headRow),
    element("tbody", {}, ...bodyRows.slice(0, MOST_ROWS)),
  );
  table.nextElementSibling?.remove();
  if (bodyRows.length > MOST_ROWS) {
    const more = element("button", { type: "button" }, `Show all ${count(bodyRows.length)} rows`);
    more.addEventListener("click", () => {
      table.tBodies[0].append(...bodyRows.slice(MOST_ROWS));
      more.remove();
    });
    table.after(more);
  }
}

const charts = new Map();
const tooltip = byId("tooltip");

function showTooltip(_, event, item, text) {
  tooltip.hidden = !text;
  if (!text) return;
  tooltip.textContent = text;
  const { width, height } = tooltip.getBoundingClientRect();
  const left = Math.min(event.clientX + 12, document.documentElement.clientWidth - width - 8);
  const top = event.clientY - height - 12;
  tooltip.style.left = `${Math.max(left, 8)}px`;
  tooltip.style.top = `${top < 8 ? event.clientY + 16 : top}px`;
}

/** Draw a chart or give the one that is drawn other rows. */
async function draw(place, specification, rows) {
  const { rowHeight } = specification.usermeta;
  const labels = new Set(rows.map((row) => row.label)).size;
  const height = rowHeight ? rowHeight * labels : specification.height;
  let view = charts.get(place.id);
  if (!view) {
    const drawn = await vegaEmbed(
      place,
      { ...specification, height, datasets: { rows } },
      {
        actions: false,
        // No eval: the page's policy forbids it.
        ast: true,
        renderer: "svg",
        tooltip: showTooltip,
        // Errors only: where nothing has an interval Vega warns of it, and that is no fault.
        logLevel: 1,
      },
    );
    view = drawn.view;
    charts.set(place.id, view);
    // The place says in words what it shows, and the table repeats it.
    place.querySelector("svg").setAttribute("aria-hidden", "true");
  } else {
    await view.height(height).data("rows", rows).runAsync();
  }
}

/**
 * Fill a figure.
 *
 * @param {string} id Of the figure, and of its chart unless `chart` names another one.
 * @param {object} what `summary`: the figure in a sentence; `rows` of the chart; `head` and
 *   `table`: its table; `empty`: why there is nothing to see, where there is nothing;
 *   `hasTable`: whether the table has something all the same.
 */
function fillFigure(id, { summary, rows, head, table, empty, hasTable = !empty, chart = id }) {
  const figure = byId(`figure-${id}`);
  const place = byId(`chart-${id}`);
  figure.querySelector(".empty").textContent = empty ?? "";
  figure.classList.toggle("is-empty", Boolean(empty));
  figure.classList.toggle("has-table", hasTable);
  place.setAttribute("aria-label", summary ?? "");
  figure.querySelector(".summary").textContent = summary ?? "";
  fillTable(figure.querySelector("table"), head, hasTable ? table : []);
  return empty ? null : draw(place, content.charts[chart], rows);
}

/** Why a table has nothing to show. */
function whyEmpty(name, what) {
  if (!has(name)) return `There is no ${what}: the models for it are switched off in this shop.`;
  if (content.last_day === null) return `There is no ${what}: no events are published.`;
  const isFiltered = Object.values(chosen).some((value) => value !== null);
  if (isFiltered) return `There is no ${what} in what the filters leave: choose more above.`;
  return `There is no ${what}: the shop's events hold none.`;
}
