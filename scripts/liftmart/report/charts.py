"""The charts of the report as Vega-Lite, written with Altair.

Every chart reads the data set `rows`, which the page fills; a row brings its own `label` and its
own words for the tooltip. Colours are CSS variables, so that dark mode and paper need no second
chart.
"""

from __future__ import annotations

from typing import Any

import altair as alt

EXPERIENCES = ("personalized", "generic", "none")
SHAPES = ("circle", "square", "diamond")
JUDGEMENTS = ("better", "worse", "unclear")
# A label that starts so belongs under the label above it, which is then written bold.
INDENT = "\u00a0"
ROW_HEIGHT = 28
NARROW = 320
LABEL_LENGTH = 28

CONFIG: dict[str, Any] = {
    "background": "transparent",
    # Its text is measured to leave room for it: the font must be one that can be, as in page.css.
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "domain": False,
        "ticks": False,
        "grid": False,
        "labelColor": "var(--text)",
        "labelFontSize": 12,
        "labelPadding": 6,
        "titleColor": "var(--muted)",
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "gridColor": "var(--line)",
    },
    # A point at the edge must not touch the label of its row.
    "axisY": {"labelPadding": 10},
    "axisX": {"grid": True, "labelColor": "var(--muted)"},
    # The page describes each chart in words and repeats it as a table.
    "aria": False,
}


def _colours(names: tuple[str, ...]) -> alt.Scale:
    return alt.Scale(domain=list(names), range=[f"var(--{name})" for name in names])


def _chart() -> alt.Chart:
    return alt.Chart(alt.NamedData("rows"))


def _specification(chart: alt.LayerChart, height: int = 0, row: int = 0) -> dict[str, Any]:
    """Return a chart as wide as its place, and as high as said or as its rows need."""
    specification: dict[str, Any] = chart.properties(
        width="container", height=height, usermeta={"rowHeight": row}
    ).to_dict()
    specification["config"] = CONFIG
    specification["autosize"] = {"type": "fit-x", "contains": "padding"}
    return specification


def _rows(grouped: bool, high: bool = True) -> alt.Chart:
    """Return a layer that draws nothing, so that rows without a value keep their place."""
    labels = _labels(grouped, high=high)
    chart: alt.Chart = _chart().mark_point(opacity=0).encode(y=labels, x=alt.value(0))
    return chart


def _labels(grouped: bool, inside: bool = False, high: bool = True) -> alt.Y:
    """Return the axis of the rows.

    Args:
        grouped: Labels that are not indented head those that follow: they are bold.
        inside: They are left to `_headings`.
        high: A row has room for a label of two lines.
    """
    is_heading = f"substring(datum.label, 0, 1) != '{INDENT}'"
    weight: Any = "normal"
    if grouped:
        weight = {"condition": {"test": is_heading, "value": "bold"}, "value": "normal"}
    text = "datum.label"
    baseline: Any = "middle"
    if high:
        # A long label goes on in a second line, after the last blank that fits into the first.
        blank = f"lastindexof(slice(datum.label, 0, {LABEL_LENGTH}), ' ')"
        lines = f"[slice(datum.label, 0, {blank}), slice(datum.label, {blank} + 1)]"
        is_long = f"length(datum.label) > {LABEL_LENGTH} && {blank} > 0"
        text = f"{is_long} ? {lines} : datum.label"
        # Two lines stand above and below the middle of their row.
        baseline = {"condition": {"test": is_long, "value": "bottom"}, "value": "middle"}
    if inside:
        text = f"{is_heading} ? '' : ({text})"
    axis = alt.Axis(labelLimit=190, labelFontWeight=weight, labelExpr=text, labelBaseline=baseline)
    return alt.Y("label:N", sort=None, title=None, axis=axis)


def _headings(high: bool = True) -> alt.LayerChart:
    """Return layers with the headings of rows, which may be longer than there is room beside."""
    rows = _chart().encode(y=_labels(grouped=True, inside=True, high=high))
    # On a phone they end at the right edge and reach over the place of the labels.
    is_narrow = f"width < {NARROW}"
    text = (
        rows.transform_filter(f"substring(datum.label, 0, 1) != '{INDENT}'")
        .mark_text(
            align=alt.ExprRef(f"{is_narrow} ? 'right' : 'left'"),
            fontWeight="bold",
            fontSize=12,
            color="var(--text)",
        )
        .encode(text="label:N", x=alt.value(alt.ExprRef(f"{is_narrow} ? width : 0")))
    )
    layers: alt.LayerChart = rows.mark_point(opacity=0).encode(x=alt.value(0)) + text
    return layers


