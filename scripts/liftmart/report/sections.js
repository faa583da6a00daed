// What each section says about the rows that the filters leave.

const KPIS = {
  conversion: {
    name: "Conversion rate",
    table: "sessions",
    measure: (sums) => rate(sums.converted_sessions, sums.sessions),
    unit: "session",
    better: 1,
    split: "conversion_rate",
  },
  bounce: {
    name: "Bounce rate",
    table: "sessions",
    measure: (sums) => rate(sums.bounced_sessions, sums.viewing_sessions),
    unit: "session",
    better: -1,
    split: "bounce_rate",
  },
  "search-bounce": {
    name: "Search bounce rate",
    table: "searches",
    measure: (sums) => rate(sums.abandoned_searches, sums.searches),
    unit: "search",
    better: -1,
  },
  "order-value": {
    name: "Average order value",
    table: "sessions",
    measure: moneyPerOrder,
    unit: "order",
    better: 1,
    isMoney: true,
    split: "average_order_value",
  },
  returning: {
    name: "Returning visits",
    table: "sessions",
    measure: (sums) => rate(sums.returning_sessions, sums.sessions),
    unit: "session",
    better: 0,
  },
};
const EXPERIENCES = ["personalized", "generic", "none"];
const METRICS = content.metrics;
const units = (unit, number) => (unit === "search" ? (number === 1 ? unit : "searches") : counted(number, unit).replace(/^\S+ /, ""));

/** Which way a change goes, in a word that does not need a colour. */
function judge(change, better) {
  if (!change || !change.isClear) return "unclear";
  if (better === 0) return "changed";
  return change.value * better > 0 ? "better" : "worse";
}

// The KPIs of the shop

function renderKpis() {
  const promises = [];
  for (const [id, kpi] of Object.entries(KPIS)) {
    const format = kpi.isMoney ? money : percent;
    const change = kpi.isMoney ? moneyChange : points;
    const periods = sum(kpi.table, ["period"]);
    const week = lastCompleteWeek();
    const weeks = groupBy(periods, (row) => monday(row.period));
    const inWeek = (start) => kpi.measure(total(weeks.get(start) ?? []));
    const all = kpi.measure(total(periods));
    const now = week === null ? all : inWeek(week);
    const before = week === null ? null : inWeek(week - 7);
    const moved = before ? difference(now, before) : null;

    const card = byId(`kpi-${id}`);
    card.querySelector(".value").replaceChildren(number(now.value, format));
    card.querySelector(".when").textContent =
      week === null ? "in the chosen time" : `in the week of ${days(week, week + 6)}`;
    const verdict = judge(moved, kpi.better);
    const pill = card.querySelector(".change");
    pill.className = `change ${verdict}`;
    pill.textContent = moved ? `${arrow(moved.value, change)} ${change(moved.value)}` : "";
    card.querySelector(".verdict").textContent = sentence(kpi, { now, before, moved, all, week });

    // Weeks are steadier than days: with three of them they make the trend.
    const complete = [...weeks.keys()].filter((start) => week !== null && start <= week);
    const isWeekly = complete.length >= 3 || content.period === "week";
    const steps = isWeekly
      ? complete.map((start) => [start, weeks.get(start)])
      : periods.map((row) => [row.period, [row]]);
    const trend = steps
      .sort(([first], [second]) => first - second)
      .map(([start, rows]) => ({ start, ...kpi.measure(total(rows)) }))
      .filter((fact) => fact.value !== null);
    const label = (fact) => (isWeekly ? `Week of ${date(fact.start)}` : date(fact.start));
    const last = trend.at(-1);
    promises.push(
      fillFigure(`trend-${id}`, {
        chart: kpi.isMoney ? "trend-money" : "trend-percent",
        summary: last
          ? `${kpi.name} by ${isWeekly ? "week" : "day"}, from ${format(trend[0].value)} to ${format(last.value)}.`
          : "",
        rows: trend.map((fact) => ({
          time: fact.start * 86_400_000,
          value: fact.value,
          low: fact.low,
          high: fact.high,
          size: fact === last ? 60 : 12,
          tip: `${label(fact)}\n${format(fact.value)} of ${count(fact.size)} ${units(kpi.unit, fact.size)}\n95%: ${interval(fact, format) || "too few"}`,
        })),
        head: [isWeekly ? "Week of" : "Day", kpi.name, "95% interval", `${word(units(kpi.unit, 2))}`],
        table: trend.map((fact) => [
          date(fact.start),
          number(fact.value, format),
          interval(fact, format) || NOTHING,
          number(fact.size, count),
        ]),
        empty: trend.length ? null : whyNoKpi(kpi, periods),
      }),
    );
  }
  return promises;
}

const arrow = (value, format) => ({ 1: "▲", [-1]: "▼", 0: "=" })[direction(value, format)];

