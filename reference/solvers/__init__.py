"""Samplers step by step: the weights of their steps, the rules, and what each rule does to Gaussian data.

A solver is a frozen dataclass with a ``step``; ``sample`` runs it over decreasing times.  h = lambda_end - lambda_start
> 0 is the gain of half log-SNR in a step.
"""

from __future__ import annotations

from reference.solvers.ancestral import Ancestral, AncestralEuler
from reference.solvers.ddim import DDIM, ddim_inversion
from reference.solvers.dpm_solver import DPMSolver, DPMSolverAncestral, DPMSolverSDE
from reference.solvers.edm import EDMStochastic
from reference.solvers.exponential import exponential_adams_weights, midpoint_multistep_weights, unipc_weights
from reference.solvers.gaussian import Gains, gaussian_gains, sampling_law
from reference.solvers.multistep import DEIS, LMS, PNDM, ExponentialAdams, MidpointMultistep
from reference.solvers.phi import phi
from reference.solvers.picard import picard_sample, picard_sweep
from reference.solvers.polynomial import deis_weights, linear_multistep_weights, pndm_weights
from reference.solvers.predictor_corrector import PredictorCorrector
from reference.solvers.protocol import Evaluation, Solver, exact_model, sample
from reference.solvers.runge_kutta import Euler, Heun, Midpoint
from reference.solvers.sa_solver import SASolver
from reference.solvers.sde import EulerMaruyama
from reference.solvers.standard import standard_solvers
from reference.solvers.unipc import UniPC
from reference.solvers.weights import (
    StepWeights,
    ancestral_sigmas,
    ddim_weights,
    noise_standard_deviation,
    weighted_step,
)

__all__ = [
    "DDIM",
    "DEIS",
    "LMS",
    "PNDM",
    "Ancestral",
    "AncestralEuler",
    "DPMSolver",
    "DPMSolverAncestral",
    "DPMSolverSDE",
    "EDMStochastic",
    "Euler",
    "EulerMaruyama",
    "Evaluation",
    "ExponentialAdams",
    "Gains",
    "Heun",
    "Midpoint",
    "MidpointMultistep",
    "PredictorCorrector",
    "SASolver",
    "Solver",
    "StepWeights",
    "UniPC",
    "ancestral_sigmas",
    "ddim_inversion",
    "ddim_weights",
    "deis_weights",
    "exact_model",
    "exponential_adams_weights",
    "gaussian_gains",
    "linear_multistep_weights",
    "midpoint_multistep_weights",
    "noise_standard_deviation",
    "phi",
    "picard_sample",
    "picard_sweep",
    "pndm_weights",
    "sample",
    "sampling_law",
    "standard_solvers",
    "unipc_weights",
    "weighted_step",
]
