"""Twins of the latent-variable bounds: everything is read off joint Gaussian laws of (x, z).

The generator is z ~ N(0, I), x = W z + s eps; the linear encoder q(z|x) = N(G x, C). A marginal, a conditional law or a
divergence is that of the joint law, by conditioning and by the divergence of two Gaussians; the same numbers come a
second time as expectations of log densities, by the cubature that is exact for them.
"""

from __future__ import annotations

from typing import Any

from flint import arb

from properties.arbiter.divergences import cubature_points, kl_divergence, log_density
from properties.arbiter.linear_algebra import (
    Matrix,
    Vector,
    add,
    dot,
    identity,
    inverse,
    log_determinant,
    matmul,
    matvec,
    shift,
    solve,
    subtract,
    trace,
    transpose,
    vector_add,
    vector_subtract,
)
from properties.arbiter.numbers import squared

Number = Any
"""An ``arb``; python-flint ships no type information."""

Moments = tuple[Vector, Matrix]


def blocks(first: Matrix, corner: Matrix, last: Matrix) -> Matrix:
    """[[first, corner], [corner^T, last]]."""
    above = [[*left, *right] for left, right in zip(first, corner, strict=True)]
    return above + [[*left, *right] for left, right in zip(transpose(corner), last, strict=True)]


def conditioned(mean: Vector, covariance: Matrix, observed: Vector) -> Moments:
    """The law of the first coordinates of a Gaussian given that the last are ``observed``."""
    kept = len(mean) - len(observed)
    corner = [row[kept:] for row in covariance[:kept]]
    last = [row[kept:] for row in covariance[kept:]]
    pull = solve(last, vector_subtract(observed, mean[kept:]))
    rest = matmul(matmul(corner, inverse(last)), transpose(corner))
    return (
        vector_add(mean[:kept], matvec(corner, pull)),
        subtract([row[:kept] for row in covariance[:kept]], rest),
    )


def generated(loading: Matrix, noise_variance: Number) -> Matrix:
    """The covariance of (z, x) under the generator."""
    size = len(loading[0])
    marginal = shift(matmul(loading, transpose(loading)), noise_variance)
    return blocks(identity(size), transpose(loading), marginal)


def latent_posterior(x: Vector, loading: Matrix, noise_variance: Number) -> list[Any]:
    """[mean (k), covariance (k k)] of z given x, by conditioning (P3)."""
    joint = generated(loading, noise_variance)
    mean, covariance = conditioned([arb(0)] * len(joint), joint, x)
    return [mean, covariance]


def latent_marginal(loading: Matrix, noise_variance: Number) -> list[Any]:
    """[mean (d), covariance (d d)] of x (P3)."""
    size = len(loading[0])
    return [[arb(0)] * len(loading), [row[size:] for row in generated(loading, noise_variance)[size:]]]


def latent_elbo_gap(x: Vector, loading: Matrix, noise_variance: Number, mean: Vector, covariance: Matrix) -> Number:
    """KL(q || p(z|x)) (P3)."""
    return kl_divergence(mean, covariance, *latent_posterior(x, loading, noise_variance))


def latent_elbo(x: Vector, loading: Matrix, noise_variance: Number, mean: Vector, covariance: Matrix) -> Number:
    """Log p(x) less the gap (P3)."""
    evidence = log_density(x, *latent_marginal(loading, noise_variance))
    return evidence - latent_elbo_gap(x, loading, noise_variance, mean, covariance)


def _generator_log_density(x: Vector, z: Vector, loading: Matrix, noise_variance: Number) -> Number:
    """Log p(z) + log p(x|z), coordinate by coordinate."""
    misfit = vector_subtract(x, matvec(loading, z))
    constants = (len(x) + len(z)) * (2 * arb.pi()).log() + len(x) * noise_variance.log()
    return -(dot(z, z) + dot(misfit, misfit) / noise_variance + constants) / 2


def latent_by_cubature(
    x: Vector, loading: Matrix, noise_variance: Number, mean: Vector, covariance: Matrix
) -> list[Number]:
    """[ELBO, gap] as E_q[log p(x, z) - log q(z)] and E_q[log q(z) - log p(x, z) + log p(x)] (P3)."""
    points = cubature_points(mean, covariance)
    bound = arb(0)
    for z in points:
        bound += _generator_log_density(x, z, loading, noise_variance) - log_density(z, mean, covariance)
    bound /= len(points)
    return [bound, log_density(x, *latent_marginal(loading, noise_variance)) - bound]


