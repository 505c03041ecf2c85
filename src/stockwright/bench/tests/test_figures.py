from __future__ import annotations

import pytest

from stockwright.bench.figures import Figure, middle, middle_round, percentile


@pytest.mark.parametrize(
    ("figure", "ok"),
    [
        (Figure("a", "orders/s", 20, 10, must=2), True),
        (Figure("a", "orders/s", 19, 10, must=2), False),
        (Figure("a", "ms", 15, 10, must=1.5, at_most=True), True),
        (Figure("a", "ms", 16, 10, must=1.5, at_most=True), False),
        (Figure("a", "orders/s", 1, 10), True),
        (Figure("a", "orders/s", 90, 10, must=2, wrong="a unit was sold twice"), False),
    ],
)
def test_a_figure_is_good_when_it_reaches_what_it_must_and_nothing_was_wrong(figure: Figure, ok: bool):
    assert figure.ok is ok


def test_percentiles_are_of_the_nearest_rank():
    values = [float(n) for n in range(1, 101)]
    assert (percentile(values, 0.95), percentile(values, 1.0), percentile([7.0], 0.95)) == (95.0, 100.0, 7.0)
    assert middle([3.0, 1.0, 2.0]) == 2.0


def test_the_middle_round_is_the_one_with_the_median_ratio():
    assert middle_round([30.0, 90.0, 20.0], [10.0, 10.0, 10.0]) == (30.0, 10.0)
