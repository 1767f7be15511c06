"""Float64 recurrences of documented updates, derived from their integrals: what a target is compared with."""

from __future__ import annotations

from certify.recurrences.levels import DenoiserData, Level, Move, Normal, chain, kernel_deficit
from certify.recurrences.multistep import DPMSolver, exponential_moments
from certify.recurrences.one_step import ancestral, ddim, euler, euler_ancestral, heun

__all__ = [
    "DPMSolver",
    "DenoiserData",
    "Level",
    "Move",
    "Normal",
    "ancestral",
    "chain",
    "ddim",
    "euler",
    "euler_ancestral",
    "exponential_moments",
    "heun",
    "kernel_deficit",
]