function whyNoKpi(kpi, periods) {
  const sums = total(periods);
  if (kpi.isMoney && sums.orders > 0) {
    return `None of the ${count(sums.orders)} orders has an exchange rate to ${content.currency}: load exchange_rates, or set reporting_currency.`;
  }
  if (kpi.isMoney && sums.sessions > 0) return "There are no orders in the chosen time.";
  return whyEmpty(kpi.table, kpi.name.toLowerCase());
}

/** A KPI in one or two sentences. */
function sentence(kpi, { now, before, moved, all, week }) {
  const format = kpi.isMoney ? money : percent;
  const change = kpi.isMoney ? moneyChange : points;
  if (all.value === null) return "";
  const parts = [];
  if (week === null) {
    parts.push(`${format(all.value)} of ${counted2(all.size, kpi.unit)}; no complete week to compare.`);
    return parts.join(" ");
  }
  if (now.value === null) {
    parts.push(`No ${units(kpi.unit, 2)} in that week.`);
  } else if (!moved) {
    parts.push(`From ${counted2(now.size, kpi.unit)}; there is no week before to compare with.`);
  } else {
    const least = kpi.isMoney ? LEAST_ORDERS : LEAST_UNITS;
    const way = { 1: "Up", [-1]: "Down", 0: "Unchanged" }[direction(moved.value, change)];
    const from = `${way} from ${format(before.value)} the week before`;
    if (!moved.isEnough) {
      const fewest = Math.min(now.size, before.size);
      parts.push(
        `${from}, but ${counted2(fewest, kpi.unit)} in a week ${fewest === 1 ? "is" : "are"} too few to tell from chance (${least} are needed).`,
      );
    } else if (moved.isClear) {
      parts.push(`${from}, more than chance: between ${change(moved.low)} and ${change(moved.high)}.`);
      parts.push(whereFrom(kpi, week, change));
    } else {
      parts.push(
        `${from}, within what chance does: between ${change(moved.low)} and ${change(moved.high)}.`,
      );
    }
  }
  // Where the chosen time is that week, it has been said.
  if (all.size !== now.size) {
    parts.push(`${format(all.value)} over the chosen time (${counted2(all.size, kpi.unit)}).`);
  }
  return parts.filter(Boolean).join(" ");
}

const counted2 = (number, unit) => `${count(number)} ${units(unit, number)}`;

/** Whether the traffic changed or the pages; only kpi_overview_weekly knows, for the whole shop. */
function whereFrom(kpi, week, change) {
  if (!kpi.split || chosen.device !== null || chosen.page !== null) return "";
  const split = records("weeks").find((row) => row.week_start === week);
  const byMix = split?.[`${kpi.split}_change_by_mix`] ?? null;
  if (byMix === null) return "";
  const byRate = split[`${kpi.split}_change_by_rate`];
  return `${change(byMix)} because visitors landed elsewhere, ${change(byRate)} on the same pages.`;
}

// Page placements

const PLACEMENT_KPIS = {
  conversion: {
    name: "conversion",
    measure: (sums) => rate(sums.converting_sessions, sums.exposed_sessions),
    unit: "sessions",
    better: 1,
  },
  bounce: {
    name: "bounce",
    measure: (sums) => rate(sums.bounced_sessions, sums.landing_sessions),
    unit: "landings",
    better: -1,
  },
  "order-value": {
    name: "order value",
    measure: moneyPerOrder,
    unit: "orders",
    better: 1,
    isMoney: true,
  },
};
const MOST_PLACEMENTS_DRAWN = 12;
// Fewer sessions than this are in the table, but a point of the chart would look too sure of itself.
const LEAST_DRAWN = { conversion: 10, bounce: 10, "order-value": 5 };

const placementNames = new Map(
  records("placement_names").map((row) => [row.placement_id, row.placement_name]),
);
const placementName = (id) => placementNames.get(id) ?? id;
const pageOrder = (page) => {
  const place = content.page_types.indexOf(page);
  return place < 0 ? content.page_types.length : place;
};
const INDENT = "\u00a0\u00a0\u00a0";

/** Labels that differ, so that no two rows of a chart fall together. */
function distinct(rows) {
  const seen = new Map();
  return rows.map(([key, label]) => {
    const times = seen.get(label) ?? 0;
    seen.set(label, times + 1);
    return [key, label + "\u200b".repeat(times)];
  });
}

/** The page types in the order of a journey, each with its baseline and its placements. */
function placementsByPage() {
  const rows = sum("placements", ["page_type", "placement_id", "experience"]);
  const pages = [...groupBy(rows, (row) => row.page_type)].sort(
    ([first], [second]) => pageOrder(first) - pageOrder(second) || (first < second ? -1 : 1),
  );
  return pages.map(([page, ofPage]) => {
    const baseline = ofPage.find((row) => row.experience === "none") ?? null;
    const placements = [
      ...groupBy(
        ofPage.filter((row) => row.experience !== "none"),
        (row) => row.placement_id,
      ),
    ].map(([id, experiences]) => ({
      id,
      page,
      name: placementName(id),
      sessions: total(experiences).exposed_sessions,
      sums: Object.fromEntries(experiences.map((row) => [row.experience, row])),
    }));
    placements.sort((first, second) => second.sessions - first.sessions);
    return { page, baseline, placements };
  });
}

