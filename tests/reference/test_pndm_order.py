"""What the name of PNDM promises: order 4 where sigma/alpha is linear in t, order 2 elsewhere (P76)."""

from __future__ import annotations

import numpy as np
import pytest

import reference as ref
from reference import solvers
from reference.paths import EDM, VPLinear

DATA = ref.GaussianMixture(np.array([0.4, 0.6]), np.array([[-1.0], [1.2]]), np.array([[[0.2]], [[0.3]]]))
STARTS = np.array([[0.7], [-1.3], [2.0]])


def error(path: EDM | VPLinear, t_start: float, t_end: float, steps: int) -> float:
    """The largest error of a run from exact earlier states, equal steps in t."""
    solver, length = solvers.PNDM(4), (t_start - t_end) / steps
    model = solvers.exact_model(DATA, path, solver.output)
    memory = []
    for t in (t_start + 3 * length, t_start + 2 * length, t_start + length):
        state = ref.quantile_map(DATA, path, STARTS, t_start=t_start, t_end=t)
        memory.append(solvers.Evaluation(np.asarray(t), state, model(state, t)))
    times = np.linspace(t_start, t_end, steps + 1)
    end = solvers.sample(solver, model, path, STARTS, times, memory=tuple(memory))
    return float(np.abs(end - ref.quantile_map(DATA, path, STARTS, t_start=t_start, t_end=t_end)).max())


@pytest.mark.parametrize(("path", "ends", "order"), [(EDM(), (3.0, 0.5), 4), (VPLinear(), (0.7, 0.2), 2)])
def test_the_order_of_pndm_on_equal_steps_in_time(path: EDM | VPLinear, ends: tuple[float, float], order: int) -> None:
    coarse, fine = (error(path, *ends, steps) for steps in (64, 128))

    assert abs(np.log2(coarse / fine) - order) < 0.15
