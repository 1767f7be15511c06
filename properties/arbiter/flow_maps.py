"""Twins of the flow maps of Gaussian data and of what consistency models, MeanFlow and distillation make of them.

Every loss is formed from the definition, the expected square of a difference that is linear in independent standard
normals, and not from the closed form of its small size.
"""

from __future__ import annotations

from typing import Any

from flint import arb, arb_mat, arb_series

from properties.arbiter import distributions, fields, paths, reverse

Number = Any
Vector = list[Number]
Matrix = Any


def rates(name: str, path: list[Any], t: Number) -> tuple[Number, Number, Number, Number]:
    """(alpha, sigma^2, alpha', (sigma^2)') at t, from the power series of sigma^2, which exists at sigma = 0 too."""
    place = arb_series([t, 1], prec=2)
    if name == "VPLinear":
        signal, noise = paths.levels("SubVP", path, place)
    elif name == "Brownian":
        signal, noise = place * 0 + 1, place
    elif name == "VE" and path[2]:
        signal, whole = paths.levels(name, [*path[:2], False], place)
        noise = whole * whole - path[0] * path[0]
    else:
        signal, deviation = paths.levels(name, path, place)
        noise = deviation * deviation
    return signal[0], noise[0], signal[1], noise[1]


def velocity(name: str, path: list[Any], mean: Vector, covariance: list[Vector], x: Vector, t: Number) -> Vector:
    """Alpha' mu + (alpha alpha' S + sigma sigma' I) V^-1 (x - alpha mu): the drift whose flow has mean alpha mu and
    covariance V (P20, P22).
    """
    signal, noise, slope, rise = rates(name, path, t)
    unit, data = distributions.identity(len(mean)), arb_mat(covariance)
    marginal = data * signal**2 + unit * noise
    turn = (data * (signal * slope) + unit * (rise / 2)) * marginal.inv()
    centred = distributions.column([place - signal * centre for place, centre in zip(x, mean, strict=True)])
    return [slope * centre + change for centre, change in zip(mean, (turn * centred).entries(), strict=True)]


def maps(
    name: str, path: list[Any], mean: Vector, covariance: list[Vector], x: Vector, t_start: Number, t_end: Number
) -> list[Any]:
    """[Psi (d), its Jacobian J (d d), dPsi/dt_start (d), dPsi/dt_end (d), u (d), the Jacobian of u (d d)] (P101, P102,
    P106): u = (x - Psi)/(t_start - t_end) as it is defined, the derivatives by the two identities.
    """
    jacobian = reverse.flow_matrix(name, path, covariance, t_start, t_end)
    before, after = (rates(name, path, t)[0] for t in (t_start, t_end))
    centred = distributions.column([place - before * centre for place, centre in zip(x, mean, strict=True)])
    moved = (arb_mat(jacobian) * centred).entries()
    image = [after * centre + change for centre, change in zip(mean, moved, strict=True)]
    speed = distributions.column(velocity(name, path, mean, covariance, x, t_start))
    start = [-entry for entry in (arb_mat(jacobian) * speed).entries()]
    end = velocity(name, path, mean, covariance, image, t_end)
    length = t_start - t_end
    average = [(place - there) / length for place, there in zip(x, image, strict=True)]
    slope = (distributions.identity(len(x)) - arb_mat(jacobian)) / length
    return [image, jacobian, start, end, average, slope.tolist()]


def total_derivative(
    name: str,
    path: list[Any],
    mean: Vector,
    covariance: list[Vector],
    x: Vector,
    tangent: Vector,
    t_start: Number,
    t_end: Number,
) -> Vector:
    """Of u along (tangent, 1) at fixed t_end: (-dPsi/dt_start - u)/(t_start - t_end) + J_u tangent (P106)."""
    _, _, start, _, average, slope = maps(name, path, mean, covariance, x, t_start, t_end)
    turned = (arb_mat(slope) * distributions.column(tangent)).entries()
    length = t_start - t_end
    return [(-move - each) / length + turn for move, each, turn in zip(start, average, turned, strict=True)]


# ------------------------------------------------------------------------------------------- consistency


def offset_weight(name: str, path: list[Any], clean: Number, noisy: Number) -> Number:
    """C = alpha_clean - alpha_noisy sigma_clean/sigma_noisy (P104)."""
    (signal, deviation), (signal_noisy, deviation_noisy) = (paths.levels(name, path, t) for t in (clean, noisy))
    return signal - signal_noisy * deviation / deviation_noisy