function renderPlacements() {
  const pages = placementsByPage();
  const all = pages.flatMap(({ placements }) => placements);
  const drawn = new Set(
    [...all].sort((a, b) => b.sessions - a.sessions).slice(0, MOST_PLACEMENTS_DRAWN),
  );
  byId("placements-left-out").textContent =
    all.length > drawn.size
      ? `The charts show the ${drawn.size} placements with the most sessions of ${count(all.length)}; the tables show all.`
      : "";
  const comparisons = compare(all, pages);
  byId("placements-verdict").textContent = comparisons.text;
  byId("hero-together").textContent = comparisons.text;

  return Object.entries(PLACEMENT_KPIS).map(([id, kpi]) => {
    const format = kpi.isMoney ? money : percent;
    const change = kpi.isMoney ? moneyChange : points;
    const chartRows = [];
    const tableRows = [];
    const labels = new Map(
      distinct(
        pages.flatMap(({ page, placements }) => [
          [page, word(page)],
          ...placements.map((placement) => [placement, INDENT + placement.name]),
        ]),
      ),
    );
    const point = (label, fact, experience) => ({
      label,
      experience,
      ...fact,
      certainty: fact.low === null ? 0 : 1,
      tip: `${label.trim()}, ${experience === "none" ? "no recommender" : experience}\n${format(fact.value)} (95%: ${interval(fact, format) || "too few"})\n${count(fact.size)} ${kpi.unit}`,
    });
    const isDrawn = (fact) => fact && fact.value !== null && fact.size >= LEAST_DRAWN[id];
    for (const { page, baseline, placements } of pages) {
      const none = baseline ? kpi.measure(baseline) : null;
      const ofPage = [];
      tableRows.push([word(page)]);
      tableRows.push(["No recommender", NOTHING, NOTHING, factCell(none, format), NOTHING, NOTHING]);
      for (const placement of placements) {
        const facts = Object.fromEntries(
          Object.entries(placement.sums).map(([name, sums]) => [name, kpi.measure(sums)]),
        );
        for (const experience of drawn.has(placement) ? ["personalized", "generic"] : []) {
          if (isDrawn(facts[experience])) {
            ofPage.push(point(labels.get(placement), facts[experience], experience));
          }
        }
        const other = facts.generic ?? none;
        const moved = facts.personalized && other ? difference(facts.personalized, other) : null;
        tableRows.push([
          data(placement.name),
          factCell(facts.personalized, format),
          factCell(facts.generic, format),
          NOTHING,
          moved ? differenceCell(moved.value, moved.low, moved.high, change) : NOTHING,
          moved ? comparisonWord(moved, kpi.better, facts.generic ? "generic" : "none") : NOTHING,
        ]);
      }
      if (ofPage.length) {
        const heading = labels.get(page);
        chartRows.push(isDrawn(none) ? point(heading, none, "none") : { label: heading, experience: "none" });
        chartRows.push(...ofPage);
      }
    }
    return fillFigure(id, {
      summary: `${word(kpi.name)} by page and placement. ${comparisons.text}`,
      rows: chartRows,
      head: ["Placement", "Personalized", "Generic", "No recommender", "Personalized less generic (or none)", "In words"],
      table: tableRows,
      empty: chartRows.length ? null : whyNoPlacements(id, pages),
      hasTable: pages.length > 0,
    });
  });
}

function whyNoPlacements(id, pages) {
  if (id === "order-value") {
    const orders = total(sum("sessions", [])).orders ?? 0;
    const rated = total(sum("sessions", [])).rated_orders ?? 0;
    if (orders > 0 && rated === 0) return whyNoKpi(KPIS["order-value"], sum("sessions", ["period"]));
  }
  if (pages.some(({ placements }) => placements.length)) {
    const unit = PLACEMENT_KPIS[id].unit;
    return `No placement has ${LEAST_DRAWN[id]} ${unit} or more in the chosen time: the table has what there is.`;
  }
  return whyEmpty("placements", "recommender that a session saw");
}

function comparisonWord(moved, better, other) {
  const against = other === "generic" ? "generic" : "no recommender";
  const verdict = judge(moved, better);
  if (!moved.isEnough) return "too few to tell";
  if (verdict === "unclear") return `no clear difference to ${against}`;
  return `${verdict} than ${against}`;
}

