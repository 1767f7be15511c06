"""Laws of the expectations of mixtures on the line, atoms among them: enclosures, closure, and the definitions."""

from __future__ import annotations

import numpy as np

from properties.arbiter import integrals
from properties.arbiter import nonvariational as twins
from properties.arbiter.numbers import lift as lifted
from properties.cases.integrals import AtomStep, DataStep
from properties.law import law
from properties.laws._arguments import between
from properties.laws._compare import exact, truncated
from properties.laws._data import path_arguments, singular
from properties.laws._line import nodes
from properties.laws.likelihood._terms import accuracy, built, expected, on_the_line, undiffused
from properties.laws.likelihood.closure import step_times
from properties.protocol import Finding, Findings, Floats, Implementation

REACH = 10.0
"""Deviations of the noise, beyond which less than e^-50 is left."""

POINTS = 2048
"""Panels of four Gauss-Legendre nodes over the noise: 1/100 of a deviation each."""


def noises() -> tuple[Floats, Floats]:
    """Nodes and weights of an expectation over standard noise."""
    nodes, weights = np.polynomial.legendre.leggauss(4)
    edges = np.linspace(-REACH, REACH, POINTS + 1)
    half = 0.5 * np.diff(edges)[:, None]
    places = (0.5 * (edges[1:] + edges[:-1])[:, None] + half * nodes).ravel()
    return places, (half * weights).ravel() * np.exp(-0.5 * places**2) / np.sqrt(2.0 * np.pi)


@law(
    "likelihood.line_arbiter",
    statement="on the line the squared error, the divergence, its rate, the reconstruction and the isotropic decoder "
    "surrogate given x_0 lie in the enclosures of their integrals, for atoms as for densities",
    catalogue=("M6", "M11", "M12", "M16", "M19p"),
    family="line_data_step",
    route="arbiter",
    expectations=True,
)
def line_arbiter(implementation: Implementation, case: DataStep) -> Findings:
    likelihood, (data, path) = implementation.module.likelihood, built(implementation, case)
    x0, t, place = implementation.lift(case.x0), implementation.lift(case.noisy), float(case.x0[0])
    with integrals.working_precision():
        seen = on_the_line(case, case.noisy)
        error, divergence = integrals.mean_squared_error(seen, place), integrals.divergence(seen, place)
        name, parameters = path_arguments(case.path)
        rate = -twins.rate(name, lifted(parameters), lifted(case.noisy)) * error
        ratio = (seen.sigma / seen.alpha) ** 2
        isotropic = ((2 * lifted(np.pi) * ratio).log() + error / ratio) / 2
        exactly = None if singular(case.data) else -undiffused(case.data).density(lifted(place)).log() - divergence
    findings = [
        expected("squared_error_at", likelihood.squared_error_at(data, path, x0, t), error, implementation),
        expected("divergence_at", likelihood.divergence_at(data, path, x0, t), divergence, implementation),
        expected("divergence_rate_at", likelihood.divergence_rate_at(data, path, x0, t), rate, implementation),
        expected(
            "decoder_surrogate_at",
            likelihood.decoder_surrogate_at(data, path, x0, t_start=t, covariance="isotropic"),
            isotropic,
            implementation,
        ),
    ]
    if exactly is not None:
        computed = likelihood.reconstruction_at(data, path, x0, t_start=t)
        findings.append(expected("reconstruction_at", computed, exactly, implementation))
    return tuple(findings)


@law(
    "likelihood.line_closure",
    statement="on the line, whatever the times, the integral is what KL_y gains and so is a step's divergence; with "
    "KL_y(T) and the reconstruction it is -log p(x_0), alone or as a chain of steps",
    catalogue=("M6", "M7", "M12", "M23b"),
    family="dense_line_data_step",
    route="arbiter",
    expectations=True,
)
def line_closure(implementation: Implementation, case: DataStep) -> Findings:
    likelihood, (data, path) = implementation.module.likelihood, built(implementation, case)
    x0, times, place = implementation.lift(case.x0), step_times(implementation, case), float(case.x0[0])
    with integrals.working_precision():
        before, after = (on_the_line(case, t) for t in (case.clean, case.noisy))
        gain = integrals.divergence(before, place) - integrals.divergence(after, place)
        exactly = -undiffused(case.data).density(lifted(place)).log()
    middle = between(case.clean, case.noisy, implementation.dtype)
    grid = implementation.lift([case.clean, *([middle] if middle is not None else []), case.noisy])
    rows = (
        ("pointwise_integral", likelihood.pointwise_integral(data, path, x0, **times), gain),
        (
            "step_divergence_at",
            likelihood.step_divergence_at(data, path, x0, clean=times["t_start"], noisy=times["t_end"]),
            gain,
        ),
        (
            "pointwise_negative_log_likelihood",
            likelihood.pointwise_negative_log_likelihood(data, path, x0, **times),
            exactly,
        ),
        (
            "chain_negative_log_likelihood",
            likelihood.chain_negative_log_likelihood(data, path, x0, grid),
            exactly,
        ),
    )
    return tuple(expected(name, computed, value, implementation) for name, computed, value in rows)


