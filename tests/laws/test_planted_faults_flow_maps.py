"""Faults planted in the flow maps, the papers' and libraries' known ones among them: each is caught by its law."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from planted import Plant, caught, changed, scaled

import reference
from reference import flow_maps

SLIGHTLY = 1.0 + 1e-6


def named(name: str, instead: Callable[..., Any]) -> Plant:
    """A function of the module replaced by ``instead(original, ...)``."""
    return changed(flow_maps, name, instead)


def other_root(_: Any, data: Any, path: Any, x: Any, *, t_start: Any, t_end: Any) -> Any:
    """V_end V_start^-1 for its square root."""
    jacobian = flow_maps.oracle_jacobian(data, path, x, t_start=t_start, t_end=t_end)
    centre = path.alpha(t_start)[..., None] * data.mean
    moved = jacobian @ jacobian @ (x - centre)[..., None]
    return path.alpha(t_end)[..., None] * data.mean + moved[..., 0]


def to_the_data(f: Callable[..., Any], data: Any, path: Any, x: Any, t: Any, *, t_min: Any) -> Any:
    """The denoiser in place of the consistency function."""
    return f(data, path, x, t, t_min=t_min) if np.any(t == t_min) else reference.fields.denoiser(data, path, x, t)


def frozen_at_the_end(f: Callable[..., Any], data: Any, path: Any, x: Any, tangent: Any, **times: Any) -> Any:
    """The tangent (v, 1, 1): the end moves with the start."""
    u = flow_maps.average_velocity(data, path, x, **times)
    image = flow_maps.oracle_map(data, path, x, **times)
    there = reference.fields.velocity(data, path, image, times["t_end"])
    length = (times["t_start"] - times["t_end"])[..., None]
    return f(data, path, x, tangent, **times) + (u - there) / length


def without_noise(f: Callable[..., Any], data: Any, path: Any, *, clean: Any, noisy: Any, t_min: Any) -> Any:
    """The variance of x_noisy left out of the excess: sigma_noisy^2 for the posterior's share."""
    return f(data, path, clean=clean, noisy=noisy, t_min=t_min) * (1.0 + path.alpha(noisy) ** 2)


