"""Faults planted in the rules without a memory and in what runs them: each is caught by the law it is for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from planted import Plant, caught, changed
from solver_faults import (
    Call,
    after,
    asked,
    at_the_end,
    at_the_start,
    before,
    declared,
    drawn,
    negative,
    option,
    unscaled,
)

import reference

solvers = reference.solvers
FIRST, KUTTA, DPM = "solvers.first_order_gains", "solvers.runge_kutta_gains", "solvers.dpm_solver_gains"
DDIM, ANCESTRAL = "solvers.ddim_by_many_names", "solvers.ancestral_by_many_names"
SECOND, LAST, STEPS = (
    "solvers.second_order_identities",
    "solvers.last_step_is_the_denoiser",
    "solvers.sample_is_its_steps",
)


def noise_after_the_last_step(call: Call, end: Any, memory: Any) -> Any:
    if call.noise is not None and not np.any(call.level("sigma", end=True)):
        end = end + 0.01 * call.noise[0]
    return end, memory


def one_plus_l(call: Call, end: Any, memory: Any) -> Any:
    """Drift (1 + l)/2 beside noise l."""
    level = call.solver.noise_level
    excess = 0.5 * (1.0 + level) - 0.5 * (1.0 + level**2)
    weight = excess * (call.t_start - call.t_end) * call.path.diffusion_squared(np.asarray(call.t_start))
    return end + np.asarray(weight)[..., None] * call.model(call.x, call.t_start), memory


def between_euler_and_heun(call: Call, end: Any, memory: Any) -> Any:
    """Slopes weighed 3/4 and 1/4."""
    euler, _ = solvers.Euler(call.solver.variable).step(
        call.model, call.path, call.x, t_start=call.t_start, t_end=call.t_end
    )
    return 0.5 * (euler + end), memory


def churned_by_difference(call: Call, noise: Any) -> Any:
    """sigma_hat - sigma for sqrt(sigma_hat^2 - sigma^2)."""
    solver = call.solver
    if not solver.churn_min <= float(np.max(call.t_start)) <= solver.churn_max or solver.churn == 0.0:
        return noise
    gamma = min(solver.churn / solver.steps, np.sqrt(2.0) - 1.0)
    return noise * gamma / np.sqrt(gamma * (2.0 + gamma))


def without_the_rise(call: Call, model: Any, x: Any, t: Any) -> Any:
    """The model asked at sigma where the state is at sigma_hat."""
    return model(x, np.minimum(t, call.t_start))


def by_sigma(call: Call) -> None:
    """Eta = step_size sigma for step_size sigma^2."""
    size = call.solver.step_size / float(np.max(call.level("sigma", end=True)))
    call.solver = solvers.PredictorCorrector(call.solver.noise_level, call.solver.corrections, size)


def half_the_langevin_noise(call: Call, noise: Any) -> Any:
    """sqrt(eta) for sqrt(2 eta)."""
    scale = np.full((len(noise),) + (1,) * (noise.ndim - 1), np.sqrt(0.5))
    scale[: len(noise) - call.solver.corrections] = 1.0
    return noise * scale


def the_other_variable(call: Call) -> None:
    call.solver = solvers.Euler({"time": "half_log_snr", "half_log_snr": "time"}.get(call.solver.variable, "time"))


def exchanged(gains: Any) -> Any:
    """The mean's gain for the start's, and the other way round."""
    return solvers.Gains(gains.mean, gains.start, gains.noise)


def first_of_all(gains: Any) -> Any:
    """A batch whose every entry is its first."""
    parts = (gains.start, gains.mean, gains.noise)
    return solvers.Gains(*(np.broadcast_to(part[:1], part.shape) if np.ndim(gains.start) else part for part in parts))


FAULTS: dict[str, dict[str, tuple[Plant, str]]] = {
    "ddim": {
        "sqrt: eta for eta^2": (option(solvers.DDIM, eta=np.sqrt), FIRST),
        "the model asked where the step ends": (asked(solvers.DDIM, at_the_end), FIRST),
        "weight: a part in a thousand less noise": (drawn(solvers.DDIM, lambda _, z: 0.999 * z), FIRST),
        "sign: the answer's": (asked(solvers.DDIM, negative), DDIM),
        "variable: x/alpha for x": (asked(solvers.DDIM, unscaled), ANCESTRAL),
        "index: an inversion that asks at the next level": (
            changed(
                solvers,
                "ddim_inversion",
                lambda f, model, path, x, times, **k: f(
                    lambda y, t: model(y, times[1:][np.searchsorted(times[1:-1], t, "right")]), path, x, times, **k
                ),
            ),
            "solvers.inversion_loses_cosines",
        ),
        "weight: an inversion that undoes": (
            changed(
                solvers,
                "ddim_inversion",
                lambda f, *a, **k: (1.0 + 1e-6) * f(*a, **k),
            ),
            "solvers.inversion_arbiter",
        ),
    },
    "ancestral": {
        "index: the forward kernel's variance": (
            option(solvers.Ancestral, variance=lambda kind: {"bridge": "forward"}.get(kind, "bridge")),
            FIRST,
        ),
        "sqrt: the eta of another family": (option(solvers.AncestralEuler, eta=np.sqrt), ANCESTRAL),
        "noise after the last step": (after(solvers.Ancestral, noise_after_the_last_step), LAST),
        "the model asked where the step ends": (asked(solvers.AncestralEuler, at_the_end), FIRST),
        "weight: sigma z for its standard deviation": (
            drawn(solvers.Ancestral, lambda call, z: z * call.level("sigma", end=True)),
            "solvers.sampling_law_is_the_sampled_law",
        ),
        "sign: the answer's": (asked(solvers.Ancestral, negative), "solvers.sample_is_the_affine_map"),
    },
    "sde": {
        "index: l^2 for l": (option(solvers.EulerMaruyama, noise_level=np.square), FIRST),
        "the slides' (1 + l)/2": (after(solvers.EulerMaruyama, one_plus_l), FIRST),
        "sign: time runs up": (
            after(solvers.EulerMaruyama, lambda call, end, memory: (2.0 * call.x - end, memory)),
            "solvers.multistep_identities",
        ),
        "the model asked where the step ends": (asked(solvers.EulerMaruyama, at_the_end), FIRST),
        "sqrt: noise of step tau for sqrt(tau)": (
            drawn(solvers.EulerMaruyama, lambda call, z: z * np.sqrt(call.t_start - call.t_end)),
            "solvers.sampling_law_is_the_sampled_law",
        ),
    },
    "runge_kutta": {
        "the second slope at the wrong level": (asked(solvers.Heun, at_the_start), KUTTA),
        "weight: slopes by 3/4 and 1/4": (after(solvers.Heun, between_euler_and_heun), "solvers.attains_its_order"),
        "variable: time for half log-SNR": (before(solvers.Euler, the_other_variable), KUTTA),
        "the middle's slope at the end": (
            asked(solvers.Midpoint, lambda call, m, x, t: m(x, t if np.all(t == call.t_start) else call.t_end)),
            KUTTA,
        ),
        "sign: the answer's": (asked(solvers.Euler, negative), DDIM),
        "index: an order that is not there": (
            declared(solvers.Midpoint, "order", lambda _: 3),
            "solvers.attains_its_order",
        ),
    },
    "edm": {
        "index: churn over N + 1 levels": (option(solvers.EDMStochastic, steps=lambda n: n + 1), KUTTA),
        "sqrt: churn by sigma_hat - sigma": (drawn(solvers.EDMStochastic, churned_by_difference), KUTTA),
        "weight: S_noise squared": (
            option(solvers.EDMStochastic, noise_scale=np.square),
            "solvers.sampling_law_with_churn",
        ),
        "the model asked below the raised level": (asked(solvers.EDMStochastic, without_the_rise), KUTTA),
        "a window that is ignored": (option(solvers.EDMStochastic, churn_min=lambda _: 0.0), "solvers.edm_identities"),
        "the second slope at the wrong level": (asked(solvers.EDMStochastic, at_the_start), "solvers.edm_identities"),
    },
    "dpm_solver": {
        "exchanged variable: taylor for midpoint": (
            option(solvers.DPMSolver, variant=lambda kind: {"midpoint": "taylor"}.get(kind, "midpoint")),
            SECOND,
        ),
        "the inner answer at the wrong level": (
            asked(solvers.DPMSolver, lambda call, m, x, t: m(x, t if np.all(t == call.t_start) else call.t_end)),
            DPM,
        ),
        "sqrt: the ancestral split's eta": (option(solvers.DPMSolverAncestral, eta=np.sqrt), DPM),
        "index: the draws exchanged": (drawn(solvers.DPMSolverSDE, lambda _, z: z[::-1]), DPM),
        "weight: r for 1/(2r)": (option(solvers.DPMSolverSDE, r=lambda r: 1.0 - 0.9 * r), SECOND),
        "sign: the answer's": (asked(solvers.DPMSolver, negative), DDIM),
        "noise after the last step": (after(solvers.DPMSolverAncestral, noise_after_the_last_step), LAST),
    },
    "predictor_corrector": {
        "sqrt: eta = step sigma": (before(solvers.PredictorCorrector, by_sigma), FIRST),
        "weight: Langevin noise sqrt(eta)": (drawn(solvers.PredictorCorrector, half_the_langevin_noise), FIRST),
        "the corrector at the level that was left": (asked(solvers.PredictorCorrector, at_the_start), FIRST),
        "index: the draws in the other order": (
            drawn(solvers.PredictorCorrector, lambda _, z: z[::-1]),
            FIRST,
        ),
        "sign: the answer's": (asked(solvers.PredictorCorrector, negative), FIRST),
        "a draw too few declared": (
            declared(solvers.PredictorCorrector, "draws", lambda solver: solver.corrections),
            "solvers.asks_for_what_it_declares",
        ),
    },
    "picard": {
        "index: the step that follows": (
            changed(
                solvers,
                "picard_sweep",
                lambda f, model, path, states, times: f(model, path, states, np.append(times[0], 0.99 * times[1:])),
            ),
            "solvers.picard_is_euler",
        ),
        "sign: time runs up": (
            changed(solvers, "picard_sweep", lambda f, *a: 2.0 * a[2][:1] - f(*a)),
            "solvers.picard_contracts",
        ),
        "weight: velocities by half": (
            changed(
                solvers, "picard_sweep", lambda f, model, *a: f(lambda x, t: 0.5 * model(x, t), *a)
            ),
            "solvers.picard_contracts",
        ),
        "a sweep too few": (
            changed(solvers, "picard_sample", lambda f, *a, sweeps: f(*a, sweeps=max(sweeps - 1, 1))),
            "solvers.picard_is_euler",
        ),
        "states that were moved already": (
            changed(solvers, "picard_sweep", lambda f, model, path, states, times: f(
                model, path, f(model, path, states, times), times
            )),
            "solvers.picard_is_euler",
        ),
    },
    "sample": {
        "the last rule is not used": (
            changed(solvers, "sample", lambda f, *a, last=None, **k: f(*a, **k)),
            "solvers.start_and_last",
        ),
        "the start rule is not used": (
            changed(solvers, "sample", lambda f, *a, start=None, **k: f(*a, **k)),
            "solvers.start_and_last",
        ),
        "normals asked for once more": (
            changed(
                solvers,
                "sample",
                lambda f, *a, normal=None, **k: f(
                    *a, normal=None if normal is None else lambda shape: 0.5 * (normal(shape) + normal(shape)), **k
                ),
            ),
            "solvers.asks_for_what_it_declares",
        ),
        "a trajectory without its start": (
            changed(
                solvers,
                "sample",
                lambda f, *a, trajectory=False, **k: f(*a, trajectory=trajectory, **k)[int(trajectory) :],
            ),
            STEPS,
        ),
        "entries of a batch that share their draws": (
            changed(
                solvers,
                "sample",
                lambda f, *a, normal=None, **k: f(
                    *a, normal=None if normal is None else lambda shape: normal(shape) * 0.0 + 1.0, **k
                ),
            ),
            STEPS,
        ),
        "the exact noise for the exact denoiser": (
            changed(
                solvers,
                "exact_model",
                lambda f, data, path, output: f(data, path, {"denoiser": "noise"}.get(output, output)),
            ),
            "solvers.exact_model_is_the_field",
        ),
        "a variance for a standard deviation in the law": (
            changed(
                solvers,
                "sampling_law",
                lambda f, *a, **k: reference.Gaussian(f(*a, **k).mean, f(*a, **k).covariance @ f(*a, **k).covariance),
            ),
            "solvers.sampling_law_is_the_sampled_law",
        ),
        "an exact start that is cold": (
            changed(solvers, "gaussian_gains", lambda f, *a, exact_start=False, **k: f(*a, **k)),
            "solvers.exact_start_gains",
        ),
        "gains of the mean and of the start exchanged": (
            changed(solvers, "gaussian_gains", lambda f, *a, **k: exchanged(f(*a, **k))),
            FIRST,
        ),
        "gains of a batch that are those of its first": (
            changed(solvers, "gaussian_gains", lambda f, *a, **k: first_of_all(f(*a, **k))),
            DPM,
        ),
        "a table without a family": (
            changed(
                solvers,
                "standard_solvers",
                lambda f: {name: rule for name, rule in f().items() if type(rule).__name__ != "LMS"},
            ),
            "solvers.standard_solvers_are_whole",
        ),
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("family", "fault"), [(family, fault) for family, faults in FAULTS.items() for fault in faults]
)
def test_a_planted_fault_is_caught(family: str, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    caught(*FAULTS[family][fault], monkeypatch)