@law(
    "likelihood.line_averages",
    statement="on the line the information rate is that of the minimum mean squared error, the entropy integral is "
    "what the information gains, and with the information left and the posterior entropy it is the entropy of the data",
    catalogue=("M18", "M19"),
    family="dense_line_data_step",
    route="quadrature",
    expectations=True,
)
def line_averages(implementation: Implementation, case: DataStep) -> Findings:
    likelihood, (data, path) = implementation.module.likelihood, built(implementation, case)
    t, times = implementation.lift(case.noisy), step_times(implementation, case)
    entropy, _, rule = on_nodes(implementation, case, None)
    first, _, before = on_nodes(implementation, case, case.clean)
    last, floor, after = on_nodes(implementation, case, case.noisy)
    name, parameters = path_arguments(case.path)
    rate = float(twins.rate(name, lifted(parameters), lifted(case.noisy)).mid())
    rows = (
        ("information_rate", likelihood.information_rate(data, path, t), -rate * floor, rate * after),
        ("entropy_integral", likelihood.entropy_integral(data, path, **times), first - last, before + after),
        ("posterior_entropy", likelihood.posterior_entropy(data, path, t_start=t), entropy - last, rule + after),
        ("entropy_from_integral", likelihood.entropy_from_integral(data, path, **times), entropy, rule),
    )
    return tuple(
        truncated(quantity, float(implementation.lower(computed)) - value, error + accuracy(implementation, value))
        for quantity, computed, value, error in rows
    )


def on_nodes(implementation: Implementation, case: DataStep, t: float | None) -> tuple[float, float, float]:
    """(entropy of x_t less that of its noise, minimum mean squared error, error of the rule) by the trapezoidal rule
    on the implementation's densities and posteriors; of the data themselves for None (no noise, no error)."""
    lift, lower = implementation.lift, implementation.lower
    data, path = built(implementation, case)
    alpha, sigma = (1.0, 0.0) if t is None else (float(lower(f(lift(t)))) for f in (path.alpha, path.sigma))
    sums = []
    for refine in (2.0, 4.0):
        at = nodes(case.data, alpha, sigma, refine)
        states = lift(at.places[:, None])
        marginal = data if t is None else data.diffuse(lift(alpha), lift(sigma))
        logs = lower(marginal.log_prob(states))
        density = at.spacing * np.exp(logs)
        if t is None:
            sums.append((-float(density @ logs), 0.0))
            continue
        noise = 0.5 * np.log(2.0 * np.pi * np.e * sigma**2)
        variances = lower(data.posterior(states, lift(alpha), lift(sigma)).covariance)[:, 0, 0]
        sums.append((-float(density @ (logs + noise)), float(density @ variances)))
    return *sums[1], max(abs(a - b) for a, b in zip(*sums, strict=True))


