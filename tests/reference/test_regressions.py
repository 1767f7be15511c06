"""Counterexamples that a search once found, kept."""

from __future__ import annotations

import numpy as np

from properties import implementations
from properties.cases.families import DataSpec, FieldStep, PathSpec
from properties.law import laws


def test_a_small_entry_of_a_low_rank_solve_is_no_sign_of_a_small_error() -> None:
    """Covariance of a reverse step at half log-SNR -17: the deviation between two components took its small entry from
    the difference of two scores, and lost eleven digits.
    """
    case = FieldStep(
        path=PathSpec("VPLinear", (("beta_min", 0.1), ("beta_max", 85.0), ("terminal_time", 1.0))),
        data=DataSpec(
            "low_rank",
            weights=np.array([1 / 3, 1 / 3, 1 / 3]),
            means=np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 1.0]]),
            variances=np.ones(3),
            factors=np.array([[[0.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [0.0, 1.5]], [[0.0, 0.0], [0.0, 0.0]]]),
        ),
        x=np.array([0.0, 1.0]),
        clean=0.0,
        noisy=0.8937767081243351,
    )
    findings = laws()["transitions.arbiter_reverse_step"](implementations.reference(), case)

    assert [str(finding) for finding in findings if not finding.passed] == []