def encoded(mean: Vector, covariance: Matrix, gain: Matrix, noise: Matrix) -> Moments:
    """The joint law of (x, z) under the data and the encoder."""
    corner = matmul(covariance, transpose(gain))
    last = add(matmul(gain, corner), noise)
    return [*mean, *matvec(gain, mean)], blocks(covariance, corner, last)


def aggregate_posterior(mean: Vector, covariance: Matrix, gain: Matrix, noise: Matrix) -> list[Any]:
    """[mean (k), covariance (k k)] of z under the data and the encoder (P5)."""
    size = len(mean)
    joint_mean, joint = encoded(mean, covariance, gain, noise)
    return [joint_mean[size:], [row[size:] for row in joint[size:]]]


def optimal_decoder_mean(mean: Vector, covariance: Matrix, gain: Matrix, noise: Matrix, z: Vector) -> Vector:
    """E[x|z], by conditioning the joint law (P5)."""
    return conditioned(*encoded(mean, covariance, gain, noise), z)[0]


def optimal_decoder_mean_by_precision(
    mean: Vector, covariance: Matrix, gain: Matrix, noise: Matrix, z: Vector
) -> Vector:
    """E[x|z] as the minimum of (x - m)^T S^-1 (x - m) + (z - G x)^T C^-1 (z - G x) (P5)."""
    precision, pull = inverse(covariance), matmul(transpose(gain), inverse(noise))
    total = add(precision, matmul(pull, gain))
    return solve(total, vector_add(matvec(precision, mean), matvec(pull, z)))


def latent_information(mean: Vector, covariance: Matrix, gain: Matrix, noise: Matrix) -> Number:
    """1/2 log |Cov z| / |Cov z|x| (P5)."""
    _, aggregate = aggregate_posterior(mean, covariance, gain, noise)
    return (log_determinant(aggregate) - log_determinant(noise)) / 2


def latent_information_by_divergence(mean: Vector, covariance: Matrix, gain: Matrix, noise: Matrix) -> Number:
    """KL of the joint law of (x, z) from the product of its marginals (P5)."""
    joint_mean, joint = encoded(mean, covariance, gain, noise)
    zero = [[arb(0)] * len(noise) for _ in mean]
    _, aggregate = aggregate_posterior(mean, covariance, gain, noise)
    return kl_divergence(joint_mean, joint, joint_mean, blocks(covariance, zero, aggregate))


def joint_divergence(
    mean: Vector, covariance: Matrix, loading: Matrix, noise_variance: Number, gain: Matrix, noise: Matrix
) -> Number:
    """KL(data(x) q(z|x) || p(z) p(x|z)), of two joint Gaussians (P4)."""
    size = len(loading[0])
    model = generated(loading, noise_variance)
    reordered = [[*row[size:], *row[:size]] for row in [*model[size:], *model[:size]]]
    return kl_divergence(*encoded(mean, covariance, gain, noise), [arb(0)] * len(model), reordered)


def expected_latent_elbo(
    mean: Vector, covariance: Matrix, loading: Matrix, noise_variance: Number, gain: Matrix, noise: Matrix
) -> Number:
    """Reconstruction - I_q(x; z) - KL(q(z) || N(0, I)): the surgery of the averaged bound (P5)."""
    aggregate_mean, aggregate = aggregate_posterior(mean, covariance, gain, noise)
    size = len(mean)
    # E|x - W z|^2 = tr(M Cov M^T) + |M mean|^2 of the joint law with M = [I, -W].
    misfit = [[*unit, *(-entry for entry in row)] for unit, row in zip(identity(size), loading, strict=True)]
    joint_mean, joint = encoded(mean, covariance, gain, noise)
    centre = matvec(misfit, joint_mean)
    square = trace(matmul(matmul(misfit, joint), transpose(misfit))) + dot(centre, centre)
    reconstruction = -(size * (2 * arb.pi() * noise_variance).log() + square / noise_variance) / 2
    rate = kl_divergence(aggregate_mean, aggregate, [arb(0)] * len(aggregate), identity(len(aggregate)))
    return reconstruction - latent_information(mean, covariance, gain, noise) - rate