@law(
    "likelihood.line_definitions",
    statement="given x_0 the squared error, the reconstruction, the posterior surrogate, the smoothed likelihood and "
    "the divergence are averages over the noise of the implementation's own denoiser and densities",
    catalogue=("M6", "M11", "M12", "M13", "M16"),
    family="dense_line_data_step",
    route="quadrature",
    expectations=True,
)
def line_definitions(implementation: Implementation, case: DataStep) -> Findings:
    likelihood, lift, lower = implementation.module.likelihood, implementation.lift, implementation.lower
    data, path = built(implementation, case)
    x0, start, times = lift(case.x0), lift(case.clean), step_times(implementation, case)
    noise, weights = noises()
    alpha, sigma = path.alpha(start), path.sigma(start)
    spread = float(lower(sigma))
    states = lift(float(lower(alpha)) * case.x0 + spread * noise[:, None])
    posterior = data.posterior(states, alpha, sigma)
    marginal = lower(data.diffuse(alpha, sigma).log_prob(states))
    error = case.x0[0] - lower(posterior.mean)[:, 0]
    variance = lower(posterior.covariance)[:, 0, 0]
    rows = (
        ("squared_error_at", likelihood.squared_error_at(data, path, x0, start), error**2),
        (
            "divergence_at",
            likelihood.divergence_at(data, path, x0, start),
            -0.5 * noise**2 - 0.5 * np.log(2.0 * np.pi) - np.log(spread) - marginal,
        ),
        (
            "reconstruction_at",
            likelihood.reconstruction_at(data, path, x0, t_start=start),
            -lower(posterior.log_prob(lift(np.broadcast_to(case.x0, (len(noise), 1))))),
        ),
        (
            "decoder_surrogate_at",
            likelihood.decoder_surrogate_at(data, path, x0, t_start=start, covariance="posterior"),
            0.5 * np.log(2.0 * np.pi * variance) + 0.5 * error**2 / variance,
        ),
        (
            "smoothed_negative_log_likelihood",
            likelihood.smoothed_negative_log_likelihood(data, path, x0, **times),
            -marginal,
        ),
    )
    return tuple(
        truncated(
            name,
            float(lower(computed)) - float(weights @ values),
            accuracy(implementation, float(weights @ np.abs(values))),
        )
        for name, computed, values in rows
    )


def _atom_likelihood(implementation: Implementation, case: AtomStep) -> float:
    data, path = built(implementation, case)
    times = {"t_start": implementation.lift(case.clean), "t_end": implementation.lift(case.noisy)}
    computed = implementation.module.likelihood.atom_negative_log_likelihood(data, path, index=case.index, **times)
    return float(implementation.lower(computed))


@law(
    "likelihood.atoms",
    statement="for atoms, integral + KL_y(T) + the surprise left is -log of the atom's weight",
    catalogue=("M22",),
    family="atom_step",
    route="closed form",
    expectations=True,
)
def atoms(implementation: Implementation, case: AtomStep) -> Findings:
    exactly = -float(np.log(case.data.weights[case.index]))
    value = implementation.lift(_atom_likelihood(implementation, case))
    return (expected("atom_negative_log_likelihood", value, exactly, implementation),)


@law(
    "likelihood.atoms_by_bayes",
    statement="the surprise E[-log P(y|x_start)] by the implementation's own posterior weights, and what KL_y leaves "
    "at each end, add up to the atom's likelihood; KL_y at a time is that likelihood less the surprise there",
    catalogue=("M22", "M6"),
    family="atom_step",
    route="quadrature",
    expectations=True,
)
def atoms_by_bayes(implementation: Implementation, case: AtomStep) -> Findings:
    likelihood, lift, lower = implementation.module.likelihood, implementation.lift, implementation.lower
    data, path = built(implementation, case)
    place = case.data.means[case.index]
    noise, weights = noises()
    start = lift(case.clean)
    alpha, sigma = path.alpha(start), path.sigma(start)
    states = float(lower(alpha)) * place + float(lower(sigma)) * noise[:, None]
    shares = lower(data.posterior(lift(states), alpha, sigma).weights)[..., case.index]
    # A share that underflows is met only where the noise has no weight.
    surprise = -np.log(np.maximum(shares, np.finfo(np.float64).tiny))
    left = float(weights @ surprise)
    times = {"t_start": start, "t_end": lift(case.noisy)}
    divergences = [float(lower(likelihood.divergence_at(data, path, lift(place), t))) for t in times.values()]
    integral = float(lower(likelihood.pointwise_integral(data, path, lift(place), **times)))
    total = _atom_likelihood(implementation, case)
    findings: list[Finding] = [
        truncated(
            "divergence_at", divergences[0] + left - total, accuracy(implementation, divergences[0], left, total)
        ),
        truncated(
            "atom_negative_log_likelihood",
            integral + divergences[1] + left - total,
            accuracy(implementation, integral, divergences[1], left, total),
        ),
        exact("pointwise_integral", integral >= 0.0),
    ]
    return tuple(findings)
