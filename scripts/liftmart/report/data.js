// What the report holds, and what a choice of filters leaves of it.

const content = JSON.parse(document.getElementById("content").textContent);

/** The filters; null chooses everything. Days are counted from 1970. */
const chosen = { from: null, to: null, device: null, page: null };

/** The name of the column that a filter looks at; a table without it is not filtered by it. */
const FILTERED = { device: "device_type", page: "page_type" };

/** Whether a table is there: a shop may have switched its mart off. */
const has = (name) => content.tables[name] !== null;

/** The rows of a small table as objects. */
function records(name) {
  const columns = content.tables[name];
  if (!columns) return [];
  const names = Object.keys(columns);
  const length = names.length ? valuesOf(columns[names[0]]).length : 0;
  return Array.from({ length }, (_, row) =>
    Object.fromEntries(names.map((column) => [column, read(columns[column], row)])),
  );
}

const valuesOf = (column) => (Array.isArray(column) ? column : column.codes);
const read = (column, row) =>
  Array.isArray(column) ? column[row] : (column.names[column.codes[row]] ?? null);

/**
 * Add up the rows that the filters leave.
 *
 * @param {string} name Of the table.
 * @param {string[]} keys Columns to add up by.
 * @param {object} choice Filters, if not those that are set.
 * @returns {object[]} One object for each combination of keys, in the order of the table.
 */
function sum(name, keys, choice = chosen) {
  const columns = content.tables[name];
  if (!columns) return [];
  const filters = [];
  for (const [filter, column] of Object.entries(FILTERED)) {
    if (choice[filter] !== null && columns[column]) {
      const { names, codes } = columns[column];
      const code = names.indexOf(choice[filter]);
      filters.push((row) => codes[row] === code);
    }
  }
  if (columns.period && choice.from !== null) {
    filters.push((row) => columns.period[row] >= choice.from && columns.period[row] <= choice.to);
  }
  const keyed = keys.map((key) => valuesOf(columns[key]));
  const measures = Object.keys(columns).filter(
    (column) => Array.isArray(columns[column]) && !keys.includes(column) && column !== "period",
  );
  const length = valuesOf(Object.values(columns)[0]).length;
  const groups = new Map();
  for (let row = 0; row < length; row += 1) {
    if (!filters.every((isKept) => isKept(row))) continue;
    const id = keyed.map((values) => values[row]).join(" ");
    let group = groups.get(id);
    if (!group) {
      group = Object.fromEntries(measures.map((measure) => [measure, 0]));
      for (const key of keys) group[key] = read(columns[key], row);
      groups.set(id, group);
    }
    for (const measure of measures) group[measure] += columns[measure][row];
  }
  return [...groups.values()];
}

/** Group rows by what a function says of them. */
function groupBy(rows, keyOf) {
  const groups = new Map();
  for (const row of rows) {
    const key = keyOf(row);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(row);
  }
  return groups;
}

/** Add up objects of numbers. */
function total(rows) {
  const sums = {};
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      if (typeof value === "number") sums[name] = (sums[name] ?? 0) + value;
    }
  }
  return sums;
}

/** The Monday of a day's week; 1 January 1970 was a Thursday. */
const monday = (day) => day - ((((day + 3) % 7) + 7) % 7);

/** The last Monday whose Sunday the sessions reach, in the chosen time; null without one. */
function lastCompleteWeek(choice = chosen) {
  if (content.last_day === null) return null;
  const last = Math.min(content.last_day, choice.to ?? Infinity);
  const week = monday(last + 1) - 7;
  return week >= (choice.from ?? monday(content.first_day)) ? week : null;
}
