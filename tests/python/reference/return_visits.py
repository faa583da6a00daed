"""Whether visitors come back: kpi_return_visits."""

from collections import defaultdict
from datetime import date, timedelta

from reference.money import ratio
from reference.sessions import Session
from reference.values import Row

HORIZONS = (1, 7, 30)


def experience_of(session_id: str, session_placements: list[Row]) -> str:
    """Return the most personal experience of a session."""
    seen = {row["experience"] for row in session_placements if row["session_id"] == session_id}
    return next((kind for kind in ("personalized", "generic") if kind in seen), "none")


def kpi_return_visits(
    sessions: list[Session], summaries: list[Row], session_placements: list[Row]
) -> list[Row]:
    """Count the visitors of each cohort, and those who returned in each window that has closed."""
    if not summaries:
        return []
    last_event = max(summary["ended_at"] for summary in summaries)
    summary_of = {summary["session_id"]: summary for summary in summaries}
    started: dict[str, list[Row]] = defaultdict(list)
    for session in sessions:
        started[session.visitor_id].append(summary_of[session.session_id])
    cohorts: dict[tuple[date, str], list[tuple[Row, list[Row]]]] = defaultdict(list)
    for summaries_of_visitor in started.values():
        first, *others = sorted(summaries_of_visitor, key=lambda row: row["started_at"])
        experience = experience_of(first["session_id"], session_placements)
        cohorts[first["session_date"], experience].append((first, others))
    rows = []
    for (cohort_date, experience), visitors in cohorts.items():
        row = {"cohort_date": cohort_date, "experience": experience, "visitors": len(visitors)}
        for days in HORIZONS:
            window = timedelta(hours=24 * days)
            closed = [
                (first, others)
                for first, others in visitors
                if last_event - first["ended_at"] >= window
            ]
            returned = sum(
                any(other["started_at"] - first["ended_at"] <= window for other in others)
                for first, others in closed
            )
            row[f"eligible_visitors_{days}d"] = len(closed)
            row[f"returned_visitors_{days}d"] = returned
            row[f"return_rate_{days}d"] = ratio(returned, len(closed))
        rows.append(row)
    return rows
