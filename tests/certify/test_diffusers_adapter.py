"""The adapter reads the schedulers as they are: a wrong adapter would make false findings.

What the schedulers do wrong is the certificate's business; here only what the adapter says about them is tested.
"""

from __future__ import annotations

import contextlib
import io
import math
import warnings

import numpy as np
import pytest

pytest.importorskip("diffusers")
torch = pytest.importorskip("torch")

from certify.adapters.diffusers import target  # noqa: E402
from certify.adapters.diffusers.capabilities import CAPABILITIES, dpm_orders  # noqa: E402
from certify.adapters.diffusers.findings import CAUSES, explain  # noqa: E402
from certify.adapters.diffusers.subjects import solver_from, solvers  # noqa: E402
from certify.cases import pairwise, product  # noqa: E402
from certify.noise import Noise, random_values  # noqa: E402
from certify.oracles import GAUSSIAN, POINT_MASS  # noqa: E402
from certify.sampler_laws import Judgement  # noqa: E402
from certify.targets import Target, load_target  # noqa: E402
from certify.verdict import Cell  # noqa: E402

HEALTHY = {
    "DDIMScheduler": "timestep_spacing=leading",
    "DDPMScheduler": "timestep_spacing=leading",
    "EulerDiscreteScheduler": "timestep_spacing=linspace",
    "EulerAncestralDiscreteScheduler": "timestep_spacing=linspace",
    "HeunDiscreteScheduler": "timestep_spacing=linspace",
    "DPMSolverMultistepScheduler": "algorithm_type=dpmsolver++,solver_order=2,timestep_spacing=linspace",
}


def solver(name, options=""):
    return solver_from(f"diffusers:{name}[{options}]")


@pytest.mark.parametrize("name", CAPABILITIES)
def test_the_believed_level_is_the_level_of_the_scheduler_s_own_noising(name):
    """add_noise(0, 1, t) is sigma and add_noise(1, 0, t) is alpha of the level of t, in the state's coordinates."""
    session = solver(name, HEALTHY[name]).session(10)
    schedule, scheduler = session.schedule, session.scheduler
    one, zero = torch.ones(1, 1, dtype=torch.float64), torch.zeros(1, 1, dtype=torch.float64)
    for index, (level, _) in enumerate(schedule.moves):
        time = torch.tensor([schedule.times[index]], dtype=scheduler.timesteps.dtype)
        noised = scheduler.add_noise(zero, one, time).item(), scheduler.add_noise(one, zero, time).item()
        assert noised == pytest.approx((level.sigma, level.alpha), rel=1e-12)


@pytest.mark.parametrize("name", CAPABILITIES)
def test_the_level_told_to_the_network_is_the_scaling_of_its_input(name):
    """A variance-exploding scheduler shows its level by dividing its input by sqrt(1 + sigma^2)."""
    session = solver(name, HEALTHY[name]).session(5)
    calls = session.run(GAUSSIAN, "sigma")(np.ones((1, 2)), Noise(random_values(0))).calls
    session._restart()
    for call, time in zip(calls, session.scheduler.timesteps, strict=True):
        assert call.time == float(time)
        assert math.hypot(call.alpha, call.sigma) == pytest.approx(1.0, rel=1e-12)
        if name.startswith(("Euler", "Heun")):
            scaled = session.scheduler.scale_model_input(torch.ones(1, 1, dtype=torch.float64), time).item()
            assert call.alpha == pytest.approx(scaled, rel=1e-12)
            session.scheduler._step_index += 1


@pytest.mark.parametrize("name", CAPABILITIES)
def test_a_point_mass_walks_through_the_schedule_that_the_adapter_reads(name):
    """With all data at one point the state's mean is alpha c after every move: the levels are those of the moves."""
    session = solver(name, HEALTHY[name]).session(6)
    moves = session.schedule.moves
    start = moves[0][0].alpha * np.array([POINT_MASS.mean])
    for steps, (_, arrived) in enumerate(moves[:-1], start=1):
        silent = Noise(lambda variable, shape: np.zeros(shape))
        end = session.run(POINT_MASS, "sigma", steps=steps)(start, silent).end

        np.testing.assert_allclose(end, arrived.alpha * np.array([POINT_MASS.mean]), rtol=1e-10)


