"""Bad input to guided predictions, guided laws and conditioning is refused at the door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from doors import INF, KITS, NAN, Door, Kit, refused

# The arguments of every formula on predictions, as (kind, value): vectors, or numbers.
FORMULAS: dict[str, dict[str, Any]] = {
    "classifier_score": {"unconditional_score": [1.0, 2.0], "conditional_score": [2.0, 1.0]},
    "guided": {"unconditional": [1.0, 2.0], "conditional": [2.0, 1.0], "weight": 2.0},
    "guided_ho_salimans": {"unconditional": [1.0, 2.0], "conditional": [2.0, 1.0], "strength": 2.0},
    "guided_score_from_classifier": {"score": [1.0, 2.0], "classifier_score": [2.0, 1.0], "scale": 2.0},
    "guided_mean_from_classifier": {
        "mean": [1.0, 2.0], "variance": 0.5, "classifier_score": [2.0, 1.0], "scale": 2.0,
    },
    "guided_noise_from_classifier": {
        "noise": [1.0, 2.0], "classifier_score": [2.0, 1.0], "sigma": 0.5, "scale": 2.0,
    },
    "mean_flow_guided_velocity": {
        "velocity": [1.0, 2.0], "unconditional": [2.0, 1.0], "conditional": [0.0, 1.0], "omega": 2.0, "kappa": 0.5,
    },
    "rescaled": {"guided": [1.0, 2.0], "conditional": [2.0, 1.0], "mix": 0.5},
    "weight_from_ho_salimans": {"strength": 2.0},
    "ho_salimans_from_weight": {"weight": 2.0},
    "weight_from_mean_flow": {"omega": 2.0, "kappa": 0.5},
    "interval_weight": {"weight": 2.0, "t": 0.5, "t_low": 0.25, "t_high": 0.75},
    "diffusion_dpo_loss": {
        "winner_error": 1.0, "winner_reference_error": 2.0, "loser_error": 2.0, "loser_reference_error": 1.0,
        "scale": 1.0,
    },
}  # fmt: skip


def formula(k: Kit, name: str, **changes: Any) -> object:
    given = {key: k.a(value) for key, value in FORMULAS[name].items()}
    return getattr(k.m.guidance, name)(**{**given, **changes})


def rows(k: Kit, vector: bool, count: int) -> Any:
    """Values of a batch of so many."""
    return k.a([[1.0, 2.0]] * count if vector else [0.5] * count)


def generic(name: str, argument: str) -> dict[str, Door]:
    """What every argument of a formula refuses."""
    given = FORMULAS[name]
    value = given[argument]
    vector = isinstance(value, list)
    doors: dict[str, Door] = {
        "text": (lambda k: formula(k, name, **{argument: "one"}), TypeError, (argument, "str")),
        "none": (lambda k: formula(k, name, **{argument: None}), TypeError, (argument, "None")),
        "list": (lambda k: formula(k, name, **{argument: [1.0, 2.0]}), TypeError, (argument, "list")),
        "integers": (
            lambda k: formula(k, name, **{argument: k.raw([1, 2] if vector else 1, "int64")}),
            TypeError,
            (argument, "int64"),
        ),
        "nan": (
            lambda k: formula(k, name, **{argument: k.a([NAN, 1.0] if vector else NAN)}), ValueError, (argument, "nan"),
        ),
        "infinite": (
            lambda k: formula(k, name, **{argument: k.a([INF, 1.0] if vector else INF)}), ValueError, (argument, "inf"),
        ),
    }  # fmt: skip
    if vector:
        doors["number"] = (lambda k: formula(k, name, **{argument: 1.0}), ValueError, (argument, "()|scalar"))
        doors["empty"] = (lambda k: formula(k, name, **{argument: k.a([])}), ValueError, (argument, "(0,)"))
        doors["another size"] = (lambda k: formula(k, name, **{argument: k.a([1.0] * 3)}), ValueError, ("2", "3"))
    other = next((key for key in given if key != argument), None)
    if other is not None:
        beside = isinstance(given[other], list)
        doors["mixed"] = (
            lambda k: formula(k, name, **{argument: k.raw(value, "float32")}), TypeError, ("float32", "float64"),
        )  # fmt: skip
        doors["batches apart"] = (
            lambda k: formula(k, name, **{argument: _batch(k, name, argument, 2), other: rows(k, beside, 3)}),
            ValueError,
            (f"{argument}|{other}", "2", "3"),
        )
    return {f"{name}, {argument}: {what}": door for what, door in doors.items()}


def _batch(k: Kit, name: str, argument: str, count: int) -> Any:
    """A batch of the argument; the variance of a step is a diagonal."""
    return rows(k, isinstance(FORMULAS[name][argument], list) or argument == "variance", count)


GENERIC = {
    what: door
    for name, given in FORMULAS.items()
    for argument in given
    for what, door in generic(name, argument).items()
    # The variance of one number per coordinate is a vector: no batch of numbers.
    if not (name == "guided_mean_from_classifier" and "batches apart" in what)
}

PREDICTIONS: dict[str, Door] = {
    "mean: negative variance": (
        lambda k: formula(k, "guided_mean_from_classifier", variance=-0.5), ValueError, ("variance", "-0.5"),
    ),
    "mean: a diagonal of another size": (
        lambda k: formula(k, "guided_mean_from_classifier", variance=k.a([1.0] * 3)),
        ValueError,
        ("variance", "2", "3"),
    ),
    "mean: diagonals apart": (
        lambda k: formula(
            k, "guided_mean_from_classifier", variance=k.a([[1.0, 1.0]] * 3), mean=k.a([[1.0, 1.0]] * 2)
        ),
        ValueError,
        ("variance", "2", "3"),
    ),
    "noise: negative sigma": (
        lambda k: formula(k, "guided_noise_from_classifier", sigma=-0.5), ValueError, ("sigma", "-0.5"),
    ),
    "mean flow: kappa 1": (lambda k: formula(k, "weight_from_mean_flow", kappa=1.0), ValueError, ("kappa", "1.0")),
    "interval: empty": (lambda k: formula(k, "interval_weight", t_low=0.8), ValueError, ("t_low", "t_high")),
    "rescaled: more than all": (lambda k: formula(k, "rescaled", mix=1.5), ValueError, ("mix", "[0, 1]", "1.5")),
    "rescaled: less than none": (lambda k: formula(k, "rescaled", mix=-0.5), ValueError, ("mix", "-0.5")),
    "rescaled: a constant": (
        lambda k: formula(k, "rescaled", guided=k.a([1.0, 1.0])), ValueError, ("guided", "0.0"),
    ),
    "threshold: no quantile": (
        lambda k: k.m.guidance.dynamic_threshold(k.a([1.0]), quantile=0.0), ValueError, ("quantile", "0.0"),
    ),
    "threshold: beyond all": (
        lambda k: k.m.guidance.dynamic_threshold(k.a([1.0]), quantile=1.5), ValueError, ("quantile:", "(0, 1]", "1.5"),
    ),
    "threshold: nan": (
        lambda k: k.m.guidance.dynamic_threshold(k.a([1.0]), quantile=NAN), ValueError, ("quantile", "nan"),
    ),
    "threshold: an array": (
        lambda k: k.m.guidance.dynamic_threshold(k.a([1.0]), quantile=k.a([0.5])), TypeError, ("quantile", "float"),
    ),
    "threshold: no least": (
        lambda k: k.m.guidance.dynamic_threshold(k.a([1.0]), quantile=0.5, minimum=0.0), ValueError, ("minimum", "0.0"),
    ),
    "threshold: integers": (
        lambda k: k.m.guidance.dynamic_threshold(k.raw([1], "int64"), quantile=0.5), TypeError, ("denoiser", "int64"),
    ),
    "threshold: infinite": (
        lambda k: k.m.guidance.dynamic_threshold(k.a([INF]), quantile=0.5), ValueError, ("denoiser", "inf"),
    ),
    "threshold: a number": (
        lambda k: k.m.guidance.dynamic_threshold(k.a(1.0), quantile=0.5), ValueError, ("denoiser", "()|scalar"),
    ),
    "preference: negative error": (
        lambda k: formula(k, "diffusion_dpo_loss", loser_error=-1.0), ValueError, ("loser_error", "-1.0"),
    ),
    "preference: negative scale": (
        lambda k: formula(k, "diffusion_dpo_loss", scale=-1.0), ValueError, ("scale", "-1.0"),
    ),
}  # fmt: skip


def wide(k: Kit, variances: Any = (2.0, 1.0)) -> Any:
    """A Gaussian in the plane that commutes with every diagonal one."""
    return k.m.Gaussian(k.a([1.0, 0.0]), k.a([[variances[0], 0.0], [0.0, variances[1]]]))


def line(k: Kit, batch: int = 0) -> Any:
    """A Gaussian on the line, or so many."""
    if batch:
        return k.m.Gaussian(k.a([[0.0]] * batch), k.a([[[1.0]]] * batch))
    return k.m.Gaussian(k.a([0.0]), k.a([[1.0]]))


SINGLE = {
    "guided_flow_matrix": {"t_start", "t_end"},
    "guided_flow_law": {"start", "t_start", "t_end"},
    "guided_family_law": {"start", "noise_level", "t_start", "t_end"},
    "guided_law_by_integration": {"start", "noise_level", "t_start", "t_end"},
    "guided_limit_covariance": set[str](),
    "tilted_law": set[str](),
    "guided_precision": {"t"},
}
TIMED = [name for name, names in SINGLE.items() if names]
STARTED = [name for name, names in SINGLE.items() if "start" in names]
DIAGONAL = ["guided_flow_matrix", "guided_flow_law", "guided_family_law", "guided_limit_covariance"]


def pair(k: Kit, name: str, **changes: Any) -> object:
    """A function of two Gaussians on the EDM path between t = 2 and t = 1, with what a case changes of it."""
    names = SINGLE[name]
    given: dict[str, Any] = {"unconditional": wide(k), "conditional": wide(k, (1.0, 0.5)), "weight": 2.0}
    if names:
        given["path"] = k.m.EDM()
    options = {"start": wide(k), "noise_level": 1.0, "t_start": 2.0, "t_end": 1.0, "t": 1.0}
    given.update({key: options[key] for key in names})
    return getattr(k.m.guidance, name)(**{**given, **changes})


Change = Callable[[Kit], dict[str, Any]]
# What every function of a pair refuses.
PAIRS: dict[str, tuple[Change, type[Exception], tuple[str, ...]]] = {
    "unconditional: a mixture": (
        lambda k: {"unconditional": k.mixture()}, TypeError, ("unconditional", "Gaussian", "GaussianMixture"),
    ),
    "conditional: none": (lambda k: {"conditional": None}, TypeError, ("conditional", "Gaussian", "None")),
    "another size": (lambda k: {"conditional": line(k)}, ValueError, ("conditional", "2", "1")),
    "batches apart": (
        lambda k: {"unconditional": line(k, 2), "conditional": line(k, 3)}, ValueError, ("conditional", "2", "3"),
    ),
    "weight: nan": (lambda k: {"weight": NAN}, ValueError, ("weight", "nan")),
    "weight: text": (lambda k: {"weight": "2"}, TypeError, ("weight", "str")),
    "weight: integers": (lambda k: {"weight": k.raw(2, "int64")}, TypeError, ("weight", "int64")),
    "weight: float32": (lambda k: {"weight": k.raw(2.0, "float32")}, TypeError, ("weight", "float32")),
    "weight: a batch apart": (
        lambda k: {"unconditional": wide(k), "conditional": k.m.Gaussian(
            k.a([[0.0, 0.0]] * 2), k.a([[[1.0, 0.0], [0.0, 1.0]]] * 2)), "weight": k.a([1.0] * 3)},
        ValueError, ("weight", "2", "3"),
    ),
}  # fmt: skip

# What those refuse that go from t_start to t_end.
MOVES: dict[str, tuple[Change, type[Exception], tuple[str, ...]]] = {
    "path: text": (lambda k: {"path": "EDM"}, TypeError, ("path", "str")),
    "t_start: infinite": (lambda k: {"t_start": INF}, ValueError, ("t_start", "inf")),
    "t_start: integers": (lambda k: {"t_start": k.raw(2, "int64")}, TypeError, ("t_start", "int64")),
    "t_end: outside": (lambda k: {"t_end": -1.0}, ValueError, ("t_end", "-1.0")),
    "t_end: nan": (lambda k: {"t_end": NAN}, ValueError, ("t_end", "nan")),
    "times apart": (
        lambda k: {"t_start": k.a([2.0, 2.0]), "t_end": k.a([1.0, 1.0, 1.0])}, ValueError, ("t_end", "2", "3"),
    ),
    "singular at the end": (
        lambda k: {"conditional": wide(k, (1.0, 0.0)), "t_end": 0.0}, ValueError, ("conditional", "eigenvalue", "0"),
    ),
}  # fmt: skip

STARTS: dict[str, tuple[Change, type[Exception], tuple[str, ...]]] = {
    "a mixture": (lambda k: {"start": k.mixture()}, TypeError, ("start", "Gaussian", "GaussianMixture")),
    "another size": (lambda k: {"start": line(k)}, ValueError, ("start", "2", "1")),
    "batches apart": (
        lambda k: {"unconditional": line(k, 2), "conditional": line(k, 2), "start": line(k, 3)},
        ValueError,
        ("start", "2", "3"),
    ),
}

NOISY: dict[str, tuple[Change, type[Exception], tuple[str, ...]]] = {
    "negative": (lambda k: {"noise_level": -1.0}, ValueError, ("noise_level", "-1.0")),
    "nan": (lambda k: {"noise_level": NAN}, ValueError, ("noise_level", "nan")),
    "text": (lambda k: {"noise_level": "1"}, TypeError, ("noise_level", "str")),
    "apart": (
        lambda k: {"weight": k.a([1.0, 2.0]), "noise_level": k.a([1.0] * 3)}, ValueError, ("noise_level", "2", "3"),
    ),
    "upward": (lambda k: {"t_end": 3.0}, ValueError, ("t_end", "t_start", "3.0")),
    "standing": (lambda k: {"t_end": 2.0}, ValueError, ("t_end", "t_start", "2.0")),
}  # fmt: skip


def each(names: list[str], table: dict[str, tuple[Change, type[Exception], tuple[str, ...]]]) -> dict[str, Door]:
    """Every row of a table for each of the functions."""

    def door(name: str, change: Change) -> Callable[[Kit], object]:
        return lambda k: pair(k, name, **change(k))

    return {
        f"{name}, {what}": (door(name, change), error, words)
        for name in names
        for what, (change, error, words) in table.items()
    }


LAWS: dict[str, Door] = {
    **each(list(SINGLE), PAIRS),
    **each([name for name in TIMED if name != "guided_precision"], MOVES),
    **each(STARTED, STARTS),
    **each([name for name, names in SINGLE.items() if "noise_level" in names], NOISY),
    **each(
        DIAGONAL,
        {"no common basis": (
            lambda k: {"conditional": k.m.Gaussian(k.a([0.0, 0.0]), k.a([[2.0, 0.5], [0.5, 1.0]]))},
            ValueError,
            ("commut", "unconditional", "norm 0.707107"),
        )},
    ),
    **each(
        ["tilted_law", "guided_limit_covariance"],
        {"singular": (
            lambda k: {"conditional": wide(k, (1.0, 0.0))}, ValueError, ("conditional", "definite", "eigenvalue 0"),
        )},
    ),
    "tilted: indefinite": (
        # Precision -1/1 + 2/4 = -1/2 and -1/1 + 2/1 = 1.
        lambda k: pair(k, "tilted_law", unconditional=wide(k, (1.0, 1.0)), conditional=wide(k, (4.0, 1.0))),
        ValueError,
        ("weight", "definite", "eigenvalue -0.5"),
    ),
    "precision: outside": (lambda k: pair(k, "guided_precision", t=-1.0), ValueError, ("t:", "-1.0")),
    "precision: nan": (lambda k: pair(k, "guided_precision", t=NAN), ValueError, ("t:", "nan")),
    "precision: no path": (lambda k: pair(k, "guided_precision", path=None), TypeError, ("path", "None")),
    "precision: singular": (
        lambda k: pair(k, "guided_precision", conditional=wide(k, (1.0, 0.0)), t=0.0),
        ValueError,
        ("conditional", "definite", "eigenvalue 0"),
    ),
    "precision: apart": (
        lambda k: pair(k, "guided_precision", t=k.a([1.0, 2.0]), weight=k.a([1.0] * 3)), ValueError, ("2", "3"),
    ),
    "integration: from pure noise": (
        lambda k: pair(k, "guided_law_by_integration", path=k.m.FlowMatching(), t_start=1.0, t_end=0.5),
        ValueError,
        ("t_start", "1.0"),
    ),
}  # fmt: skip

OBSERVERS: dict[str, dict[str, Any]] = {
    "conditioned_law": {},
    "observation_score": {},
    "dps_score": {},
    "pigdm_score": {"variance": 0.5},
    "dps_normalized_step": {"step": 0.5},
}


def observe(k: Kit, name: str, **changes: Any) -> object:
    """Y = x_1 + x_2 observed with variance 0.5, with what a case changes of it."""
    given: dict[str, Any] = {"data": k.gaussian(), "observed": k.a([1.0]), "matrix": k.a([[1.0, 1.0]])}
    if name != "dps_normalized_step":
        given["noise_covariance"] = k.a([[0.5]])
    if name != "conditioned_law":
        given |= {"path": k.m.EDM(), "x": k.a([1.0, 2.0]), "t": 1.0, **OBSERVERS[name]}
    return getattr(k.m.guidance, name)(**{**given, **changes})


OBSERVED: dict[str, tuple[Change, type[Exception], tuple[str, ...]]] = {
    "data: none": (lambda k: {"data": None}, TypeError, ("data", "Gaussian", "None")),
    "observed: a number": (lambda k: {"observed": k.a(1.0)}, ValueError, ("observed", "()|scalar")),
    "observed: a list": (lambda k: {"observed": [1.0]}, TypeError, ("observed", "list")),
    "observed: integers": (lambda k: {"observed": k.raw([1], "int64")}, TypeError, ("observed", "int64")),
    "observed: float32": (lambda k: {"observed": k.raw([1.0], "float32")}, TypeError, ("observed", "float32")),
    "observed: nan": (lambda k: {"observed": k.a([NAN])}, ValueError, ("observed", "finite", "nan")),
    "matrix: of another y": (lambda k: {"matrix": k.a([[1.0, 1.0]] * 2)}, ValueError, ("matrix", "1, 2", "(2, 2)")),
    "matrix: of another x": (lambda k: {"matrix": k.a([[1.0] * 3])}, ValueError, ("matrix", "2", "(1, 3)")),
    "matrix: one axis": (lambda k: {"matrix": k.a([1.0, 1.0])}, ValueError, ("matrix", "(2,)")),
    "matrix: infinite": (lambda k: {"matrix": k.a([[INF, 1.0]])}, ValueError, ("matrix", "finite", "inf")),
    "matrix: text": (lambda k: {"matrix": "H"}, TypeError, ("matrix", "str")),
    "batches apart": (
        lambda k: {"observed": k.a([[1.0]] * 2), "matrix": k.a([[[1.0, 1.0]]] * 3)}, ValueError, ("matrix", "2", "3"),
    ),
}  # fmt: skip
NOISES: dict[str, tuple[Change, type[Exception], tuple[str, ...]]] = {
    "of another y": (lambda k: {"noise_covariance": k.a([[1.0, 0.0], [0.0, 1.0]])}, ValueError, ("(2, 2)",)),
    "negative": (lambda k: {"noise_covariance": k.a([[-1.0]])}, ValueError, ("eigenvalue -1",)),
    "nan": (lambda k: {"noise_covariance": k.a([[NAN]])}, ValueError, ("finite", "nan")),
    "a number": (lambda k: {"noise_covariance": 0.5}, ValueError, ("()",)),
    "none": (lambda k: {"noise_covariance": None}, TypeError, ("None",)),
    "not symmetric": (
        lambda k: {
            "observed": k.a([1.0, 1.0]),
            "matrix": k.a([[1.0, 0.0], [0.0, 1.0]]),
            "noise_covariance": k.a([[1.0, 0.1], [0.2, 1.0]]),
        },
        ValueError,
        ("symmetric",),
    ),
    "singular": (
        lambda k: {
            "data": k.m.Gaussian(k.a([0.0, 0.0]), k.a([[0.0, 0.0], [0.0, 0.0]])),
            "noise_covariance": k.a([[0.0]]),
            "variance": 0.0,
        },
        ValueError,
        ("definite", "eigenvalue 0"),
    ),
}
PLACES: dict[str, tuple[Change, type[Exception], tuple[str, ...]]] = {
    "path: none": (lambda k: {"path": None}, TypeError, ("path", "None")),
    "x: of another size": (lambda k: {"x": k.a([1.0])}, ValueError, ("x:", "2", "1")),
    "x: integers": (lambda k: {"x": k.raw([1, 2], "int64")}, TypeError, ("x", "int64")),
    "x: nan": (lambda k: {"x": k.a([NAN, 1.0])}, ValueError, ("x:", "finite", "nan")),
    "x: a batch apart": (
        lambda k: {"x": k.a([[1.0, 2.0]] * 3), "observed": k.a([[1.0]] * 2)}, ValueError, ("observed", "2", "3"),
    ),
    "t: outside": (lambda k: {"t": -1.0}, ValueError, ("t:", "-1.0")),
    "t: integers": (lambda k: {"t": k.raw(1, "int64")}, TypeError, ("t:", "int64")),
    "t: apart": (lambda k: {"x": k.a([[1.0, 2.0]] * 3), "t": k.a([1.0, 1.0])}, ValueError, ("t", "2", "3")),
}  # fmt: skip


def watch(name: str, change: Change) -> Callable[[Kit], object]:
    def call(k: Kit) -> object:
        changes = change(k)
        if name != "pigdm_score":
            changes.pop("variance", None)
        return observe(k, name, **changes)

    return call


OBSERVATIONS: dict[str, Door] = {
    **{
        f"{name}, {what}": (watch(name, change), error, words)
        for name in OBSERVERS
        for what, (change, error, words) in (OBSERVED | ({} if name == "conditioned_law" else PLACES)).items()
    },
    **{
        f"{name}, noise {what}": (watch(name, change), error, ("noise_covariance", *words))
        for name in OBSERVERS
        if name != "dps_normalized_step"
        for what, (change, error, words) in NOISES.items()
    },
    "pigdm: negative variance": (lambda k: observe(k, "pigdm_score", variance=-0.5), ValueError, ("variance", "-0.5")),
    "pigdm: text": (lambda k: observe(k, "pigdm_score", variance="1"), TypeError, ("variance", "str")),
    "pigdm: a variance apart": (
        lambda k: observe(k, "pigdm_score", variance=k.a([0.5] * 3), observed=k.a([[1.0]] * 2)),
        ValueError,
        ("variance", "2", "3"),
    ),
    "dps: R singular": (
        lambda k: observe(k, "dps_score", noise_covariance=k.a([[0.0]])), ValueError, ("noise_covariance", "definite"),
    ),
    "step: nan": (lambda k: observe(k, "dps_normalized_step", step=NAN), ValueError, ("step", "nan")),
    "step: text": (lambda k: observe(k, "dps_normalized_step", step="1"), TypeError, ("step", "str")),
    "step: apart": (
        lambda k: observe(k, "dps_normalized_step", step=k.a([0.5] * 3), observed=k.a([[1.0]] * 2)),
        ValueError,
        ("step", "2", "3"),
    ),
    "step: nowhere to go": (
        lambda k: observe(k, "dps_normalized_step", matrix=k.a([[0.0, 0.0]]), observed=k.a([0.0])),
        ValueError,
        ("y != H D|y - H D", "0.0"),
    ),
}  # fmt: skip

CASES = GENERIC | PREDICTIONS | LAWS | OBSERVATIONS


def absent(what: str, kit: Kit) -> bool:
    """The integration for covariances that do not commute is the reference's alone."""
    return what.startswith(("guided_law_by_integration", "integration")) and not hasattr(
        kit.m.guidance, "guided_law_by_integration"
    )


@pytest.mark.parametrize("kit", KITS)
@pytest.mark.parametrize("what", CASES)
def test_bad_input_is_refused_by_name(what: str, kit: Callable[[], Kit]) -> None:
    made = kit()
    if absent(what, made):
        pytest.skip("no such function here")
    refused(CASES[what], made)


@pytest.mark.parametrize("kit", KITS)
def test_the_good_versions_of_the_bad_calls_are_accepted(kit: Callable[[], Kit]) -> None:
    made = kit()
    for name in FORMULAS:
        formula(made, name)
    for name in SINGLE:
        if not absent(name, made):
            pair(made, name)
    for name in OBSERVERS:
        observe(made, name)