def training_point(name: str, path: list[Any], x0: Vector, noise: Vector, t: Number) -> Vector:
    """Alpha x_0 + sigma eps (P104)."""
    signal, deviation = paths.levels(name, path, t)
    return [signal * data + deviation * eps for data, eps in zip(x0, noise, strict=True)]


def distillation_point(
    name: str, path: list[Any], kind: str, parameters: list[Any], x: Vector, clean: Number, noisy: Number
) -> Vector:
    """Alpha_clean D + sigma_clean E[eps | x_noisy = x], D the posterior mean (P104)."""
    values = fields.all_fields(name, path, kind, parameters, x, noisy, False)
    return training_point(name, path, values[2], values[1], clean)


def consistency_losses(
    name: str, path: list[Any], covariance: list[Vector], clean: Number, noisy: Number, t_min: Number
) -> list[Number]:
    """[distillation, training, excess] (P104): mean squares of f(x_clean) - f(x_noisy), in which x_noisy = alpha x_0 +
    sigma eps and x_clean has the same (x_0, eps), or their posterior means; the excess is the difference.
    """
    size, data = len(covariance), arb_mat(covariance)
    (signal, deviation), (signal_noisy, deviation_noisy) = (paths.levels(name, path, t) for t in (clean, noisy))
    near, far = (arb_mat(reverse.flow_matrix(name, path, covariance, t, t_min)) for t in (clean, noisy))
    of_data, of_noise = near * signal - far * signal_noisy, near * deviation - far * deviation_noisy
    training = mean_square(of_data, data) + mean_square(of_noise, distributions.identity(size))
    marginal = data * signal_noisy**2 + distributions.identity(size) * deviation_noisy**2
    posterior = (data * signal_noisy * signal + distributions.identity(size) * (deviation_noisy * deviation)) * (
        marginal.inv()
    )
    distillation = mean_square(near * posterior - far, marginal)
    return [distillation, training, training - distillation]


def mean_square(matrix: Matrix, covariance: Matrix) -> Number:
    """E|A z|^2 for z of mean 0."""
    return (matrix * covariance * matrix.transpose()).trace()


# ------------------------------------------------------------------------------------------- distillation


def student_loss(
    name: str,
    path: list[Any],
    mean: Vector,
    covariance: list[Vector],
    matrix: list[Vector],
    offset: Vector,
    start_mean: Vector | None,
    start_covariance: list[Vector] | None,
    t_start: Number,
    t_end: Number,
) -> Number:
    """E|G z + b - Psi(z)|^2 (P108), z of the given moments or of the marginal at t_start."""
    jacobian = arb_mat(reverse.flow_matrix(name, path, covariance, t_start, t_end))
    signal, marginal = reverse.marginal(name, path, covariance, t_start)
    centre = [signal * each for each in mean] if start_mean is None else start_mean
    spread = marginal if start_covariance is None else arb_mat(start_covariance)
    image = reverse.flow_map(name, path, mean, covariance, centre, t_start, t_end)
    answer = (arb_mat(matrix) * distributions.column(centre)).entries()
    miss = [a + b - there for a, b, there in zip(answer, offset, image, strict=True)]
    return mean_square(arb_mat(matrix) - jacobian, spread) + sum((each**2 for each in miss), arb(0))


def matching_gradients(
    name: str,
    path: list[Any],
    generator_mean: Vector,
    generator: list[Vector],
    mean: Vector,
    covariance: list[Vector],
    t: Number,
) -> list[Any]:
    """[in the mean (d), in the covariance (d d)] of KL(generator_t || data_t) (P109): alpha^2 W^-1 (a - mu) and
    alpha^2/2 (W^-1 - V^-1), V of the generator and W of the data.
    """
    signal, of_data = reverse.marginal(name, path, covariance, t)
    _, of_generator = reverse.marginal(name, path, generator, t)
    apart = distributions.column([a - b for a, b in zip(generator_mean, mean, strict=True)])
    in_mean = (of_data.inv() * apart * signal**2).entries()
    return [in_mean, ((of_data.inv() - of_generator.inv()) * (signal**2 / 2)).entries()]
