"""The laws that samplers are held to. Each takes a solver and step counts and gives a judgement."""

from __future__ import annotations

from certify.sampler_laws.conforms import judge_conforms, judge_parameterisation, judge_precision
from certify.sampler_laws.grid import judge_grid
from certify.sampler_laws.judgement import Judgement
from certify.sampler_laws.order import judge_order
from certify.sampler_laws.output_law import judge_finite, judge_output_law

__all__ = [
    "Judgement",
    "judge_conforms",
    "judge_finite",
    "judge_grid",
    "judge_order",
    "judge_output_law",
    "judge_parameterisation",
    "judge_precision",
]
