"""Every Gaussian draw is seen, replaced after it was really made, and known by the state it started from."""

from __future__ import annotations

import numpy as np
import pytest

from certify.noise import InterceptedGenerator, Noise, NormalSource, random_values

torch = pytest.importorskip("torch")

from certify.interception import InterceptedTorch  # noqa: E402


def ones() -> Noise:
    return Noise(lambda variable, shape: np.full(shape, 1.0 + variable))


DRAWS = {
    "randn": lambda g: torch.randn(2, 3),
    "randn with a generator": lambda g: torch.randn(2, 3, generator=g),
    "randn_like": lambda g: torch.randn_like(torch.zeros(2, 3)),
    "normal with floats": lambda g: torch.normal(0.0, 1.0, (2, 3), generator=g),
    "normal with tensors": lambda g: torch.normal(torch.zeros(2, 3), torch.ones(2, 3)),
    "normal_": lambda g: torch.empty(2, 3).normal_(generator=g),
    "randn with out": lambda g: torch.randn(2, 3, out=torch.empty(2, 3)),
    "distribution": lambda g: torch.distributions.Normal(torch.zeros(2, 3), 1.0).sample(),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_every_way_to_draw_is_replaced(draw):
    noise = ones()
    with InterceptedTorch(noise):
        drawn = draw(torch.Generator().manual_seed(0))

    assert torch.equal(drawn, torch.ones(2, 3))
    assert [one.shape for one in noise.draws] == [(2, 3)]
    assert noise.draws[0].dtype == "float32"
    assert noise.others == []


def test_mean_and_deviation_of_the_draw_are_kept():
    with InterceptedTorch(ones()):
        scalar = torch.normal(2.0, 3.0, (2,))
        tensor = torch.normal(torch.tensor([1.0, 2.0]), 0.5)
        inplace = torch.empty(2).normal_(mean=-1.0, std=2.0)

    assert scalar.tolist() == [5.0, 5.0]
    assert tensor.tolist() == [2.0, 3.0]  # the second variable is filled with 2
    assert inplace.tolist() == [5.0, 5.0]  # the third with 3


def test_generators_advance_as_if_nothing_was_replaced():
    plain, seen = torch.Generator().manual_seed(3), torch.Generator().manual_seed(3)
    torch.randn(5, generator=plain)
    with InterceptedTorch(ones()):
        torch.randn(5, generator=seen)

    assert torch.equal(plain.get_state(), seen.get_state())


def test_a_variable_is_a_state_and_not_a_number():
    noise = ones()
    with InterceptedTorch(noise):
        generator = torch.Generator().manual_seed(0)
        first, second = (torch.randn(1, generator=generator) for _ in range(2))
        again = torch.randn(1, generator=torch.Generator().manual_seed(0))

    assert first.item() == again.item() != second.item()
    assert noise.variable_count == 2
    assert len(noise.draws) == 3


def test_other_randomness_is_reported():
    noise = ones()
    with InterceptedTorch(noise):
        torch.rand(2)
        torch.bernoulli(torch.full((2,), 0.5))
        torch.randint(0, 3, (2,))
        torch.multinomial(torch.ones(3), 1)
        torch.nn.functional.dropout(torch.ones(3), 0.5)

    assert {"aten::rand", "aten::bernoulli", "aten::randint", "aten::multinomial"} <= set(noise.others)
    assert len(noise.others) == 5
    assert noise.draws == []


def test_the_dtype_of_the_draw_is_kept():
    noise = ones()
    with InterceptedTorch(noise):
        drawn = torch.randn(2, dtype=torch.float16)

    assert drawn.dtype == torch.float16
    assert noise.draws[0].dtype == "float16"


def test_a_numpy_generator_stands_in():
    noise = ones()
    generator = InterceptedGenerator(np.random.PCG64(0), noise)
    plain = np.random.Generator(np.random.PCG64(0))
    plain.standard_normal((2, 3))
    drawn = generator.standard_normal((2, 3))

    np.testing.assert_array_equal(drawn, np.ones((2, 3)))
    assert generator.bit_generator.state == plain.bit_generator.state
    np.testing.assert_array_equal(generator.normal(1.0, 0.5, (2,)), [2.0, 2.0])
    np.testing.assert_array_equal(generator.normal([0.0, 1.0]), [3.0, 4.0])
    filled = np.empty(2)
    assert generator.standard_normal(out=filled) is filled
    assert isinstance(generator.uniform(), float)
    assert noise.others == ["numpy.random.Generator.uniform"]


def test_every_call_of_normal_is_a_variable():
    noise = Noise(random_values(0))
    normal = NormalSource(noise)

    assert normal(3).shape == (3,)
    assert normal((2, 1)).shape == (2, 1)
    assert noise.variable_count == 2
