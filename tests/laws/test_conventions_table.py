"""The table of conventions is whole: every topic and every variant on which people differ, each with a converter that
exists and that laws hold."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from properties.law import laws
from properties.registry import records
from reference.conventions import TABLE, Convention

# Topic -> words that its variants must say between them.
TOPICS: dict[str, tuple[str, ...]] = {
    "beta and alpha-bar": ("variance", "standard deviation", "sqrt(abar)", "signal coefficient itself"),
    "signal-to-noise ratio": ("alpha^2/sigma^2", "gamma", "half the log-SNR", "not squared", "1/sqrt(SNR)"),
    "index and time of a table": (
        "arrays 0..T-1",
        "(n + 1)/T",
        "floor",
        "ceil",
        "abar_{-1}",
        "set_alpha_to_one",
        "leading",
    ),
    "first posterior variance": ("log of 0", "FIXED_LARGE", "no noise", "steps less one", "reconstruction"),
    "rescaled linear betas": ("1000/T",),
    "direction of time": ("t = 1 is noise", "t = 1 is data", "opposite sign"),
    "order of a list of sigmas": ("sigma_min", "increases", "sigma_max"),
    "sums and means of losses": ("mean over dimensions, or half a sum", "nats", "bits", "batch", "1/(loss + c)^p"),
    "likelihood weighting": ("g^2", "sigma^2"),
    "smallest time": ("1e-5", "0 appended", "1/T"),
    "one half in the probability flow": ("half the score", "continuous"),
    "v": ("alpha eps - sigma x_0", "-alpha sigma lambda'", "eps - x_0"),
    "guidance scale": ("1 is off", "0 is off"),
    "eta": ("DDIM", "ancestral", "reverse equation", "frozen noise"),
    "churn": ("N steps", "less one"),
    "last step": ("Euler", "order 1"),
    "cosine schedule": ("0.999", "continuous"),
    "variance of variance exploding noise": ("sigma^2(t), ours", "sigma^2(0)", "prior"),
    "tangent of the average velocity": ("(v, 1, 0)", "h = t - r"),
    "direction of a divergence": ("path measure", "sign of the exponent"),
    "Hutchinson's probe": ("random signs", "standard normal", "flips the sign"),
    "denoiser from a velocity": ("x - t v", "any path"),
    "outer form of a trajectory model": ("euler", "variance", "mixed"),
    "terminal time": ("ignored", "samples", "rescaled"),
}


def resolve(package: str, name: str) -> Any:
    module, *attributes = name.split(".")
    found: Any = importlib.import_module(f"{package}.{module}")
    for attribute in attributes:
        found = getattr(found, attribute)
    return found


def test_every_topic_is_in_the_table() -> None:
    assert sorted({row.topic for row in TABLE}) == sorted(TOPICS)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_variant_of_a_topic_is_in_the_table(topic: str) -> None:
    said = " | ".join(row.variant for row in TABLE if row.topic == topic)

    assert [words for words in TOPICS[topic] if words not in said] == []


def test_no_row_is_written_twice() -> None:
    assert len({(row.topic, row.variant) for row in TABLE}) == len(TABLE)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.topic}: {row.variant}")
def test_a_row_names_a_converter_that_laws_hold(row: Convention) -> None:
    held = {record.name: record for record in records()}

    assert callable(resolve("reference", row.converter))
    assert row.users, "someone writes it so"
    assert row.converter in held
    assert set(held[row.converter].laws) <= set(laws())


@pytest.mark.torch
def test_the_torch_code_has_the_same_table() -> None:
    conventions = importlib.import_module("gpu.conventions")

    assert [tuple(vars(row).values()) for row in conventions.TABLE] == [tuple(vars(row).values()) for row in TABLE]
    lacking = {record.name for record in records() if record.torch}
    assert all(callable(resolve("gpu", row.converter)) for row in TABLE if row.converter not in lacking)
