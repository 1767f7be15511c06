"""Accuracy over time: the worst CNU of the arbiter laws over a fixed set of seeded cases."""

from __future__ import annotations

from . import common

LAWS = ("distributions.arbiter", "fields.arbiter", "transitions.arbiter", "elbo.arbiter")


class WorstConditionedUnits:
    """The largest error in units of u (kappa + |f|), with the worst of the tolerance classes apart."""

    params = (common.IMPLEMENTATIONS, LAWS)
    param_names = ("implementation", "law")
    timeout = 180
    cases = 6

    def worst(self, name, identifier, tolerance):
        from certify.adapters.implementations import seeded_case
        from properties.law import laws

        chosen, law = common.implementation(name), laws()[identifier]
        findings = [
            finding
            for index in range(self.cases)
            for finding in law(chosen, seeded_case(law, common.SEED, index, chosen.dtype))
        ]
        measured = [f.measured for f in findings if f.tolerance == tolerance and not f.vacuous]
        return max(measured, default=0.0)

    def track_entrywise(self, name, identifier):
        return self.worst(name, identifier, "entrywise")

    def track_normwise(self, name, identifier):
        return self.worst(name, identifier, "normwise")

    track_entrywise.unit = track_normwise.unit = "CNU"