/** How personalized compares with generic, or with none where a placement has no generic. */
function compare(placements, pages) {
  if (!placements.length) return { text: whyEmpty("placements", "recommender that a session saw") };
  const measure = PLACEMENT_KPIS.conversion.measure;
  const baselines = new Map(pages.map(({ page, baseline }) => [page, baseline]));
  const tally = { better: 0, worse: 0, unclear: 0, few: 0 };
  let compared = 0;
  const hasGeneric = placements.some(({ sums }) => sums.personalized && sums.generic);
  for (const { sums, page } of placements) {
    const other = hasGeneric ? sums.generic : baselines.get(page);
    if (!sums.personalized || !other) continue;
    compared += 1;
    const moved = difference(measure(sums.personalized), measure(other));
    if (!moved?.isEnough) tally.few += 1;
    else tally[judge(moved, 1)] += 1;
  }
  if (!compared) {
    const which = placements.some(({ sums }) => sums.personalized)
      ? "No placement was seen both with and without personalization"
      : "No session saw a recommendation that was flagged as personalized";
    return { text: `${which}, so nothing can be compared.` };
  }
  const against = hasGeneric ? "with generic ones" : "without a recommender";
  const rest = [
    [tally.worse, "worse"],
    [tally.unclear, "with no clear difference"],
  ]
    .filter(([number]) => number)
    .map(([number, how]) => `${how} in ${number}`);
  const few = tally.few ? `; ${tally.few} ${tally.few === 1 ? "has" : "have"} too few sessions to say` : "";
  return {
    text: `Sessions that saw personalized recommendations convert better than those ${against} in ${tally.better || "none"} of ${counted(compared, "placement")}${rest.length ? `, ${rest.join(", ")}` : ""}${few}.`,
  };
}

// Return visits

function renderReturnVisits() {
  const rows = sum("return_visits", ["experience"]);
  rows.sort((a, b) => EXPERIENCES.indexOf(a.experience) - EXPERIENCES.indexOf(b.experience));
  const horizons = [1, 7, 30];
  const chartRows = [];
  const table = [];
  for (const horizon of horizons) {
    const label = `Within ${counted(horizon, "day")}`;
    const cells = EXPERIENCES.map((experience) => {
      const sums = rows.find((row) => row.experience === experience);
      const fact = sums
        ? rate(sums[`returned_visitors_${horizon}d`], sums[`eligible_visitors_${horizon}d`])
        : null;
      if (fact?.value !== null && fact?.value !== undefined) {
        chartRows.push({
          label,
          experience,
          value: fact.value,
          low: fact.low,
          high: fact.high,
          certainty: 1,
          tip: `${label}, first visit ${experience === "none" ? "without a recommender" : experience}\n${percent(fact.value)} (95%: ${interval(fact, percent)})\n${count(fact.size)} visitors`,
        });
      }
      return factCell(fact, percent);
    });
    table.push([label, ...cells]);
  }
  const week = chartRows.filter((row) => row.label === "Within 7 days");
  const text = week.length
    ? `Within 7 days came back: ${week.map((row) => `${percent(row.value)} of visitors whose first visit saw ${row.experience === "none" ? "no recommender" : `${row.experience} recommendations`}`).join(", ")}.`
    : "";
  byId("return-visits-verdict").textContent = text;
  return fillFigure("return-visits", {
    summary: text,
    rows: chartRows,
    head: ["Came back", "Personalized", "Generic", "No recommender"],
    table,
    empty: chartRows.length
      ? null
      : rows.length
        ? "Nobody's first visit is a day ago yet: return visits can be counted when it is."
        : whyEmpty("return_visits", "first visit"),
  });
}

// Experiments

const experiments = records("experiments").map((row, place) => ({
  ...row,
  sentence: content.sentences[place],
}));

