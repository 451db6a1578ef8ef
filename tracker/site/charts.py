"""The geometry of the charts; a template draws them as inline SVG. Nothing is measured in a browser."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

__all__ = ["HEIGHT", "WIDTH", "Bar", "BarChart", "LineChart", "bar_chart", "line_chart"]

WIDTH, HEIGHT = 1000, 160


@dataclass(frozen=True, slots=True)
class Bar:
    """One month: its parts stand on each other."""

    month: str
    """`2024-01`."""
    total: int
    """Changes in it."""
    parts: tuple[tuple[str, int, float, float], ...]
    """Of each part: its kind, its count, the position of its top, its height."""
    x: float
    """Where it begins."""


@dataclass(frozen=True, slots=True)
class BarChart:
    """Counts by month."""

    bars: tuple[Bar, ...]
    """Every month of every year from the first change's to the last one's, those without any, too."""
    width: float
    """Of one bar."""
    highest: int
    """The greatest total."""
    kinds: tuple[str, ...]
    """The kinds that there are, in the order of standing."""
    years: tuple[tuple[int, int, float], ...]
    """Each year, its total, and the place of its January; all are equally wide."""
    peak: str
    """The month with the greatest total, the latest of several."""


def bar_chart(changes: Iterable[tuple[datetime, str]], kinds: Sequence[str]) -> BarChart | None:
    """Return the chart of moments and kinds, one bar a month (UTC); None where there is nothing to show."""
    counts: Counter[tuple[int, str]] = Counter()
    for at, kind in changes:
        day = at.astimezone(UTC)
        counts[day.year * 12 + day.month - 1, kind] += 1
    if not counts:
        return None
    first, last = min(month for month, _ in counts) // 12, max(month for month, _ in counts) // 12
    months = range(first * 12, last * 12 + 12)
    totals = [sum(counts[month, kind] for kind in kinds) for month in months]
    highest, step = max(1, *totals), WIDTH / len(months)
    bars, years = [], dict[int, tuple[int, float]]()
    for index, (month, total) in enumerate(zip(months, totals, strict=True)):
        top, parts = float(HEIGHT), []
        for kind in kinds:
            if count := counts[month, kind]:
                height = count * HEIGHT / highest
                top -= height
                parts.append((kind, count, round(top, 1), round(height, 1)))
        before = years.get(month // 12, (0, index * step))
        years[month // 12] = before[0] + total, before[1]
        bars.append(Bar(f"{month // 12}-{month % 12 + 1:02}", total, tuple(parts), round(index * step, 1)))
    seen = tuple(kind for kind in kinds if any(one == kind for _, one in counts))
    site_data = tuple((year, count, round(x, 1)) for year, (count, x) in years.items())
    peak = max(bars, key=lambda bar: (bar.total, bar.month)).month
    return BarChart(tuple(bars), round(step * 0.8, 2), highest, seen, site_data, peak)


@dataclass(frozen=True, slots=True)
class LineChart:
    """A number over a policy's versions."""

    points: str
    """As SVG's `polyline` takes them: steps, not slopes, for a version holds until the next."""
    first: int
    """The oldest known number."""
    last: int
    """The newest."""
    highest: int
    """The greatest."""


def line_chart(moments: Sequence[tuple[datetime, int | None]], width: int = 300, height: int = 60) -> LineChart | None:
    """Return the chart of a number over time, oldest first; None where it can't be seen to move."""
    known = [(at, number) for at, number in moments if number is not None]
    if len(known) < 2:  # noqa: PLR2004 - a line needs two ends
        return None
    start, span = known[0][0], (known[-1][0] - known[0][0]).total_seconds() or 1
    highest = max(number for _, number in known) or 1
    points: list[str] = []
    level: float | None = None
    for at, number in known:
        x, y = (at - start).total_seconds() * width / span, height - number * height / highest
        points += [f"{x:.1f},{level:.1f}"] if level is not None else []
        points.append(f"{x:.1f},{y:.1f}")
        level = y
    return LineChart(" ".join(points), known[0][1], known[-1][1], highest)