def first_of_all(original: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """A batch whose every entry is its first."""
    result = np.asarray(original(*arguments, **options))
    return np.broadcast_to(result[:1, :1], result.shape) if result.ndim > 2 else result


def mirrored(original: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Times exchanged: the way back for the way there."""
    return original(*arguments, **{**options, "t_start": options["t_end"], "t_end": options["t_start"]})


FAULTS: dict[str, tuple[Plant, str]] = {
    "the ratio for its root": (named("oracle_map", other_root), "flow_maps.gaussian_arbiter"),
    "the way back for the way there": (named("oracle_map", mirrored), "flow_maps.line_arbiter"),
    "a flow that is not one": (
        named(
            "oracle_map",
            lambda f, *a, t_start, t_end: (
                f(*a, t_start=t_start, t_end=t_end) * (1.0 + 1e-4 * (t_start - t_end)[..., None])
            ),
        ),
        "flow_maps.semigroup",
    ),
    "the start's derivative with the other sign": (
        named("oracle_start_derivative", lambda f, *a, **k: -f(*a, **k)),
        "flow_maps.line_identities",
    ),
    "the end's derivative taken at the start": (
        named(
            "oracle_end_derivative",
            lambda _, data, path, x, *, t_start, t_end: reference.fields.velocity(data, path, x, t_start),
        ),
        "flow_maps.gaussian_identities",
    ),
    "the residual with the other sign": (
        named("eulerian_residual", lambda _, start, product: start - product),
        "flow_maps.gaussian_identities",
    ),
    "the other residual with the other sign": (
        named("lagrangian_residual", lambda _, end, velocity: end + velocity),
        "flow_maps.models_arbiter",
    ),
    "a Jacobian off by a part in a million": (
        named("oracle_jacobian", lambda f, *a, **k: SLIGHTLY * f(*a, **k)),
        "flow_maps.density_is_carried",
    ),
    "the denoiser for the consistency function": (
        named("consistency_function", to_the_data),
        "flow_maps.gaussian_consistency",
    ),
    "the teacher's point without its noise": (
        named(
            "consistency_distillation_point",
            lambda _, data, path, x, *, clean, noisy: (
                path.alpha(clean)[..., None] * reference.fields.denoiser(data, path, x, noisy)
            ),
        ),
        "flow_maps.consistency_points_arbiter",
    ),
    "the weight without the noise's share": (
        named("consistency_offset_weight", lambda _, path, *, clean, noisy: path.alpha(clean) - path.alpha(noisy)),
        "flow_maps.offset_weight_is_its_quotient",
    ),
    "distillation for training": (
        named("consistency_training_loss", lambda _, *a, **k: flow_maps.consistency_distillation_loss(*a, **k)),
        "flow_maps.consistency_losses_arbiter",
    ),
    "training without its excess": (
        named("consistency_training_loss", lambda _, *a, **k: flow_maps.consistency_distillation_loss(*a, **k)),
        "flow_maps.excess_completes",
    ),
    "an excess with sigma^2 for the posterior": (
        named("consistency_training_excess", without_noise),
        "flow_maps.consistency_losses_are_averages",
    ),
    "a distillation loss of second order": (
        named("consistency_distillation_loss", lambda _, *a, **k: flow_maps.consistency_training_loss(*a, **k)),
        "flow_maps.consistency_orders",
    ),
    "a displacement over the wrong time": (
        named(
            "average_velocity",
            lambda f, *a, t_start, t_end: (
                f(*a, t_start=t_start, t_end=t_end) * ((t_start - t_end) / t_start)[..., None]
                if np.all(t_start > t_end)
                else f(*a, t_start=t_start, t_end=t_end)
            ),
        ),
        "flow_maps.average_is_an_average",
    ),
    "an average off by a part in a million": (
        scaled(flow_maps, "average_velocity", SLIGHTLY),
        "flow_maps.average_at_equal_times",
    ),
    "the map's slope for that of u": (
        named("average_velocity_matrix", lambda _, data, path, **k: reference.reverse.flow_matrix(data, path, **k)),
        "flow_maps.average_matrix_is_a_slope",
    ),
    "a total derivative with the end moving": (
        named("mean_flow_total_derivative", frozen_at_the_end),
        "flow_maps.total_derivative_is_a_derivative",
    ),
    "a total derivative with the end moving, by the arbiter": (
        named("mean_flow_total_derivative", frozen_at_the_end),
        "flow_maps.total_derivative_arbiter",
    ),
    "the target with the other sign": (
        named("mean_flow_target", lambda f, velocity, change, **k: f(velocity, -change, **k)),
        "flow_maps.line_mean_flow",
    ),
    "the target from the end with the other sign": (
        named("mean_flow_target_from_end", lambda f, velocity, change, **k: f(velocity, -change, **k)),
        "flow_maps.gaussian_mean_flow",
    ),
    "legs of equal weight": (
        named("combined_average_velocity", lambda _, first, second, **k: 0.5 * (first + second)),
        "flow_maps.models_arbiter",
    ),
    "CTM with the ratio exchanged": (
        named("ctm_flow_map", lambda _, g, x, *, t_start, t_end: (t_end / t_start) * g + (1.0 - t_end / t_start) * x),
        "flow_maps.models_invert",
    ),
    "the denoiser for CTM's output": (
        named("ctm_output_from_velocity", lambda _, velocity, x, *, t: x + t[..., None] * velocity),
        "flow_maps.output_is_a_denoiser",
    ),
    "the teacher's outputs of equal weight": (
        named("progressive_target_from_denoisers", lambda _, first, second, path, **k: 0.5 * (first + second)),
        "flow_maps.models_invert",
    ),
    "a student without the mean's miss": (
        named(
            "knowledge_distillation_loss",
            lambda f, data, path, matrix, offset, **k: f(data, path, matrix, 0.0 * offset, **k),
        ),
        "flow_maps.student_is_an_average",
    ),
    "a student on the marginal whatever its inputs": (
        named("knowledge_distillation_loss", lambda f, *a, start=None, **k: f(*a, **k)),
        "flow_maps.student_arbiter",
    ),
    "scores exchanged": (
        named("distribution_matching_gradient", lambda f, fake, real, *a, **k: f(real, fake, *a, **k)),
        "flow_maps.matching_is_an_average",
    ),
    "a gradient without alpha^2": (
        named(
            "distribution_matching_mean_gradient",
            lambda f, generator, data, path, t: f(generator, data, path, t) / path.alpha(t)[..., None],
        ),
        "flow_maps.matching_descends",
    ),
    "a covariance's gradient without its half": (
        scaled(flow_maps, "distribution_matching_covariance_gradient", 2.0),
        "flow_maps.matching_arbiter",
    ),
    "TrigFlow without sigma_data": (
        named("trigflow_velocity", lambda _, output, *, sigma_data: output),
        "flow_maps.trigflow_tangent_vanishes",
    ),
    "TrigFlow's target with x_0 not divided": (
        named(
            "trigflow_network_target",
            lambda _, x0, noise, angle, *, sigma_data: np.cos(angle)[..., None] * noise - np.sin(angle)[..., None] * x0,
        ),
        "flow_maps.trigflow_agrees",
    ),
    "TrigFlow's tangent without the network's own": (
        named("trigflow_tangent", lambda f, output, change, *a, **k: f(output, 0.0 * change, *a, **k)),
        "flow_maps.trigflow_arbiter",
    ),
    "a metric without its constant taken off": (
        named("pseudo_huber", lambda f, difference, *, constant: f(difference, constant=constant) + constant),
        "flow_maps.schedules_mean",
    ),
    "stages counted from one": (
        named("consistency_ratio", lambda f, t, *, stage, **k: f(t, stage=stage + 1.0, **k)),
        "flow_maps.schedules_arbiter",
    ),
    "a batch that is its first entry": (named("oracle_map", first_of_all), "flow_maps.batches"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_caught(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(*FAULTS[fault], monkeypatch)


# The law that must hold each function alone, when that is off by a part in a million.
HELD: dict[str, tuple[str, ...]] = {
    "flow_maps.gaussian_arbiter": (
        "oracle_map",
        "oracle_jacobian",
        "oracle_start_derivative",
        "oracle_end_derivative",
        "average_velocity",
        "average_velocity_matrix",
    ),
    "flow_maps.total_derivative_arbiter": ("mean_flow_total_derivative",),
    "flow_maps.consistency_points_arbiter": (
        "consistency_offset_weight",
        "consistency_training_point",
        "consistency_distillation_point",
    ),
    "flow_maps.consistency_losses_arbiter": (
        "consistency_distillation_loss",
        "consistency_training_loss",
        "consistency_training_excess",
    ),
    "flow_maps.gaussian_consistency": ("consistency_function",),
    "flow_maps.student_arbiter": ("knowledge_distillation_loss",),
    "flow_maps.matching_arbiter": (
        "distribution_matching_mean_gradient",
        "distribution_matching_covariance_gradient",
    ),
    "flow_maps.models_arbiter": (
        "ctm_output",
        "ctm_flow_map",
        "ctm_output_from_velocity",
        "ctm_loss_weight",
        "mean_flow_target",
        "mean_flow_target_from_end",
        "combined_average_velocity",
        "shortcut_target",
        "eulerian_residual",
        "lagrangian_residual",
        "progressive_target",
        "progressive_target_from_denoisers",
        "distribution_matching_gradient",
    ),
    "flow_maps.schedules_arbiter": (
        "mean_flow_adaptive_weight",
        "consistency_pair_weight",
        "pseudo_huber",
        "consistency_ratio",
        "pseudo_huber_constant",
    ),
    "flow_maps.trigflow_arbiter": (
        "trigflow_network_output",
        "trigflow_consistency",
        "trigflow_network_from_consistency",
        "trigflow_network_target",
        "trigflow_velocity",
        "trigflow_tangent",
    ),
}


@pytest.mark.parametrize(("identifier", "name"), [(law, name) for law, names in HELD.items() for name in names])
def test_a_part_in_a_million_is_seen(identifier: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(scaled(flow_maps, name, SLIGHTLY), identifier, monkeypatch, cases=12)