function renderExperiments() {
  const segment = chosen.device ?? "all";
  const rows = experiments.filter(
    (row) => row.segment_value === segment && row.control_variant_id !== null,
  );
  const groups = groupBy(rows, (row) => JSON.stringify([row.experiment_id, row.variant_id]));
  const chartRows = [];
  const table = [];
  const headings = distinct(
    [...groups.values()].map(([row]) => [
      row,
      groups.size > 1 || row.variant_id !== row.experiment_id
        ? `${word(row.experiment_id)}: ${word(row.variant_id)}`
        : word(row.experiment_id),
    ]),
  );
  const labels = new Map(headings);
  let place = 0;
  for (const ofVariant of groups.values()) {
    const heading = labels.get(ofVariant[0]);
    place += 1;
    chartRows.push({ label: heading, judgement: "unclear", value: null, low: null, high: null });
    table.push([data(heading)]);
    const order = Object.keys(METRICS);
    ofVariant.sort((a, b) => order.indexOf(a.metric) - order.indexOf(b.metric));
    for (const row of ofVariant) {
      const metric = METRICS[row.metric] ?? { name: word(row.metric), better: 1 };
      const isFixed = row.reason === "fixed_test";
      const [low, high] = isFixed
        ? [row.ci_low, row.ci_high]
        : [row.sequential_ci_low, row.sequential_ci_high];
      const scale = Math.abs(row.control_value ?? 0);
      const isJudged = ["raised", "lowered", "no_detectable_change"].includes(row.verdict);
      const judgement = { raised: 1, lowered: -1 }[row.verdict]
        ? { 1: "better", [-1]: "worse" }[metric.better * { raised: 1, lowered: -1 }[row.verdict]]
        : "unclear";
      const format = { money, percent, count: index }[metric.kind];
      const shift = { money: moneyChange, percent: points, count: signed(index) }[metric.kind];
      const words = verdictWord(row, metric.better);
      const isDrawn = row.verdict !== "invalid" && scale > 0 && low !== null;
      const label = `${INDENT}${metric.name}${"\u200b".repeat(place)}`;
      chartRows.push({
        label,
        judgement: isJudged ? judgement : "unclear",
        value: isDrawn ? row.absolute_difference / scale : null,
        low: isDrawn ? low / scale : null,
        high: isDrawn ? high / scale : null,
        tip: isDrawn
          ? `${metric.name}: ${words}\n${format(row.variant_value)} against ${format(row.control_value)}\nDifference ${shift(row.absolute_difference)} (${shift(low)} to ${shift(high)})\n${count(row.units)} against ${count(row.control_units)} visitors`
          : "",
      });
      table.push([
        metric.name,
        words,
        number(row.variant_value, format),
        number(row.control_value, format),
        low === null ? NOTHING : differenceCell(row.absolute_difference, low, high, shift),
        `${count(row.units)} and ${count(row.control_units)}`,
      ]);
    }
  }
  const edge = Math.max(2, ...chartRows.map((row) => 1.1 * (row.value ?? 0)));
  for (const row of chartRows) row.edge = edge;
  const sentences = rows
    .filter((row) => row.metric === "revenue_per_visitor")
    .map((row) => {
      const name = word(row.experiment_id);
      // An experiment that is called as its variant need not be named twice.
      const heading = word(row.variant_id) === name ? [] : [data(name), ": "];
      return element("li", {}, ...heading, row.sentence, ".");
    });
  byId("experiments-verdict").replaceChildren(...sentences);
  const checks = records("experiment_checks").filter((row) => CHECKS[row.check_name]);
  byId("experiments-checks").replaceChildren(
    ...checks.map((row) => {
      const metric = METRICS[row.metric]?.name;
      return element(
        "li",
        {},
        data(word(row.experiment_id)),
        `: ${CHECKS[row.check_name]}${metric ? ` (${metric}${row.segment_name === "all" ? "" : `, by ${word(row.segment_name).toLowerCase()}`})` : ""}.`,
      );
    }),
  );
  byId("experiments-checks-title").hidden = checks.length === 0;
  return fillFigure("experiments", {
    summary: rows
      .filter((row) => row.metric === "revenue_per_visitor")
      .map((row) => `${row.sentence}.`)
      .join(" "),
    rows: chartRows,
    head: ["Metric", "Verdict", "Variant", "Control", "Difference (deciding interval)", "Visitors"],
    table,
    empty: rows.length ? null : whyNoExperiment(),
  });
}

const CHECKS = {
  sample_ratio: "the variants did not get the share of visitors meant for them",
  crossovers: "too many visitors saw two variants",
  same_before_assignment: "the arms differed before the experiment began",
  same_effect_in_segments: "the effect differs between segments",
  same_sign_in_segments:
    "the overall difference has another sign than the differences of the segments together",
};

function whyNoExperiment() {
  if (!has("experiments")) return whyEmpty("experiments", "experiment");
  if (experiments.length && experiments.every((row) => row.control_variant_id === null)) {
    return "No experiment has exactly one variant that is declared as its control: load experiment_variants.";
  }
  if (experiments.length) {
    return `No visitor of an experiment came with ${word(chosen.device).toLowerCase()}: choose all devices.`;
  }
  return "No experiment ran: no event names one. Only an experiment shows what personalization caused; docs/adopt.md says how to send one.";
}

function verdictWord(row, better) {
  const good = { raised: 1, lowered: -1 }[row.verdict] * better;
  return {
    raised: good > 0 ? "raised: better" : "raised: worse",
    lowered: good > 0 ? "lowered: better" : "lowered: worse",
    no_detectable_change: "no detectable change",
    insufficient_data: "too early to say",
    invalid: "invalid",
  }[row.verdict];
}

// Search

const SEARCH_GROUPS = [
  ["stocked", "Found nothing, although the shop stocks it"],
  ["not_stocked", "Found nothing, and nothing in stock fits"],
  ["results", "Found something"],
  ["unknown", "Not known whether anything was found"],
];
const MOST_TERMS_DRAWN = 8;