@pytest.mark.parametrize("name", CAPABILITIES)
@pytest.mark.parametrize("law", ["sampler.conforms", "sampler.grid", "sampler.parameterisation", "sampler.finite"])
def test_healthy_schedulers_pass(name, law):
    subject = solver(name, HEALTHY[name]).identifier
    (verdict,) = target().judge(Cell("diffusers", subject, law, profile="quick"))

    assert verdict.verdict == "pass", verdict.explanation
    assert verdict.reproduce == ""


@pytest.mark.parametrize(
    ("subject", "law", "cause"),
    [
        ("DDIMScheduler[timestep_spacing=linspace]", "sampler.grid", "t - num_train_timesteps // n"),
        ("DPMSolverMultistepScheduler[solver_order=3]", "sampler.conforms", "half of what the integral gives"),
        ("DDPMScheduler[variance_type=fixed_large_log]", "sampler.finite", "square root of that negative number"),
    ],
)
def test_known_causes_are_named_and_come_with_a_script(subject, law, cause):
    (verdict,) = target().judge(Cell("diffusers", f"diffusers:{subject}", law, profile="quick"))

    assert verdict.verdict == "fail"
    assert cause in verdict.explanation
    with contextlib.redirect_stdout(io.StringIO()) as printed, warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # the script is the user's, and diffusers and NumPy disagree on np.array(tensor)
        exec(verdict.reproduce, {})
    assert printed.getvalue()


def test_clipping_is_reported_as_what_no_probe_can_judge():
    (verdict,) = target().judge(
        Cell("diffusers", "diffusers:DDIMScheduler[clip_sample=True]", "sampler.conforms", profile="quick")
    )

    assert verdict.verdict == "not-applicable"
    assert verdict.measured > 0.1


def test_subject_ids_are_sorted_complete_and_read_back():
    for name in CAPABILITIES:
        for found in solvers(name, "quick", 0):
            options = found.identifier.partition("[")[2]
            assert options == ",".join(sorted(options.rstrip("]").split(","))) + "]"
            assert solver_from(found.identifier) == found


@pytest.mark.parametrize(
    "subject", ["diffusers:Nothing", "diffusers:DDIMScheduler[eta=7]", "diffusers:DDIMScheduler[a=1]"]
)
def test_unknown_subjects_are_refused(subject):
    with pytest.raises(ValueError, match="expected one of"):
        solver_from(subject)


def test_the_target_keeps_the_protocol_and_selects_by_address():
    found = load_target("diffusers")
    cells = found.cells("diffusers:DDIMScheduler", profile="quick", seed=0)

    assert isinstance(found, Target)
    assert {cell.subject.partition("[")[0] for cell in cells} == {"diffusers:DDIMScheduler"}
    assert len(found.cells("diffusers:DDIMScheduler[eta=0.5]", profile="quick", seed=0)) == 8
    with pytest.raises(ValueError, match="DDIMScheduler"):
        found.cells("diffusers:Nothing", profile="quick", seed=0)


def test_the_documented_orders_of_the_multistep_solver():
    base = {"solver_order": 3, "final_sigmas_type": "sigma_min"}

    assert dpm_orders(base, 16) == (1, 2, *[3] * 14)
    assert dpm_orders(base, 6) == (1, 2, 3, 3, 2, 1)
    assert dpm_orders({**base, "final_sigmas_type": "zero"}, 16)[-2:] == (3, 1)
    assert dpm_orders({**base, "solver_order": 2}, 1) == (1,)


def test_every_cause_has_a_script_that_fits():
    failure = Judgement("fail", 1.0, 0.0, case={"steps": 1000}, evidence={"failing_step_counts": {}})
    for name in CAPABILITIES:
        for found in solvers(name, "quick", 0):
            for cause in CAUSES:
                assert cause.script(found, failure).count("\n") <= 20
            _, script = explain(found, "sampler.conforms", failure)
            assert script.count("\n") <= 20
            compile(script, name, "exec")


def test_pairwise_designs_cover_every_pair():
    options = {"a": (1, 2, 3), "b": ("x", "y"), "c": (True, False), "d": (0.0, 0.5, 1.0)}
    design = pairwise(options, seed=1)
    for first, ones in options.items():
        for second, twos in options.items():
            if first < second:
                found = {(case[first], case[second]) for case in design}
                assert len(found) == len(ones) * len(twos)

    assert design == pairwise(options, seed=1)
    assert len(design) < len(product(options)) / 2
    assert len(pairwise({"a": (1, 2, 3)}, seed=0)) == 3