def _values(field: str, kind: str, scale: alt.Scale) -> alt.X:
    formats = {"percent": "%", "money": ",~r", "count": ",~r", "index": ".1f"}
    axis = alt.Axis(
        format=formats[kind],
        title=None,
        tickCount=4,
        # Under its line, at the edges, too.
        labelFlush=False,
        labelOverlap=True,
        labelSeparation=8,
    )
    return alt.X(f"{field}:Q", axis=axis, scale=scale)


def trend(kind: str) -> dict[str, Any]:
    """A line over time in its 95 % interval: small, one for each KPI."""
    day = alt.X(
        "time:T",
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(
            # A tick stands where there is a point: weeks begin on Mondays.
            values=alt.ExprRef("pluck(data('rows'), 'time')"),
            format="%-d %b",
            title=None,
            labelPadding=9,
            labelFlush=False,
            labelOverlap="greedy",
            labelSeparation=12,
            grid=False,
        ),
    )
    value = alt.Y(
        "value:Q",
        title=None,
        scale=alt.Scale(zero=False, nice=True),
        axis=alt.Axis(
            format="%" if kind == "percent" else ",~r",
            tickCount=3,
            grid=True,
            labelColor="var(--muted)",
        ),
    )
    band = (
        _chart()
        .mark_area(color="var(--accent)", opacity=0.15, invalid="break-paths-show-domains")
        .encode(x=day, y=alt.Y("low:Q", title=None), y2="high:Q")
    )
    line = _chart().mark_line(color="var(--accent)", strokeWidth=2).encode(x=day, y=value)
    points = (
        _chart()
        .mark_point(color="var(--accent)", filled=True, opacity=1)
        .encode(
            x=day,
            y=value,
            size=alt.Size("size:Q", scale=None),
            tooltip="tip:N",
        )
    )
    return _specification(band + line + points, height=96)


def dots(kind: str, grouped: bool) -> dict[str, Any]:
    """A point in its 95 % interval for each experience, the three under each other."""
    scale = alt.Scale(zero=False)
    base = _chart().encode(
        y=_labels(grouped),
        yOffset=alt.YOffset("experience:N", sort=list(EXPERIENCES)).scale(
            domain=list(EXPERIENCES), paddingOuter=0.35
        ),
        color=alt.Color("experience:N", legend=None, scale=_colours(EXPERIENCES)),
        tooltip="tip:N",
    )
    interval = base.mark_rule(strokeWidth=2, clip=True).encode(
        x=_values("low", kind, scale), x2="high:Q"
    )
    # Hollow where there are too few to know the interval.
    point = base.mark_point(opacity=1, size=60, strokeWidth=2).encode(
        x=_values("value", kind, scale),
        fill=alt.Fill("experience:N", legend=None, scale=_colours(EXPERIENCES)),
        fillOpacity=alt.FillOpacity("certainty:Q", scale=None),
        shape=alt.Shape(
            "experience:N",
            legend=None,
            scale=alt.Scale(domain=list(EXPERIENCES), range=list(SHAPES)),
        ),
    )
    return _specification(_rows(grouped) + interval + point, row=ROW_HEIGHT)


