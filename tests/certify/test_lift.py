"""Lifting turns single precision into double inside the named modules, and leaves no trace."""

from __future__ import annotations

import sys
from types import ModuleType

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from certify.lift import lifted  # noqa: E402

SOURCE = """
import numpy as np
import torch

def table():
    return torch.linspace(0, 1, 3, dtype=torch.float32), np.zeros(2, dtype=np.float32), torch.tensor(0.1)

def is_tensor(value):
    return isinstance(value, torch.Tensor) and torch.cos(value) is not None
"""


@pytest.fixture
def library(monkeypatch):
    module = ModuleType("hard_coded")
    exec(SOURCE, module.__dict__)
    monkeypatch.setitem(sys.modules, "hard_coded", module)
    return module


def test_hard_coded_single_precision_becomes_double(library):
    with lifted(["hard_coded"]):
        tensor, array, default = library.table()
        assert library.is_tensor(tensor)

    assert (tensor.dtype, array.dtype, default.dtype) == (torch.float64, np.float64, torch.float64)


def test_everything_is_restored_whatever_happens(library):
    with pytest.raises(RuntimeError, match="inside"), lifted(["hard_coded"]):
        raise RuntimeError("inside")
    tensor, array, default = library.table()

    assert library.torch is torch
    assert library.np is np
    assert (tensor.dtype, array.dtype, default.dtype) == (torch.float32, np.float32, torch.float32)


def test_nested_use_is_restored_in_order(library):
    with lifted(["hard_coded"]):
        with lifted(["hard_coded"]):
            pass
        assert library.table()[0].dtype == torch.float64

    assert library.table()[0].dtype == torch.float32


def test_globals_that_only_share_the_name_are_left_alone(library):
    library.np = "not numpy"
    with lifted(["hard_coded"]):
        assert library.np == "not numpy"

    assert library.np == "not numpy"
