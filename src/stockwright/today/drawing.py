"""The small picture beside a proposal, as paths for SVG. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT, EDGE = 320, 110, 6


@dataclass(frozen=True, slots=True)
class Path:
    """One line of the picture."""

    name: str
    tone: str
    d: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Lines on one scale that includes zero."""

    title: str
    paths: tuple[Path, ...]
    # Where zero lies.
    ground: float
    first: str
    last: str


def draw(picture: Mapping[str, Any] | None) -> Drawing | None:
    """A picture of kit.proposals, as stored, ready for SVG."""
    if not picture or not picture["series"]:
        return None
    known = [v for series in picture["series"] for v in series["values"] if v is not None]
    if not known:
        return None
    low, high = min(0.0, *known), max(0.0, *known)
    high = high if high > low else low + 1
    paths = tuple(Path(s["name"], s["tone"], _path(s["values"], low, high)) for s in picture["series"])
    labels = picture["labels"]
    return Drawing(picture["title"], paths, _up(0.0, low, high), labels[0], labels[-1])


def _up(value: float, low: float, high: float) -> float:
    return round(HEIGHT - EDGE - (value - low) / (high - low) * (HEIGHT - 2 * EDGE), 1)


def _path(values: Sequence[float | None], low: float, high: float) -> str:
    across = WIDTH / max(1, len(values) - 1)
    parts, pen = [], "M"
    for position, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        parts.append(f"{pen}{position * across:.1f} {_up(value, low, high)}")
        pen = "L"
    return "".join(parts)