def forest() -> dict[str, Any]:
    """What each experiment changed, with the interval that its verdict goes by."""
    base = _chart().encode(
        y=_labels(grouped=True, inside=True),
        color=alt.Color("judgement:N", legend=None, scale=_colours(JUDGEMENTS)),
        tooltip="tip:N",
    )
    # The page says how far the chart goes: every point is in it, but not every interval.
    edge = alt.ExprRef("data('rows').length ? data('rows')[0].edge : 2")
    scale = alt.Scale(domainMin=-1, domainMax=edge, nice=False)
    zero = _chart().mark_rule(color="var(--text)").encode(x=alt.datum(0))
    interval = base.mark_rule(strokeWidth=3, clip=True).encode(
        x=_values("low", "percent", scale), x2="high:Q"
    )
    point = base.mark_point(filled=True, opacity=1, size=130, clip=True).encode(
        x=_values("value", "percent", scale),
        shape=alt.Shape(
            "judgement:N",
            legend=None,
            scale=alt.Scale(
                domain=list(JUDGEMENTS), range=["triangle-up", "triangle-down", "circle"]
            ),
        ),
    )
    # What goes on beyond the edge is said by an arrow.
    cuts = [
        base.transform_filter(beyond)
        .mark_point(shape=shape, filled=True, opacity=1, size=70)
        .encode(x=place)
        for beyond, shape, place in (
            ("datum.low < -1", "triangle-left", alt.datum(-1)),
            ("datum.high > datum.edge", "triangle-right", alt.X("edge:Q", title=None)),
        )
    ]
    return _specification(_headings() + zero + interval + point + cuts[0] + cuts[1], row=ROW_HEIGHT)


def searches() -> dict[str, Any]:
    """Searches by term; the part after which the visitor left is dark."""
    outcomes = ("abandoned", "stayed")
    bars = (
        _chart()
        .mark_bar(size=14)
        .encode(
            y=_labels(grouped=True, inside=True, high=False),
            x=alt.X(
                "searches:Q", title=None, axis=alt.Axis(format=",~r", tickCount=5, labelFlush=False)
            ),
            color=alt.Color("outcome:N", legend=None, scale=_colours(outcomes)),
            order=alt.Order("order:Q"),
            tooltip="tip:N",
        )
    )
    return _specification(_headings(high=False) + bars, row=22)


def depth() -> dict[str, Any]:
    """The personalization index of each strategy, under its placement."""
    points = (
        _chart()
        .mark_point(filled=True, opacity=1, size=90)
        .encode(
            y=_labels(grouped=True, inside=True, high=False),
            x=_values(
                "value",
                "index",
                alt.Scale(domain=[0, 1]),
            ),
            color=alt.Color("experience:N", legend=None, scale=_colours(EXPERIENCES[:2])),
            shape=alt.Shape(
                "experience:N",
                legend=None,
                scale=alt.Scale(domain=list(EXPERIENCES[:2]), range=list(SHAPES[:2])),
            ),
            tooltip="tip:N",
        )
    )
    return _specification(_headings(high=False) + points, row=22)


def bars(kind: str) -> dict[str, Any]:
    """A bar for each label, its value written at its end."""
    base = _chart().encode(
        y=_labels(False, high=False),
        x=_values("value", kind, alt.Scale(domainMin=0)),
        tooltip="tip:N",
    )
    bar = base.mark_bar(size=14, color="var(--accent)")
    text = base.mark_text(align="left", dx=5, color="var(--text)").encode(text="text:N")
    return _specification(_rows(False, high=False) + bar + text, row=22)


def spread() -> dict[str, Any]:
    """From the least to the most that a placement is credited with; a tick is a rule."""
    base = _chart().encode(y=_labels(False), tooltip="tip:N")
    interval = base.mark_rule(strokeWidth=2, color="var(--accent)", opacity=0.5).encode(
        x=alt.X("min(value):Q", title=None), x2="max(value):Q", tooltip=alt.value(None)
    )
    ticks = base.mark_tick(color="var(--accent)", thickness=3, size=12).encode(
        x=_values("value", "money", alt.Scale(domainMin=0))
    )
    return _specification(_rows(False) + interval + ticks, row=ROW_HEIGHT)


def all_charts() -> dict[str, dict[str, Any]]:
    """Return every chart of the page, by the name of its figure."""
    return {
        "trend-percent": trend("percent"),
        "trend-money": trend("money"),
        "conversion": dots("percent", grouped=True),
        "bounce": dots("percent", grouped=True),
        "order-value": dots("money", grouped=True),
        "return-visits": dots("percent", grouped=False),
        "experiments": forest(),
        "searches": searches(),
        "depth": depth(),
        "credit-rules": bars("percent"),
        "credit-placements": spread(),
        "rejections": bars("count"),
    }
