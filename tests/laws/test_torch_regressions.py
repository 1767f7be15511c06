"""Cases that the torch code once failed, each put to its law again."""

from __future__ import annotations

import numpy as np
import pytest

from properties import implementations
from properties.cases.families import FieldPoint
from properties.cases.specs import DataSpec, PathSpec
from properties.law import laws

pytestmark = pytest.mark.torch


@pytest.mark.parametrize(("third", "x"), [(19.0, 9.0), (25.0, 12.0), (23.0, 11.0)])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_labels_of_near_atoms_seen_from_afar(third: float, x: float, dtype: str) -> None:
    """Formed beside one common Gaussian, logits of 40 to 70 left a difference of one half with 14 and 20 units."""
    near = float(np.float32(0.05917517))
    points = np.array([[0.0], [0.0], [third], [near]])
    data = DataSpec("points", np.full(4, 0.25), points, variances=np.zeros(1))
    case = FieldPoint(PathSpec("EDM"), data, np.array([x]), 1.0)
    implementation = implementations.gpu("float32" if dtype == "float32" else "float64")

    findings = laws()["fields.labels_arbiter"](implementation, case)

    assert [str(finding) for finding in findings if not finding.passed] == []
