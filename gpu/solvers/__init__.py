"""Samplers as solvers of the reverse processes: their weights, their steps, and what they do to Gaussian data."""

from __future__ import annotations

from gpu.solvers._solver import Evaluation, Solver
from gpu.solvers.dpm_solver import DPMSolver, DPMSolverAncestral, DPMSolverSDE
from gpu.solvers.edm import EDMStochastic
from gpu.solvers.exponential import exponential_adams_weights, midpoint_multistep_weights, unipc_weights
from gpu.solvers.first_order import DDIM, Ancestral, AncestralEuler, EulerMaruyama, ddim_inversion
from gpu.solvers.gaussian import Gains, gaussian_gains, sampling_law
from gpu.solvers.multistep import DEIS, LMS, PNDM, ExponentialAdams, MidpointMultistep
from gpu.solvers.one_step import ancestral_sigmas, ddim_weights, noise_standard_deviation
from gpu.solvers.phi import phi
from gpu.solvers.picard import picard_sample, picard_sweep
from gpu.solvers.predictor_corrector import PredictorCorrector
from gpu.solvers.quadratures import deis_weights, linear_multistep_weights, pndm_weights
from gpu.solvers.runge_kutta import Euler, Heun, Midpoint
from gpu.solvers.sampling import exact_model, sample
from gpu.solvers.standard import standard_solvers
from gpu.solvers.unipc import SASolver, UniPC
from gpu.solvers.weights import StepWeights, weighted_step

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
