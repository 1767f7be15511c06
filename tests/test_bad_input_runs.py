"""Bad input to runs of samplers, and to what they do to Gaussian data, is refused at the door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from doors import INF, KITS, NAN, Door, Kit, refused


def run(k: Kit, solver: Any = None, **changes: Any) -> object:
    chosen = k.m.solvers.DDIM() if solver is None else solver
    path = k.m.EDM()
    model = k.m.solvers.exact_model(k.gaussian(), path, "denoiser")
    given = {"model": model, "path": path, "x": k.a([1.0, 2.0]), "times": k.a([3.0, 2.0, 1.0]), **changes}
    return k.m.solvers.sample(
        chosen, given.pop("model"), given.pop("path"), given.pop("x"), given.pop("times"), **given
    )


def gains(k: Kit, solver: Any = None, **changes: Any) -> object:
    chosen = k.m.solvers.DDIM() if solver is None else solver
    given = {"path": k.m.EDM(), "times": k.a([3.0, 2.0, 1.0]), "variance": 1.0, **changes}
    return k.m.solvers.gaussian_gains(chosen, given.pop("path"), given.pop("times"), **given)


def law(k: Kit, solver: Any = None, **changes: Any) -> object:
    chosen = k.m.solvers.DDIM() if solver is None else solver
    given = {"data": k.gaussian(), "path": k.m.EDM(), "times": k.a([3.0, 2.0, 1.0]), **changes}
    return k.m.solvers.sampling_law(chosen, given.pop("data"), given.pop("path"), given.pop("times"), **given)


def inversion(k: Kit, **changes: Any) -> object:
    path = k.m.EDM()
    model = k.m.solvers.exact_model(k.gaussian(), path, "denoiser")
    given = {"model": model, "path": path, "x": k.a([1.0, 2.0]), "times": k.a([1.0, 2.0]), **changes}
    return k.m.solvers.ddim_inversion(
        given.pop("model"), given.pop("path"), given.pop("x"), given.pop("times"), **given
    )


def picard(k: Kit, name: str, **changes: Any) -> object:
    path = k.m.EDM()
    model = k.m.solvers.exact_model(k.gaussian(), path, "velocity")
    start = {"states": k.a([[1.0, 2.0]] * 2)} if name == "picard_sweep" else {"x": k.a([1.0, 2.0]), "sweeps": 1}
    given = {"model": model, "path": path, "times": k.a([2.0, 1.0]), **start, **changes}
    return getattr(k.m.solvers, name)(**given)


def sweep(k: Kit, **changes: Any) -> object:
    return picard(k, "picard_sweep", **changes)


def swept(k: Kit, **changes: Any) -> object:
    return picard(k, "picard_sample", **changes)


CASES: dict[str, Door] = {
    "model: another field": (
        lambda k: k.m.solvers.exact_model(k.gaussian(), k.m.EDM(), "v"), ValueError, ("output", "v", "velocity"),
    ),
    "model: of no law": (
        lambda k: k.m.solvers.exact_model(None, k.m.EDM(), "noise"), TypeError, ("data", "None", "Gaussian"),
    ),
    "model: on no path": (
        lambda k: k.m.solvers.exact_model(k.gaussian(), "EDM", "noise"), TypeError, ("path", "str"),
    ),
    "run: no solver": (lambda k: run(k, "DDIM"), TypeError, ("solver", "Solver", "str")),
    "run: start by name": (lambda k: run(k, start="DDIM"), TypeError, ("start", "Solver", "str")),
    "run: start with another output": (
        lambda k: run(k, start=k.m.solvers.DDIM(output="noise")), ValueError, ("start", "denoiser", "noise"),
    ),
    "run: last with another output": (
        lambda k: run(k, last=k.m.solvers.Euler()), ValueError, ("last", "denoiser", "velocity"),
    ),
    "run: no model": (lambda k: run(k, model=None), TypeError, ("model", "callable", "None")),
    "run: no path": (lambda k: run(k, path=None), TypeError, ("path", "None")),
    "run: no source of normals": (lambda k: run(k, k.m.solvers.Ancestral()), ValueError, ("normal", "None")),
    "run: a number for a source": (
        lambda k: run(k, k.m.solvers.Ancestral(), normal=1.0), TypeError, ("normal", "callable", "float"),
    ),
    "run: normals of another shape": (
        lambda k: run(k, k.m.solvers.Ancestral(), normal=lambda shape: k.a([1.0])), ValueError, ("noise", "1"),
    ),
    "run: a last rule that draws": (
        lambda k: run(k, last=k.m.solvers.Ancestral()), ValueError, ("normal", "None"),
    ),
    "run: x integers": (lambda k: run(k, x=k.raw([1, 2], "int64")), TypeError, ("x:", "int64")),
    "run: x nan": (lambda k: run(k, x=k.a([NAN, 1.0])), ValueError, ("x:", "finite", "nan")),
    "run: x scalar": (lambda k: run(k, x=k.a(1.0)), ValueError, ("x:", "()|scalar")),
    "run: x of another size": (lambda k: run(k, x=k.a([1.0] * 3)), ValueError, ("x:", "2", "3")),
    "run: x float32": (lambda k: run(k, x=k.raw([1.0, 2.0], "float32")), TypeError, ("float32", "float64")),
    "run: times rising": (lambda k: run(k, times=k.a([1.0, 2.0])), ValueError, ("times", "decreasing", "2.0")),
    "run: times of two axes": (lambda k: run(k, times=k.a([[2.0, 1.0]])), ValueError, ("times", "(1, 2)")),
    "run: times outside": (lambda k: run(k, times=k.a([2.0, -1.0])), ValueError, ("times", "-1.0")),
    "run: times nan": (lambda k: run(k, times=k.a([2.0, NAN])), ValueError, ("times", "finite", "nan")),
    "run: memory of numbers": (lambda k: run(k, memory=(1.0,)), TypeError, ("memory[0]", "Evaluation", "float")),
    "run: trajectory by a number": (lambda k: run(k, trajectory=1), TypeError, ("trajectory", "bool", "int")),
    "run: to no noise": (
        lambda k: run(k, k.m.solvers.UniPC(2), times=k.a([2.0, 1.0, 0.0])), ValueError, ("times", "(0", "0.0"),
    ),
    "gains: no solver": (lambda k: gains(k, "DDIM"), TypeError, ("solver", "Solver", "str")),
    "gains: last by name": (lambda k: gains(k, last="DDIM"), TypeError, ("last", "Solver", "str")),
    "gains: last with another output": (
        lambda k: gains(k, last=k.m.solvers.Euler()), ValueError, ("last", "denoiser", "velocity"),
    ),
    "gains: no path": (lambda k: gains(k, path=None), TypeError, ("path", "None")),
    "gains: negative variance": (lambda k: gains(k, variance=-1.0), ValueError, ("variance", "-1.0")),
    "gains: text": (lambda k: gains(k, variance="1"), TypeError, ("variance", "str")),
    "gains: nothing at all": (
        lambda k: gains(k, k.m.solvers.Heun("time"), variance=0.0, times=k.a([1.0, 0.0])),
        ValueError,
        ("variance", "0.0"),
    ),
    "gains: times rising": (lambda k: gains(k, times=k.a([1.0, 2.0])), ValueError, ("times", "decreasing")),
    "gains: times outside": (lambda k: gains(k, times=k.a([2.0, -1.0])), ValueError, ("times", "-1.0")),
    "gains: a flag by number": (lambda k: gains(k, exact_start=1), TypeError, ("exact_start", "bool", "int")),
    "gains: before the path": (
        lambda k: gains(
            k, k.m.solvers.ExponentialAdams(2), path=k.m.VPLinear(), times=k.a([1.0, 0.5]), exact_start=True
        ),
        ValueError,
        ("half_log_snr",),
    ),
    "law: a mixture": (lambda k: law(k, data=k.mixture()), TypeError, ("data", "Gaussian", "GaussianMixture")),
    "law: from a mixture": (lambda k: law(k, law=k.mixture()), TypeError, ("law", "Gaussian", "GaussianMixture")),
    "law: of another size": (
        lambda k: law(k, law=k.m.Gaussian(k.a([0.0]), k.a([[1.0]]))), ValueError, ("law", "2", "1"),
    ),
    "law: batches apart": (
        lambda k: law(
            k,
            data=k.m.Gaussian(k.a([[0.0]] * 2), k.a([[[1.0]]] * 2)),
            law=k.m.Gaussian(k.a([[0.0]] * 3), k.a([[[1.0]]] * 3)),
        ),
        ValueError,
        ("law", "2", "3"),
    ),
    "law: no solver": (lambda k: law(k, "DDIM"), TypeError, ("solver", "Solver", "str")),
    "law: times rising": (lambda k: law(k, times=k.a([1.0, 2.0])), ValueError, ("times", "decreasing")),
    "law: no path": (lambda k: law(k, path=None), TypeError, ("path", "None")),
    "inversion: a score": (lambda k: inversion(k, output="score"), ValueError, ("output", "score", "denoiser")),
    "inversion: downward": (lambda k: inversion(k, times=k.a([2.0, 1.0])), ValueError, ("times", "increasing")),
    "inversion: from no noise": (lambda k: inversion(k, times=k.a([0.0, 1.0])), ValueError, ("times", "(0", "0.0")),
    "inversion: no path": (lambda k: inversion(k, path=None), TypeError, ("path", "None")),
    "inversion: no model": (lambda k: inversion(k, model=1.0), TypeError, ("model", "callable", "float")),
    "inversion: x infinite": (lambda k: inversion(k, x=k.a([INF, 0.0])), ValueError, ("x:", "finite", "inf")),
    "inversion: another size": (
        lambda k: inversion(k, model=lambda x, t: k.a([1.0])), ValueError, ("model(x, t)", "2", "1"),
    ),
    "sweep: another number of states": (
        lambda k: sweep(k, states=k.a([[1.0, 2.0]] * 3)), ValueError, ("states", "2", "3"),
    ),
    "sweep: states of one axis": (lambda k: sweep(k, states=k.a([1.0, 2.0])), ValueError, ("states", "(2,)")),
    "sweep: states nan": (lambda k: sweep(k, states=k.a([[NAN], [1.0]])), ValueError, ("states", "finite", "nan")),
    "sweep: no path": (lambda k: sweep(k, path=None), TypeError, ("path", "None")),
    "sweep: no model": (lambda k: sweep(k, model=None), TypeError, ("model", "callable", "None")),
    "sweep: times rising": (lambda k: sweep(k, times=k.a([1.0, 2.0])), ValueError, ("times", "decreasing")),
    "sweep: model of another size": (
        lambda k: sweep(k, model=lambda x, t: k.a([1.0])), ValueError, ("model(x, t)", "2", "1"),
    ),
    "picard: fewer sweeps than none": (lambda k: swept(k, sweeps=-1), ValueError, ("sweeps", "-1")),
    "picard: half a sweep": (lambda k: swept(k, sweeps=0.5), TypeError, ("sweeps", "int", "float")),
    "picard: x scalar": (lambda k: swept(k, x=k.a(1.0)), ValueError, ("x:", "()|scalar")),
    "picard: times outside": (lambda k: swept(k, times=k.a([2.0, -1.0])), ValueError, ("times", "-1.0")),
    "picard: no path": (lambda k: swept(k, path=None), TypeError, ("path", "None")),
    "picard: no model": (lambda k: swept(k, model=None), TypeError, ("model", "callable", "None")),
}  # fmt: skip


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("what", CASES)
def test_bad_input_is_refused_by_name(what: str, kit: Callable[[], Kit]) -> None:
    refused(CASES[what], kit())


@pytest.mark.parametrize("kit", KITS)
def test_the_good_versions_of_the_bad_calls_are_accepted(kit: Callable[[], Kit]) -> None:
    made = kit()
    for call in (run, gains, law, inversion, sweep, swept):
        call(made)
