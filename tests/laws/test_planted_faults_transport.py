"""Every law of transport sees a fault that someone might make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from planted import caught, changed, scaled

import reference
from reference import transport

SLIGHTLY = 1.0 + 1e-6


def wider(original: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """A law whose covariance is a part in a million larger."""
    law = original(*arguments, **options)
    return reference.Gaussian(law.mean, SLIGHTLY * law.covariance)


def moved(original: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """A law whose mean is a part in a million longer."""
    law = original(*arguments, **options)
    return reference.Gaussian(SLIGHTLY * law.mean, law.covariance)


def first_of_all(original: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """A batch whose every entry is its first."""
    result = np.asarray(original(*arguments, **options))
    return np.broadcast_to(result.reshape(-1)[0], result.shape) if result.ndim else result


# The law, and the functions that it must hold: each alone is made wrong by a part in a million.
HELD: dict[str, tuple[str, ...]] = {
    "optimal_arbiter": ("optimal_transport_matrix", "optimal_transport_map", "displacement_velocity"),
    "interpolation_arbiter": ("interpolation_velocity", "interpolation_flow_matrix", "interpolation_flow_map"),
    "reflow_arbiter": ("reflow_velocity",),
    "energies_arbiter": ("flow_displacement", "kinetic_energy", "coupling_energy"),
    "entropic_arbiter": ("entropic_cross_covariance", "schroedinger_bridge_drift"),
    "defect_arbiter": ("brenier_defect",),
    "conditional_matching_arbiter": ("conditional_velocity_matching",),
    "matching_arbiter": ("conditional_velocity_matching", "velocity_matching"),
    "matching_differs_by_the_floor": ("conditional_velocity_matching", "velocity_matching"),
    "line_matching_differs_by_the_floor": ("conditional_velocity_matching", "velocity_matching"),
    "conditional_arbiter": ("conditional_velocity", "minimal_variance_velocity"),
    "conditional_follows_its_path": ("conditional_velocity", "minimal_variance_velocity"),
    "matching_has_one_optimum": (
        "conditional_velocity",
        "data_time_from_time",
        "time_from_data_time",
        "velocity_from_data_time",
        "data_time_velocity_from_velocity",
    ),
    "divergence_velocities_arbiter": ("reverse_divergence_velocity", "forward_divergence_velocity"),
    "divergence_velocities_are_gradients": ("reverse_divergence_velocity", "forward_divergence_velocity"),
    "affine_flow_arbiter": ("affine_flow_log_prob",),
    "affine_flow_changes_variables": ("affine_flow_log_prob", "change_of_variables"),
    "pushes_forward": ("optimal_transport_matrix", "interpolation_flow_matrix", "optimal_transport_map"),
    "flow_follows_the_velocity": ("interpolation_flow_map", "interpolation_velocity"),
    "straight_lines": ("displacement_velocity", "reflow_velocity"),
    "commuting_is_optimal": ("interpolation_flow_matrix", "flow_displacement", "reflow_velocity"),
    "energies_are_averages": ("flow_displacement", "kinetic_energy", "coupling_energy", "optimal_transport_map"),
    "bridge_limits": ("entropic_cross_covariance",),
}


@pytest.mark.parametrize(("law", "name"), [(law, name) for law, names in HELD.items() for name in names])
def test_a_part_in_a_million_is_seen(law: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(scaled(transport, name, SLIGHTLY), f"transport.{law}", monkeypatch)


@pytest.mark.parametrize(
    ("law", "name"),
    [
        ("optimal_arbiter", "displacement_law"),
        ("interpolation_arbiter", "interpolation_law"),
        ("entropic_arbiter", "entropic_coupling"),
        ("entropic_arbiter", "schroedinger_bridge_law"),
        ("pushes_forward", "displacement_law"),
        ("pushes_forward", "interpolation_law"),
        ("bridge_certificate", "schroedinger_bridge_law"),
    ],
)
@pytest.mark.parametrize("fault", [wider, moved])
def test_a_law_off_by_a_part_in_a_million_is_seen(
    law: str, name: str, fault: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    caught(changed(transport, name, fault), f"transport.{law}", monkeypatch)


@pytest.mark.parametrize("name", ["interpolation_velocity", "displacement_velocity", "schroedinger_bridge_drift"])
def test_a_velocity_that_does_not_move_its_law_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(scaled(transport, name, 1.0 + 1e-3), "transport.moments_follow_the_velocity", monkeypatch)


def test_a_bridge_of_the_wrong_variance_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def doubled(original: Callable[..., Any], *arguments: Any, variance: Any) -> Any:
        return original(*arguments, variance=2.0 * variance)

    caught(changed(transport, "entropic_coupling", doubled), "transport.bridge_certificate", monkeypatch)


def test_a_drift_without_the_noise_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def noiseless(original: Callable[..., Any], first: Any, second: Any, x: Any, t: Any, *, variance: Any) -> Any:
        return transport.interpolation_velocity(first, second, x, t)

    for law in ("bridge_limits", "moments_follow_the_velocity"):
        caught(changed(transport, "schroedinger_bridge_drift", noiseless), f"transport.{law}", monkeypatch)


def test_a_square_root_of_the_product_is_no_optimal_map(monkeypatch: pytest.MonkeyPatch) -> None:
    def flowed(original: Callable[..., Any], first: Any, second: Any) -> Any:
        return transport.interpolation_flow_matrix(first, second, t_start=0.0, t_end=1.0)

    caught(changed(transport, "optimal_transport_matrix", flowed), "transport.optimal_arbiter", monkeypatch)


@pytest.mark.parametrize(
    ("name", "factor"), [("flow_displacement", 0.9), ("kinetic_energy", 0.9), ("coupling_energy", 0.7)]
)
def test_an_energy_out_of_order_is_seen(name: str, factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(scaled(transport, name, factor), "transport.inequalities", monkeypatch)


@pytest.mark.parametrize(
    "name", ["optimal_transport_matrix", "interpolation_velocity", "kinetic_energy", "schroedinger_bridge_drift"]
)
def test_a_batch_that_is_its_first_entry_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(changed(transport, name, first_of_all), "transport.batches", monkeypatch, cases=8)
