"""The laws that samplers are judged by, in words; `certify.sampler_laws` has them in numbers."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SAMPLER_LAWS", "LawDescription"]


@dataclass(frozen=True)
class LawDescription:
    """A law by its id, which never changes its meaning, its title, its statement, and its catalogue entries."""

    id: str
    title: str
    statement: str
    catalogue: tuple[str, ...] = ()


SAMPLER_LAWS: dict[str, LawDescription] = {
    law.id: law
    for law in (
        LawDescription(
            "sampler.affine",
            "Affine on Gaussian data",
            "with the exact network on Gaussian data the output is an affine function of the start and of the draws: "
            "superposition holds at magnitudes 1 and 30",
            ("P22", "P58"),
        ),
        LawDescription(
            "sampler.batch",
            "Rows are independent",
            "a sample does not depend on the other samples of its batch",
        ),
        LawDescription(
            "sampler.conforms",
            "CONFORMS to the documented update",
            "the extracted map, offset and every noise matrix are those of our own recurrence of the documented update "
            "at the target's own levels, and on a mixture so is every path under the same intercepted noise",
            ("P58", "P60", "P61", "P64", "P66", "P67", "P70", "P72", "P73"),
        ),
        LawDescription(
            "sampler.dtype",
            "Shape and dtype are kept",
            "float64 of shape (B, d) comes out as float64 of shape (B, d)",
        ),
        LawDescription("sampler.finite", "Finite", "the output is finite at every number of steps tried"),
        LawDescription(
            "sampler.grid",
            "The grid is consistent",
            "each step ends where the next begins and makes the state cleaner, there are as many as asked for, the "
            "timestep handed to the network belongs to the level of its input, the walk begins at the scale and ends "
            "at the level that are documented",
            ("P10", "P14", "P15"),
        ),
        LawDescription(
            "sampler.limit_law",
            "Tends to the exact law",
            "as the steps shrink the output law tends to the exact law of the data at the last level",
            ("P53", "P54", "P56"),
        ),
        LawDescription(
            "sampler.noise",
            "Every draw is one independent variable",
            "each draw has the state's shape, comes from a generator state of its own, is not shared over the batch, "
            "and there is no other randomness",
        ),
        LawDescription(
            "sampler.order",
            "ATTAINS the claimed order",
            "the error against the exact flow map (deterministic) or the exact law (stochastic) falls with the claimed "
            "order, less 0.15, over the last two doublings on a grid uniform in half log-SNR from -1 to 2.5",
            ("P54", "P56", "P57", "P79"),
        ),
        LawDescription(
            "sampler.output_law",
            "Samples the data law",
            "on the target's own grid, with the exact network evaluated at the timesteps that it is handed, the output "
            "law is as near to the exact law as the documented update on the ideal grid of these timesteps is",
            ("P54", "P58"),
        ),
        LawDescription(
            "sampler.parameterisation",
            "One map whatever is predicted",
            "the same exact network as noise, data, v or flow prediction gives one map",
            ("P20",),
        ),
        LawDescription(
            "sampler.precision",
            "Native precision is enough",
            "the map in the target's native float32 is within 8 u (n + T + kappa) of its map lifted to float64",
        ),
        LawDescription(
            "sampler.step_counts",
            "The grid is consistent at awkward step counts",
            "what sampler.grid says, at numbers of steps that few people use: 61, 600, 999, T",
            ("P10",),
        ),
    )
}