function renderSearch() {
  // Terms are not kept by the page on which a session landed: they would be too many.
  const all = total(sum("searches", [], { ...chosen, page: null }));
  const bounce = rate(all.abandoned_searches ?? 0, all.searches ?? 0);
  const rows = sum("search_terms", ["search_term", "result_status", "catalogue_status"]);
  const groups = groupBy(rows, (row) =>
    row.result_status === "zero_results" ? row.catalogue_status : row.result_status,
  );
  const named = rows.filter((row) => row.search_term !== "unknown");
  const stocked = groups.get("stocked") ?? [];
  const text = all.searches
    ? `${percent(bounce.value)} of ${counted2(all.searches, "search")} ended with the visitor leaving. ` +
      (named.length === 0
        ? "The source does not say what was searched for."
        : stocked.length
          ? `${counted(stocked.length, "term")} found nothing although the shop stocks ${stocked.length === 1 ? "it" : "them"}: ${count(total(stocked).searches)} searches to win back.`
          : "No term found nothing that the shop stocks.")
    : "";
  byId("search-verdict").textContent = text;
  const chartRows = [];
  const table = [];
  for (const [key, title] of SEARCH_GROUPS) {
    const terms = groups.get(key) ?? [];
    if (!terms.length) continue;
    const by = key === "stocked" ? "searches" : "abandoned_searches";
    terms.sort((a, b) => b[by] - a[by] || b.searches - a.searches);
    chartRows.push({ label: title, searches: 0, outcome: "stayed" });
    table.push([title]);
    const labels = distinct(terms.map((row) => [row, `${INDENT}“${row.search_term}”`]));
    labels.forEach(([row, label], place) => {
      const fact = rate(row.abandoned_searches, row.searches);
      const tip = `${label.trim()}\n${counted2(row.searches, "search")}, after ${count(row.abandoned_searches)} the visitor left\n${percent(fact.value)} (95%: ${interval(fact, percent)})`;
      // The same term can be in two groups: a blank that nobody sees keeps its bars apart.
      const apart = label + "\u200c".repeat(SEARCH_GROUPS.findIndex(([name]) => name === key));
      if (place < MOST_TERMS_DRAWN) {
        chartRows.push(
          { label: apart, searches: row.abandoned_searches, outcome: "abandoned", order: 0, tip },
          { label: apart, searches: row.searches - row.abandoned_searches, outcome: "stayed", order: 1, tip },
        );
      }
      table.push([
        element("span", {}, "“", element("bdi", {}, row.search_term), "”"),
        number(row.searches, count),
        number(row.abandoned_searches, count),
        factCell(fact, percent),
      ]);
    });
  }
  return fillFigure("searches", {
    summary: text,
    rows: chartRows,
    head: ["Term", "Searches", "Then left", "Search bounce rate"],
    table,
    empty: !all.searches
      ? whyEmpty("searches", "search")
      : rows.length
        ? null
        : "No search ended with the visitor leaving, and none found nothing that is stocked.",
  });
}

// Degree of personalization

const LEAST_INDEX = 0.1;

/** Whether a placement was seen on the page type that is chosen. */
function isOnChosenPage() {
  if (chosen.page === null) return () => true;
  const placements = new Set(sum("placements", ["placement_id"]).map((row) => row.placement_id));
  return (id) => placements.has(id);
}

function renderDepth() {
  const isOnPage = isOnChosenPage();
  const strategies = sum("depth", ["placement_id", "strategy_id"])
    .filter((row) => isOnPage(row.placement_id))
    .map((row) => ({
      ...row,
      isPersonalized: row.personalized_impressions * 2 >= row.impressions,
      value: row.compared_visitors ? row.weighted_index / row.compared_visitors : null,
    }));
  const judged = strategies.filter((row) => row.isPersonalized && row.value !== null);
  const same = judged.filter((row) => row.value < LEAST_INDEX);
  byId("depth-verdict").textContent = depthText(judged, same);
  const groups = [...groupBy(strategies, (row) => row.placement_id)].map(([id, rows]) => ({
    id,
    rows: rows.sort((a, b) => b.impressions - a.impressions),
    impressions: total(rows).impressions,
  }));
  groups.sort((a, b) => b.impressions - a.impressions);
  const headings = new Map(distinct(groups.map(({ id }) => [id, placementName(id)])));
  const chartRows = [];
  const table = [];
  groups.forEach(({ id, rows }, place) => {
    const drawn = rows.filter((row) => row.value !== null);
    if (drawn.length && place < MOST_PLACEMENTS_DRAWN) {
      chartRows.push({ label: headings.get(id), experience: "generic", value: null });
    }
    table.push([data(placementName(id))]);
    for (const row of rows) {
      const experience = row.isPersonalized ? "personalized" : "generic";
      if (row.value !== null && place < MOST_PLACEMENTS_DRAWN) {
        chartRows.push({
          label: `${INDENT}${row.strategy_id}${"\u200b".repeat(place + 1)}`,
          experience,
          value: row.value,
          tip: `${row.strategy_id}, flagged ${experience}\nIndex ${index(row.value)}\n${count(row.compared_visitors)} daily visitors compared`,
        });
      }
      table.push([
        data(row.strategy_id),
        number(row.value, index),
        number(row.personalized_impressions / row.impressions, percent),
        number(row.impressions, count),
        number(row.compared_visitors, count),
      ]);
    }
  });
  return fillFigure("depth", {
    summary: depthText(judged, same),
    rows: chartRows,
    head: ["Strategy", "Index", "Flagged personalized", "Impressions", "Daily visitors compared"],
    table,
    empty: chartRows.length
      ? null
      : strategies.length
        ? "No day has two visitors of one strategy whose products are known, so nothing can be compared: send the items of recommendation_viewed."
        : whyEmpty("depth", "recommender that was shown"),
  });
}

