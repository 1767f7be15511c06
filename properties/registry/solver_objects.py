"""Records of the solvers as objects, of the samplers that run them, and of their exact answers on Gaussian data."""

from __future__ import annotations

from properties.registry.record import Record

STEPS, ASKS, AFFINE = (
    "solvers.sample_is_its_steps",
    "solvers.asks_for_what_it_declares",
    "solvers.sample_is_the_affine_map",
)
ORDER, WEAK = "solvers.attains_its_order", "solvers.attains_its_weak_order"
DDIM, ANCESTRAL = "solvers.ddim_by_many_names", "solvers.ancestral_by_many_names"
SECOND, MULTISTEP = "solvers.second_order_identities", "solvers.multistep_identities"
PATHS, LAST, START = (
    "solvers.half_log_snr_is_all_they_know",
    "solvers.last_step_is_the_denoiser",
    "solvers.exact_start_gains",
)
SAMPLED, CHURNED = "solvers.sampling_law_is_the_sampled_law", "solvers.sampling_law_with_churn"


def _rule(name: str, ids: tuple[str, ...], *laws: str) -> Record:
    """A rule, judged by its gains in the sizes of its own terms."""
    return Record(f"solvers.{name}.step", ids, "closed", (*laws, AFFINE, STEPS, ASKS), "normwise")


FIRST, KUTTA, DPM = "solvers.first_order_gains", "solvers.runge_kutta_gains", "solvers.dpm_solver_gains"
MEMORY, CORRECTED = "solvers.multistep_gains", "solvers.corrected_gains"
FORGETS = "solvers.a_run_forgets_the_output_at_pure_noise"

RECORDS: tuple[Record, ...] = (
    _rule("DDIM", ("P64", "P65"), FIRST, DDIM, ANCESTRAL, SAMPLED, LAST, ORDER, WEAK, PATHS),
    _rule("Ancestral", ("P37", "P40", "P59", "P65"), FIRST, ANCESTRAL, SAMPLED, LAST, WEAK, PATHS),
    _rule("AncestralEuler", ("P66",), FIRST, DDIM, ANCESTRAL, LAST, WEAK, PATHS),
    _rule("EulerMaruyama", ("P53", "P59"), FIRST, MULTISTEP, SAMPLED, ORDER, WEAK),
    _rule("PredictorCorrector", ("P35", "P53", "P63"), FIRST, WEAK),
    _rule("Euler", ("P65", "P69"), KUTTA, DDIM, LAST, ORDER),
    _rule("Heun", ("P69", "P71", "P81"), KUTTA, SECOND, LAST, ORDER, PATHS),
    _rule("Midpoint", ("P69",), KUTTA, ORDER),
    _rule("EDMStochastic", ("P62", "P81"), KUTTA, "solvers.edm_identities", CHURNED, WEAK),
    _rule("DPMSolver", ("P70", "P71", "P72"), DPM, DDIM, SECOND, LAST, ORDER, PATHS),
    _rule("DPMSolverAncestral", ("P66", "P72"), DPM, SECOND, LAST, WEAK, PATHS),
    _rule("DPMSolverSDE", ("P66", "P72"), DPM, SECOND, WEAK, PATHS),
    _rule(
        "ExponentialAdams",
        ("P65", "P67", "P67b", "P73"),
        MEMORY,
        START,
        FORGETS,
        DDIM,
        ANCESTRAL,
        MULTISTEP,
        SAMPLED,
        ORDER,
        WEAK,
    ),
    _rule("MidpointMultistep", ("P67", "P72"), MEMORY, START, FORGETS, SECOND, ORDER, WEAK, PATHS),
    _rule("DEIS", ("P75",), MEMORY, START, DDIM, MULTISTEP, ORDER),
    _rule("LMS", ("P77",), MEMORY, START, DDIM, MULTISTEP, ORDER, PATHS),
    _rule("PNDM", ("P76",), MEMORY, START, DDIM, ORDER),
    _rule(
        "UniPC",
        ("P74", "P79"),
        CORRECTED,
        START,
        FORGETS,
        SECOND,
        "solvers.three_nodes_are_one_polynomial",
        ORDER,
        PATHS,
    ),
    _rule("SASolver", ("P67", "P73", "P79"), CORRECTED, START, ANCESTRAL, MULTISTEP, ORDER, WEAK, PATHS),
    Record(
        "solvers.Solver.step",
        (),
        "none",
        (STEPS, ASKS),
        "normwise",
        twin_reason="what every rule has in common; each has a record and a twin of its own",
    ),
    Record("solvers.sample", ("P58", "P79"), "closed", (AFFINE, STEPS, "solvers.start_and_last"), "normwise"),
    Record("solvers.exact_model", ("P20", "P22"), "closed", ("solvers.exact_model_is_the_field", AFFINE), "normwise"),
    Record(
        "solvers.ddim_inversion",
        ("P68",),
        "closed",
        ("solvers.inversion_arbiter", "solvers.inversion_loses_cosines"),
        "normwise",
    ),
    *(
        Record(
            f"solvers.{name}", ("P80",), "verified", ("solvers.picard_is_euler", "solvers.picard_contracts"), "normwise"
        )
        for name in ("picard_sweep", "picard_sample")
    ),
    Record(
        "solvers.gaussian_gains",
        ("P58", "P78"),
        "closed",
        (FIRST, KUTTA, DPM, MEMORY, CORRECTED, START, LAST),
        "normwise",
    ),
    Record("solvers.sampling_law", ("P58", "P59", "P62", "P78"), "closed", (SAMPLED, CHURNED, LAST), "normwise"),
    Record(
        "solvers.standard_solvers",
        ("P59", "P69", "P70", "P72", "P77"),
        "none",
        ("solvers.standard_solvers_are_whole", ORDER, WEAK),
        "exact",
        twin_reason="a table of objects, each with a record of its own",
    ),
)
