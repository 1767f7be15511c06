"""The solvers by the names that people know."""

from __future__ import annotations

from reference.solvers.ancestral import Ancestral, AncestralEuler
from reference.solvers.ddim import DDIM
from reference.solvers.dpm_solver import DPMSolver, DPMSolverAncestral, DPMSolverSDE
from reference.solvers.edm import EDMStochastic
from reference.solvers.multistep import DEIS, LMS, PNDM, ExponentialAdams, MidpointMultistep
from reference.solvers.predictor_corrector import PredictorCorrector
from reference.solvers.protocol import Solver
from reference.solvers.runge_kutta import Euler, Heun, Midpoint
from reference.solvers.sa_solver import SASolver
from reference.solvers.sde import EulerMaruyama
from reference.solvers.unipc import UniPC

__all__ = ["standard_solvers"]


def standard_solvers() -> dict[str, Solver]:
    """Every family and order, by name; at least one that draws in each family that can.

    "EDM stochastic" runs on the EDM path only and is set for 20 steps.
    Catalogue: P59, P69, P70, P72-P77 (Lai et al., arXiv 2510.21890).
    """
    clocks = ("time", "noise_to_signal", "signal_to_noise", "half_log_snr")
    solvers: dict[str, Solver] = {
        "DDIM": DDIM(),
        "DDIM noise": DDIM(output="noise"),
        "DDIM eta 0.5": DDIM(eta=0.5),
        "ancestral": Ancestral(),
        "ancestral forward": Ancestral("forward"),
        "ancestral Euler": AncestralEuler(),
        "Euler-Maruyama": EulerMaruyama(),
        "Euler-Maruyama 0": EulerMaruyama(0.0),
        "predictor-corrector": PredictorCorrector(),
        "EDM stochastic": EDMStochastic(20, churn=5.0),
    }
    for clock in clocks:
        for rule in (Euler, Heun, Midpoint):
            solvers[f"{rule.__name__} {clock}"] = rule(clock)
    for order in (1, 2, 3):
        solvers[f"DPM-Solver-{order}"] = DPMSolver(order)
        solvers[f"DPM-Solver++ {order}S"] = DPMSolver(order, "denoiser")
    solvers |= {
        "DPM-Solver-2 taylor": DPMSolver(2, variant="taylor"),
        "DPM-Solver++ 2S taylor": DPMSolver(2, "denoiser", variant="taylor"),
        "DPM-Solver++ 2S ancestral": DPMSolverAncestral(),
        "DPM-Solver++ SDE": DPMSolverSDE(),
        "DPM-Solver++ 2M": MidpointMultistep(),
        "DPM-Solver 2M": MidpointMultistep("noise"),
        "DPM-Solver++ 2M SDE": MidpointMultistep(noise_level=1.0),
        "DPM-Solver++ 3M SDE": ExponentialAdams(3, noise_level=1.0),
    }
    for nodes in (1, 2, 3, 4):
        solvers[f"exponential Adams {nodes}"] = ExponentialAdams(nodes)
        solvers[f"exponential Adams {nodes} noise"] = ExponentialAdams(nodes, "noise")
        solvers[f"tAB-DEIS {nodes}"] = DEIS(nodes)
        solvers[f"rhoAB-DEIS {nodes}"] = DEIS(nodes, "noise_to_signal")
        solvers[f"LMS {nodes}"] = LMS(nodes)
        solvers[f"PNDM {nodes}"] = PNDM(nodes)
    solvers["PNDM Runge-Kutta"] = PNDM(start="runge_kutta")
    for nodes in (1, 2, 3):
        for variant in ("bh1", "bh2"):
            solvers[f"UniPC-{nodes} {variant}"] = UniPC(nodes, variant=variant)
        solvers[f"UniPC-{nodes} noise"] = UniPC(nodes, "noise")
        solvers[f"UniP-{nodes}"] = UniPC(nodes, corrector=False)
        solvers[f"SA-Solver {nodes}-{nodes + 1}"] = SASolver(nodes, nodes + 1)
    solvers["SA-Solver stochastic"] = SASolver(2, 2, noise_level=1.0)
    return solvers