function depthText(judged, same) {
  if (!judged.length) return "";
  const which = judged.length === 1 ? "The one strategy that calls itself" : `Of ${judged.length} strategies that call themselves`;
  if (judged.length === 1) {
    return `${which} personalized shows ${same.length ? "(nearly) everybody the same products" : "different visitors different products"}.`;
  }
  return same.length
    ? `${which} personalized, ${same.length} ${same.length === 1 ? "shows" : "show"} (nearly) everybody the same products.`
    : `${which} personalized, all show different visitors different products.`;
}

// Credit

function renderCredit() {
  const isOnPage = isOnChosenPage();
  const rows = sum("credit", ["rule_id", "placement_id"]);
  const rules = [...groupBy(rows, (row) => row.rule_id)].map(([rule, ofRule]) => {
    const credited = ofRule.filter(
      (row) => row.placement_id !== "unattributed" && isOnPage(row.placement_id),
    );
    return {
      rule,
      credited,
      revenue: total(ofRule).credited_revenue ?? 0,
      creditedRevenue: total(credited).credited_revenue ?? 0,
    };
  });
  rules.sort((a, b) => a.creditedRevenue - b.creditedRevenue || (a.rule < b.rule ? -1 : 1));
  const revenue = rules[0]?.revenue ?? 0;
  const share = (rule) => rule.creditedRevenue / revenue;
  const text =
    revenue > 0
      ? `The same ${money(revenue)} of revenue: recommendations${chosen.page === null ? "" : ` on this page type`} are credited with ${percent(share(rules[0]))} to ${percent(share(rules.at(-1)))} of it, depending on the rule.`
      : "";
  byId("credit-verdict").textContent = text;
  const why = rules.length
    ? "No order of the chosen time has a value in the reporting currency, so there is nothing to credit."
    : whyEmpty("credit", "order");
  const promises = [
    fillFigure("credit-rules", {
      summary: text,
      rows: rules.map((rule) => ({
        label: rule.rule,
        value: share(rule),
        text: percent(share(rule)),
        tip: `${rule.rule}\n${money(rule.creditedRevenue)} of ${money(rule.revenue)} (${percent(share(rule))})`,
      })),
      head: ["Rule", "Credited", "Of the revenue"],
      table: rules.map((rule) => [
        data(rule.rule),
        number(rule.creditedRevenue, money),
        number(share(rule), percent),
      ]),
      empty: revenue > 0 ? null : why,
    }),
  ];
  const placements = [
    ...groupBy(
      rules.flatMap(({ credited }) => credited),
      (row) => row.placement_id,
    ),
  ].map(([id, credits]) => ({
    name: placementName(id),
    credits: new Map(credits.map((row) => [row.rule_id, row.credited_revenue])),
    most: Math.max(...credits.map((row) => row.credited_revenue)),
  }));
  placements.sort((a, b) => b.most - a.most || (a.name < b.name ? -1 : 1));
  const labels = distinct(placements.map((placement) => [placement, placement.name]));
  promises.push(
    fillFigure("credit-placements", {
      summary: `What each placement is credited with under ${counted(rules.length, "rule")}.`,
      rows: labels.slice(0, MOST_PLACEMENTS_DRAWN).flatMap(([{ name, credits }, label]) =>
        rules.map(({ rule }) => ({
          label,
          value: credits.get(rule) ?? 0,
          tip: `${name}\n${rule}: ${money(credits.get(rule) ?? 0)}`,
        })),
      ),
      head: ["Placement", ...rules.map(({ rule }) => breakable(rule))],
      table: placements.map(({ name, credits }) => [
        data(name),
        ...rules.map(({ rule }) => number(credits.get(rule) ?? 0, money)),
      ]),
      empty: placements.some(({ most }) => most > 0)
        ? null
        : revenue > 0
          ? "No rule credits a placement with an order of the chosen time."
          : why,
    }),
  );
  return promises;
}

// What to look into

const KPI_NAMES = {
  conversion_rate: ["the conversion rate", percent],
  bounce_rate: ["the bounce rate", percent],
  search_bounce_rate: ["the search bounce rate", percent],
  average_order_value: ["the average order value", money],
  click_through_rate: ["the click-through rate", percent],
  personalization_index: ["the personalization index", index],
  catalogue_coverage: ["the share of the catalogue shown", percent],
};

