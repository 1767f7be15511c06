"""Cases that the torch code once failed, each put to its law again."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import gpu
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


@pytest.mark.parametrize("path", [gpu.FlowMatching(), gpu.Trigonometric()], ids=["flow", "trigonometric"])
@pytest.mark.parametrize("implicit", [False, True], ids=["explicit", "implicit"])
@pytest.mark.parametrize("noise_level", [0.0, 0.5, 1.0])
def test_no_gradient_meets_the_infinite_step(path: gpu.paths.Path, implicit: bool, noise_level: float) -> None:
    """Where alpha is 0 lambda is infinite, and 0 times its derivative was NaN; other rows are those without it."""

    def gradient(times: list[float]) -> torch.Tensor:
        grid = torch.tensor(times, dtype=torch.float64, requires_grad=True)
        weights = gpu.solvers.exponential_adams_weights(path, grid, noise_level=noise_level, implicit=implicit)
        total = weights.state + weights.outputs.square().sum() + weights.noise
        return torch.autograd.grad(total, grid)[0]

    assert bool(torch.isfinite(gradient([1.0, 0.75])).all())
    with_noise, without = gradient([1.0, 0.75, 0.5, 0.125]), gradient([0.75, 0.5, 0.125])
    assert with_noise[0] == 0.0
    torch.testing.assert_close(with_noise[1:], without)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize(
    "solver",
    [
        gpu.solvers.MidpointMultistep(),
        gpu.solvers.ExponentialAdams(3, noise_level=1.0),
        gpu.solvers.UniPC(3),
        gpu.solvers.SASolver(3, 3, 1.0),
    ],
    ids=lambda value: type(value).__name__,
)
def test_runs_start_at_pure_noise(solver: gpu.solvers.Solver, dtype: torch.dtype) -> None:
    data = gpu.Gaussian(torch.ones(2, dtype=dtype), 0.5 * torch.eye(2, dtype=dtype))
    path, times = gpu.FlowMatching(), torch.linspace(1.0, 0.2, 60).to(dtype)

    found = gpu.solvers.sampling_law(solver, data, path, times)

    exact = data.diffuse(path.alpha(times[-1]), path.sigma(times[-1]))
    torch.testing.assert_close(found.mean, exact.mean, rtol=0.02, atol=0.0)
    torch.testing.assert_close(found.covariance, exact.covariance, rtol=0.05, atol=1e-6)


def test_the_bh1_corrector_of_an_infinite_step_is_refused() -> None:
    times = torch.tensor([1.0, 0.75], dtype=torch.float64)

    found = gpu.solvers.unipc_weights(gpu.FlowMatching(), times, corrector=True)

    assert found.outputs.tolist() == [0.125, 0.125]
    with pytest.raises(ValueError, match=r"times in \(0, 1\)"):
        gpu.solvers.unipc_weights(gpu.FlowMatching(), times, corrector=True, variant="bh1")


@pytest.mark.parametrize("differentiated", [False, True], ids=["spectrum", "matrices"])
@pytest.mark.parametrize("family", ["gaussian", "full", "isotropic", "diagonal", "low_rank", "cloud"])
def test_batches_of_covariances_alone_are_batches_of_laws(family: str, differentiated: bool) -> None:
    """One mean and three covariances had the batch shape (), and no covariance."""

    def law(scale: torch.Tensor) -> gpu.Gaussian | gpu.GaussianMixture | gpu.PointCloud:
        weights, means = torch.tensor([0.25, 0.75]).double(), torch.tensor([[0.0, 1.0], [2.0, -1.0]]).double()
        full = scale[..., None, None] * torch.tensor([[2.0, 0.5], [0.5, 1.0]]).double()
        variances, mixture = scale[..., None].expand(*scale.shape, 2), gpu.GaussianMixture
        factors = variances[..., None, None].expand(*variances.shape, 2, 1)
        made = {
            "gaussian": lambda: gpu.Gaussian(means[0], full),
            "full": lambda: mixture(weights, means, torch.stack((full, full), -3)),
            "isotropic": lambda: mixture.isotropic(weights, means, variances),
            "diagonal": lambda: mixture.diagonal(
                weights, means, full.diagonal(dim1=-2, dim2=-1)[..., None, :] + means**2
            ),
            "low_rank": lambda: mixture.low_rank(weights, means, factors, variances),
            "cloud": lambda: gpu.PointCloud(means, weights, scale),
        }
        return made[family]()

    scales = torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64, requires_grad=differentiated)
    point = torch.tensor([0.5, -0.5], dtype=torch.float64)
    batch, single = law(scales), [law(scale) for scale in scales]

    assert batch.batch_shape == (3,)
    for found, alone in (
        (batch.mean, [one.mean for one in single]),
        (batch.covariance, [one.covariance for one in single]),
        (batch.score(point), [one.score(point) for one in single]),
        (batch.posterior(point, 0.5, 0.75).mean, [one.posterior(point, 0.5, 0.75).mean for one in single]),
    ):
        torch.testing.assert_close(found, torch.stack(alone))
