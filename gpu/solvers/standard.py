"""The solvers that have a name."""

from __future__ import annotations

from typing import Literal

from gpu.solvers._solver import Solver
from gpu.solvers.dpm_solver import DPMSolver, DPMSolverAncestral, DPMSolverSDE
from gpu.solvers.edm import EDMStochastic
from gpu.solvers.first_order import DDIM, Ancestral, AncestralEuler, EulerMaruyama
from gpu.solvers.multistep import DEIS, LMS, PNDM, ExponentialAdams, MidpointMultistep
from gpu.solvers.predictor_corrector import PredictorCorrector
from gpu.solvers.runge_kutta import Euler, Heun, Midpoint, Variable
from gpu.solvers.unipc import SASolver, UniPC

__all__ = ["standard_solvers"]

_EDM_STEPS, _EDM_CHURN = 20, 5.0
_VARIABLES: tuple[Variable, ...] = ("time", "noise_to_signal", "signal_to_noise", "half_log_snr")
_FORMS: tuple[tuple[str, Literal["denoiser", "noise"]], ...] = (("++", "denoiser"), ("", "noise"))
_VARIANTS: tuple[Literal["bh1", "bh2"], ...] = ("bh1", "bh2")


def standard_solvers() -> dict[str, Solver]:
    """Every family and order by name, with at least one that draws in each family that can.

    "EDM stochastic" is of the EDM path, and set for 20 steps.

    Catalogue: P59, P69, P70, P72-P77 (Lai et al., arXiv 2510.21890).
    """
    return _first_order() | _runge_kutta() | _dpm_solvers() | _multistep() | _corrected()


def _first_order() -> dict[str, Solver]:
    return {
        "DDIM": DDIM(),
        "DDIM noise": DDIM(output="noise"),
        "DDIM eta 0.5": DDIM(eta=0.5),
        "ancestral": Ancestral(),
        "ancestral forward": Ancestral("forward"),
        "ancestral Euler": AncestralEuler(),
        "Euler-Maruyama": EulerMaruyama(),
        "Euler-Maruyama 0": EulerMaruyama(0.0),
        "predictor-corrector": PredictorCorrector(),
        "EDM stochastic": EDMStochastic(_EDM_STEPS, churn=_EDM_CHURN),
    }


def _runge_kutta() -> dict[str, Solver]:
    rules: tuple[tuple[str, type[Euler | Heun | Midpoint]], ...] = (
        ("Euler", Euler),
        ("Heun", Heun),
        ("Midpoint", Midpoint),
    )
    return {f"{name} {variable}": rule(variable) for variable in _VARIABLES for name, rule in rules}


def _dpm_solvers() -> dict[str, Solver]:
    found: dict[str, Solver] = {}
    for order in (1, 2, 3):
        found[f"DPM-Solver-{order}"] = DPMSolver(order)
        found[f"DPM-Solver++ {order}S"] = DPMSolver(order, "denoiser")
    found["DPM-Solver-2 taylor"] = DPMSolver(2, variant="taylor")
    found["DPM-Solver++ 2S taylor"] = DPMSolver(2, "denoiser", variant="taylor")
    found["DPM-Solver++ 2S ancestral"] = DPMSolverAncestral()
    found["DPM-Solver++ SDE"] = DPMSolverSDE()
    return found


def _multistep() -> dict[str, Solver]:
    found: dict[str, Solver] = {f"DPM-Solver{plus} 2M": MidpointMultistep(output) for plus, output in _FORMS}
    found["DPM-Solver++ 2M SDE"] = MidpointMultistep(noise_level=1.0)
    found["DPM-Solver++ 3M SDE"] = ExponentialAdams(3, noise_level=1.0)
    for count in (1, 2, 3, 4):
        found[f"exponential Adams {count}"] = ExponentialAdams(count)
        found[f"exponential Adams {count} noise"] = ExponentialAdams(count, "noise")
        found[f"tAB-DEIS {count}"] = DEIS(count)
        found[f"rhoAB-DEIS {count}"] = DEIS(count, "noise_to_signal")
        found[f"LMS {count}"] = LMS(count)
        found[f"PNDM {count}"] = PNDM(count)
    found["PNDM Runge-Kutta"] = PNDM(start="runge_kutta")
    return found


def _corrected() -> dict[str, Solver]:
    found: dict[str, Solver] = {}
    for count in (1, 2, 3):
        for variant in _VARIANTS:
            found[f"UniPC-{count} {variant}"] = UniPC(count, variant=variant)
        found[f"UniPC-{count} noise"] = UniPC(count, "noise")
        found[f"UniP-{count}"] = UniPC(count, corrector=False)
        found[f"SA-Solver {count}-{count + 1}"] = SASolver(count, count + 1)
    found["SA-Solver stochastic"] = SASolver(noise_level=1.0)
    return found