function describeFinding(finding) {
  const [kpi, format] = KPI_NAMES[finding.kpi] ?? [word(finding.kpi), index];
  const now = format(finding.current_value);
  const reference = format(finding.reference_value);
  const placement = data(placementName(finding.placement_id));
  const where = finding.page_type === "all" ? "" : ` on ${word(finding.page_type).toLowerCase()} pages`;
  const strategy = data(finding.strategy_id);
  return {
    kpi_fell: () => [
      `${word(kpi)} ${finding.current_value > finding.reference_value ? "rose" : "fell"} to ${now}, from ${reference} the week before.`,
    ],
    worse_than_generic: () => [
      placement,
      `${where}: sessions that saw it personalized convert at ${now}, generic at ${reference}.`,
    ],
    worse_than_none: () => [
      placement,
      `${where}: sessions that saw it personalized convert at ${now}, without a recommender at ${reference}.`,
    ],
    low_click_through: () => [
      placement,
      `: ${now} of its impressions are clicked, ${reference} over all placements.`,
    ],
    not_personalized: () => [
      placement,
      ", strategy ",
      strategy,
      `: calls itself personalized, but different visitors see the same (index ${now}, below ${reference}).`,
    ],
    low_coverage: () => [
      placement,
      ", strategy ",
      strategy,
      `: shows ${now} of what is in stock (below ${reference}).`,
    ],
    zero_results_stocked: () => [
      "The search “",
      element("bdi", {}, finding.search_term),
      `” found nothing, although the shop stocks it: ${now} of its searches ended the visit, ${reference} of those that found something.`,
    ],
  }[finding.finding]?.() ?? [word(finding.finding)];
}

/** What the sample of a finding counts. */
function findingUnit({ finding, kpi }) {
  if (finding === "zero_results_stocked" || kpi === "search_bounce_rate") return "search";
  if (kpi === "average_order_value") return "order";
  if (finding === "low_click_through") return "impression";
  if (finding === "not_personalized" || finding === "low_coverage") return "visitor";
  return "session";
}

function renderFindings() {
  const findings = records("findings");
  const list = byId("findings");
  list.replaceChildren(
    ...findings.map((finding) =>
      element(
        "li",
        {},
        element("p", {}, ...describeFinding(finding)),
        element(
          "p",
          { class: "evidence" },
          finding.revenue_at_stake === null
            ? "Not priced"
            : element("span", {}, number(finding.revenue_at_stake, money), " a week at stake"),
          ` · ${counted2(finding.sample_size, findingUnit(finding))}`,
          finding.p_value === null ? "" : ` · p = ${finding.p_value < 0.001 ? "below 0.001" : finding.p_value.toFixed(3)}`,
        ),
      ),
    ),
  );
  const week = findings[0]?.finding_date;
  byId("findings-verdict").textContent = findings.length
    ? `${counted(findings.length, "finding")} in the week of ${days(week, week + 6)}, the most revenue at stake first. A finding says where to look, not what caused it.`
    : !has("findings")
      ? whyEmpty("findings", "finding")
      : records("weeks").filter((row) => row.is_complete).length < 1
        ? "There is no finding: it takes a complete week of events."
        : "There is no finding: nothing in the last complete week is far enough from what is usual to be told from chance.";
  byId("hero-next").replaceChildren(
    ...(findings.length ? describeFinding(findings[0]) : [byId("findings-verdict").textContent]),
  );
}

// Data quality

function renderQuality() {
  const quality = records("quality")[0] ?? {};
  const rejections = records("rejections");
  const { accepted_events: accepted, rejected_events: rejected } = content.published;
  const all = accepted + rejected;
  byId("quality-verdict").textContent = all
    ? `${percent(accepted / all)} of ${count(all)} rows were accepted, up to ${content.published.last_event}.`
    : "No events are loaded.";
  const facts = [
    ["Accepted events", accepted],
    ["Rejected events", rejected],
    ["Received late, and accepted", quality.late_events],
    ["Duplicate events, left out", quality.duplicate_events],
    ["Duplicate orders, left out", quality.duplicate_orders],
    ["Rejected items of accepted events", quality.rejected_items],
    ["Rejected rows of reference tables", quality.rejected_reference_rows],
    ["Refunds without an order", quality.unmatched_refunds],
    [`Orders without an exchange rate to ${content.currency}`, quality.orders_without_rate],
    ["Counts that do not add up between layers", quality.broken_identities],
  ];
  byId("quality-facts").replaceChildren(
    ...facts.map(([name, value]) =>
      element("div", {}, element("dt", {}, name), element("dd", {}, number(value ?? null, count))),
    ),
  );
  const coverage = records("coverage");
  const gaps = coverage.filter((row) => row.coverage_rate < 1);
  byId("coverage-verdict").textContent = !coverage.length
    ? "There is nothing to cover: no event of the contract was accepted."
    : gaps.length
      ? `${gaps.length} of ${counted(coverage.length, "column")} that the KPIs use are not always filled; the emptiest first.`
      : "Every column that the KPIs use is always filled.";
  fillTable(
    byId("coverage"),
    ["Event", "Column", "Filled", "Events"],
    gaps.map((row) => [
      breakable(row.event_name),
      breakable(row.column_name),
      number(row.coverage_rate, percent),
      number(row.events, count),
    ]),
  );
  return fillFigure("rejections", {
    summary: rejections.length
      ? `${count(rejected)} events were rejected, most of them because of ${rejections[0].reason}.`
      : "",
    rows: rejections.map((row) => ({
      label: row.reason,
      value: row.events,
      text: count(row.events),
      tip: `${row.reason}: ${count(row.events)}`,
    })),
    head: ["Reason", "Events"],
    table: rejections.map((row) => [row.reason, number(row.events, count)]),
    empty: rejections.length ? null : "No event was rejected.",
  });
}
