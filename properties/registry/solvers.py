"""Records of the solvers: the weights of every rule."""

from __future__ import annotations

from properties.registry import solver_objects
from properties.registry.record import Record, TwinKind

SINGLE, MULTISTEP = "solvers.first_order_rules_are_one", "solvers.multistep_rules_are_one"
CONSTANTS, MARGINALS = "solvers.constants_are_transported", "solvers.marginals_are_kept"
POLYNOMIALS, RATIOS = "solvers.weights_integrate_polynomials", "solvers.ratio_weights_integrate_polynomials"
LAST, FIRST = "solvers.the_last_step_may_end_at_the_data", "solvers.the_first_step_may_start_from_noise"
REMEMBERED = "solvers.the_history_may_start_from_noise"
BATCHES = "solvers.batches_of_weights"
IN_SIGMA = "solvers.sigma_is_the_time_of_edm"


def _scalar(name: str, twin: TwinKind, ids: tuple[str, ...], *laws: str) -> Record:
    """Weights or noises, judged one by one."""
    return Record(f"solvers.{name}", ids, twin, laws, "entrywise")


RECORDS: tuple[Record, ...] = (
    _scalar("phi", "closed", ("P74",), "solvers.phi_arbiter", "solvers.phi_recurrence", BATCHES),
    _scalar(
        "weighted_step", "closed", ("P58",), "solvers.weighted_step_arbiter", "solvers.weighted_step_draws", BATCHES
    ),
    _scalar(
        "exponential_adams_weights",
        "closed",
        ("P65", "P67", "P67b", "P73"),
        "solvers.exponential_adams_arbiter",
        POLYNOMIALS,
        CONSTANTS,
        MARGINALS,
        SINGLE,
        MULTISTEP,
        LAST,
        FIRST,
        REMEMBERED,
        BATCHES,
    ),
    _scalar(
        "ddim_weights",
        "closed",
        ("P64", "P65"),
        "solvers.ddim_arbiter",
        "solvers.eta_1_is_the_bridge",
        CONSTANTS,
        MARGINALS,
        SINGLE,
        LAST,
        FIRST,
        BATCHES,
    ),
    _scalar(
        "noise_standard_deviation",
        "closed",
        ("P66", "P67", "P67b"),
        "solvers.noise_arbiter",
        "solvers.three_etas",
        LAST,
        BATCHES,
    ),
    _scalar(
        "ancestral_sigmas",
        "closed",
        ("P66",),
        "solvers.ancestral_sigmas_arbiter",
        "solvers.ancestral_split",
        BATCHES,
    ),
    _scalar(
        "midpoint_multistep_weights",
        "closed",
        ("P72",),
        "solvers.midpoint_multistep_arbiter",
        CONSTANTS,
        MARGINALS,
        MULTISTEP,
        REMEMBERED,
        BATCHES,
    ),
    _scalar(
        "unipc_weights",
        "closed",
        ("P74",),
        "solvers.unipc_arbiter",
        POLYNOMIALS,
        CONSTANTS,
        MULTISTEP,
        LAST,
        REMEMBERED,
        BATCHES,
    ),
    _scalar(
        "deis_weights",
        "integral",
        ("P75",),
        "solvers.deis_arbiter",
        "solvers.deis_in_time_arbiter",
        "solvers.deis_by_quadrature",
        RATIOS,
        IN_SIGMA,
        LAST,
        BATCHES,
    ),
    _scalar(
        "linear_multistep_weights",
        "closed",
        ("P77",),
        "solvers.linear_multistep_arbiter",
        RATIOS,
        IN_SIGMA,
        "solvers.equal_steps_on_edm",
        BATCHES,
    ),
    _scalar(
        "pndm_weights",
        "closed",
        ("P76",),
        "solvers.pndm_arbiter",
        "solvers.equal_steps_on_edm",
        CONSTANTS,
        SINGLE,
        LAST,
        BATCHES,
    ),
    *solver_objects.RECORDS,
)
