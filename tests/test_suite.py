"""Every law on the reference and on the torch code, under Hypothesis: the suite that users run on their targets."""

from certify.suite import pytest_generate_tests, test_law

__all__ = ["pytest_generate_tests", "test_law"]