def encoder_by_cubature(
    mean: Vector, covariance: Matrix, loading: Matrix, noise_variance: Number, gain: Matrix, noise: Matrix
) -> list[Number]:
    """[joint divergence, averaged ELBO] as expectations of log densities over the joint law (P4, P5)."""
    size = len(mean)
    points = cubature_points(*encoded(mean, covariance, gain, noise))
    bound, evidence = arb(0), arb(0)
    for point in points:
        x, z = point[:size], point[size:]
        bound += _generator_log_density(x, z, loading, noise_variance) - log_density(z, matvec(gain, x), noise)
        evidence += log_density(x, mean, covariance)
    return [(evidence - bound) / len(points), bound / len(points)]


def hierarchical_elbo(
    x: Vector, encoder_gains: Vector, encoder_variances: Vector, decoder_gains: Vector, decoder_variances: Vector
) -> Number:
    """E_q[sum_i log p(z_{i-1}|z_i) + log p(z_L) - sum_i log q(z_i|z_{i-1})] from the second moments of the chain (P6).

    E z_i^2 = a_i^2 E z_{i-1}^2 + v_i, and E (z_{i-1} - b_i z_i)^2 = (1 - a_i b_i)^2 E z_{i-1}^2 + b_i^2 v_i.
    """
    total, moment, size = arb(0), dot(x, x), len(x)
    for a, v, b, w in zip(encoder_gains, encoder_variances, decoder_gains, decoder_variances, strict=True):
        misfit = squared(1 - a * b) * moment + size * b * b * v
        total += (size * (1 + v.log() - w.log()) - misfit / w) / 2
        moment = a * a * moment + size * v
    return total - (moment + size * (2 * arb.pi()).log()) / 2


def hierarchical_elbo_by_posterior(
    x: Vector, encoder_gains: Vector, encoder_variances: Vector, decoder_gains: Vector, decoder_variances: Vector
) -> list[Number]:
    """[ELBO, log p(x)]: log p(x) less the divergence of the encoder's law of (z_1 .. z_L) from the generator's
    posterior, both built as joint Gaussians (P6).
    """
    levels, zero = len(encoder_gains), arb(0)
    # The encoder's law of the latents: z_i = sum_j (prod of gains after j) noise_j, and prod of gains times x.
    rows: Matrix = []
    reach: Vector = []
    for index, gain in enumerate(encoder_gains):
        earlier = [gain * entry for entry in rows[-1]] if rows else [zero] * levels
        earlier[index] = encoder_variances[index].sqrt()
        rows.append(earlier)
        reach.append(gain * (reach[-1] if reach else arb(1)))
    encoder = matmul(rows, transpose(rows))
    # The generator's law of (z_1 .. z_L, x), from the top down.
    tops: Matrix = [[zero] * levels + [arb(1)]]
    for index in reversed(range(levels)):
        lower = [decoder_gains[index] * entry for entry in tops[-1]]
        lower[index] = decoder_variances[index].sqrt()
        tops.append(lower)
    rows = [*tops[-2::-1], tops[-1]]
    joint = matmul(rows, transpose(rows))
    bound, evidence = zero, zero
    for place in x:
        posterior = conditioned([zero] * (levels + 1), joint, [place])
        evidence += log_density([place], [zero], [[joint[-1][-1]]])
        bound -= kl_divergence([factor * place for factor in reach], encoder, *posterior)
    return [bound + evidence, evidence]


def exact_encoder(decoder_gains: Vector, decoder_variances: Vector) -> tuple[Vector, Vector]:
    """The encoder gains and variances of the generator's own posterior: p(z_i | z_{i-1}) by Bayes' rule (P6)."""
    gains, variances, spread = [], [], arb(1)
    for b, w in zip(reversed(decoder_gains), reversed(decoder_variances), strict=True):
        below = b * b * spread + w
        gains.append(b * spread / below)
        variances.append(spread * w / below)
        spread = below
    return gains[::-1], variances[::-1]
