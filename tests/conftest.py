"""Profiles of Hypothesis: derandomized by default, `--hypothesis-profile thorough` for thousands of examples."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings

COMMON = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "print_blob": True,
    # Building a case draws tens of numbers; that is its nature, not an accident.
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}
settings.register_profile("default", max_examples=30, **COMMON)
settings.register_profile("thorough", max_examples=3000, **COMMON)
settings.register_profile("quick", max_examples=5, phases=[Phase.explicit, Phase.generate], **COMMON)
settings.load_profile("default")
