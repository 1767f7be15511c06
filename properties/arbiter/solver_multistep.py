"""Twins of the rules with a memory on Gaussian data of one direction, each from the integral that it approximates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flint import arb

from properties.arbiter.solver_line import (
    Line,
    Node,
    Number,
    State,
    exponential_moments,
    integrated,
    polynomial_moments,
    ratio_moments,
)

Options = Mapping[str, Any]
Step = tuple[State, list[Node]]

ADAMS: dict[int, tuple[tuple[int, ...], int]] = {
    1: ((1,), 1),
    2: ((-1, 3), 2),
    3: ((5, -16, 23), 12),
    4: ((-9, 37, -59, 55), 24),
}
"""Adams-Bashforth on equal steps, oldest first, over a common denominator (P76)."""


def transfer(
    line: Line,
    output: str,
    level: Number,
    x: State,
    ends: tuple[Number, Number],
    weighted: Sequence[tuple[Number, State]],
    normal: State | None,
) -> State:
    """Variation of constants over a step, given the integrals of the answer's polynomial (P67, P67b).

    Data form: (sigma_e/sigma_s) e^{-l^2 h} x + alpha_e theta sum + sigma_e sqrt(1 - e^{-2 l^2 h}) z. Noise form:
    (alpha_e/alpha_s) x - sigma_e theta sum + l sigma_e sqrt(e^{2h} - 1) z. theta = 1 + l^2; the sums are integrals
    against e^{-theta (h - u)} and e^{h - u}.
    """
    (alpha, sigma), (alpha_end, sigma_end) = (line.levels(t) for t in ends)
    theta = 1 + level**2
    if output == "denoiser":
        length = line.half_log_snr(ends[1]) - line.half_log_snr(ends[0])
        state, scale = sigma_end / sigma * (-(level**2) * length).exp(), alpha_end * theta
        spread = sigma_end * (1 - (-2 * level**2 * length).exp()).sqrt()
    else:
        state, scale = alpha_end / alpha, -sigma_end * theta
        # e^{2h} - 1 = (alpha_e sigma_s/(alpha_s sigma_e))^2 - 1
        spread = level * ((alpha_end * sigma / alpha) ** 2 - sigma_end**2).sqrt()
    terms = [(state, x), *((scale * weight, answer) for weight, answer in weighted)]
    return line.combine(*terms, *([(spread, normal)] if normal is not None else []))


def adams(
    line: Line,
    output: str,
    level: Number,
    x: State,
    ends: tuple[Number, Number],
    nodes: Sequence[Node],
    normal: State | None = None,
) -> State:
    """The polynomial in half log-SNR through the nodes, integrated exactly over the step (P65, P73)."""
    if len(nodes) == 1 and line.levels(ends[1])[1] == 0 and output == "denoiser":
        return line.combine((line.levels(ends[1])[0], nodes[0].output))
    origin = line.half_log_snr(ends[0])
    length = line.half_log_snr(ends[1]) - origin
    rate = 1 + level**2 if output == "denoiser" else arb(-1)
    places = [node.half_log_snr - origin for node in nodes]
    weights = integrated(places, exponential_moments(rate, length, len(places)))
    pairs = [(weight, node.output) for weight, node in zip(weights, nodes, strict=True)]
    return transfer(line, output, level, x, ends, pairs, normal)


def first_order(line: Line, output: str, x: State, answer: State, start: Number, end: Number) -> State:
    """A frozen answer: DDIM's step from it (P65)."""
    alpha, sigma = line.levels(start)
    alpha_end, sigma_end = line.levels(end)
    if output == "denoiser":
        return line.combine((sigma_end / sigma, x), (alpha_end - alpha * sigma_end / sigma, answer))
    return line.combine((alpha_end / alpha, x), (sigma_end - sigma * alpha_end / alpha, answer))


def _evaluated(line: Line, output: str, x: State, t: Number, normal: State | None = None) -> Node:
    sigma = line.levels(t)[1]
    return Node(t, line.half_log_snr(t) if sigma > 0 else arb(0), x, line.evaluate(output, x, t), normal)


def _noise_level(line: Line, options: Options) -> tuple[Number, State | None]:
    level = options["noise_level"]
    return level, line.normal() if level > 0 else None


def exponential_adams(line: Line, options: Options, x: State, start: Number, end: Number, memory: list[Node]) -> Step:
    """The explicit rule through the latest ``nodes`` answers (P65, P73)."""
    level, normal = _noise_level(line, options)
    memory = [*memory, _evaluated(line, options["output"], x, start)]
    return adams(line, options["output"], level, x, (start, end), memory[-options["nodes"] :], normal), memory


def midpoint_multistep(line: Line, options: Options, x: State, start: Number, end: Number, memory: list[Node]) -> Step:
    """The line through the latest two answers, taken at the middle of the step and frozen (P72)."""
    level, normal = _noise_level(line, options)
    node = _evaluated(line, options["output"], x, start)
    memory, frozen = [*memory, node], node
    if len(memory) > 1:
        earlier = memory[-2]
        length = line.half_log_snr(end) - node.half_log_snr
        half = length / (2 * (node.half_log_snr - earlier.half_log_snr))
        answer = line.combine((1 + half, node.output), (-half, earlier.output))
        frozen = Node(start, node.half_log_snr, x, answer)
    return adams(line, options["output"], level, x, (start, end), [frozen], normal), memory


def _in_ratio(
    line: Line, x: State, ends: tuple[Number, Number], weights: Sequence[Number], nodes: Sequence[Node]
) -> State:
    """X/alpha moved by the weighted noises: d(x/alpha)/d(sigma/alpha) = eps (P25)."""
    alpha, alpha_end = (line.levels(t)[0] for t in ends)
    pairs = ((alpha_end * weight, node.output) for weight, node in zip(weights, nodes, strict=True))
    return line.combine((alpha_end / alpha, x), *pairs)


def polynomial_in_ratio(line: Line, options: Options, x: State, start: Number, end: Number, memory: list[Node]) -> Step:
    """LMS, and DEIS in sigma/alpha: the polynomial in that variable, integrated over the step (P75, P77)."""
    memory = [*memory, _evaluated(line, "noise", x, start)]
    nodes = memory[-options["order"] :]

    def ratio(t: Number) -> Number:
        alpha, sigma = line.levels(t)
        return sigma / alpha

    moments = polynomial_moments(ratio(end) - ratio(start), len(nodes))
    weights = integrated([ratio(node.time) - ratio(start) for node in nodes], moments)
    return _in_ratio(line, x, (start, end), weights, nodes), memory


def deis(line: Line, options: Options, x: State, start: Number, end: Number, memory: list[Node]) -> Step:
    """The polynomial through the latest noises, in time or in sigma/alpha, against d(sigma/alpha) (P75)."""
    if options["variable"] == "noise_to_signal":
        return polynomial_in_ratio(line, options, x, start, end, memory)
    memory = [*memory, _evaluated(line, "noise", x, start)]
    nodes = memory[-options["order"] :]
    weights = integrated([node.time - start for node in nodes], ratio_moments(line, start, end, len(nodes)))
    return _in_ratio(line, x, (start, end), weights, nodes), memory


def pndm(line: Line, options: Options, x: State, start: Number, end: Number, memory: list[Node]) -> Step:
    """Adams-Bashforth on equal steps averages the noise, and DDIM's step carries it; a pseudo Runge-Kutta step of four
    evaluations while the memory is short, if asked for (P76).
    """
    node = _evaluated(line, "noise", x, start)
    count = min(options["nodes"], len(memory) + 1)
    memory = [*memory, node]
    if count < options["nodes"] and options["start"] == "runge_kutta":
        middle = (start + end) / 2
        answers = [node.output]
        for t in (middle, middle, end):
            moved = first_order(line, "noise", x, answers[-1], start, t)
            answers.append(line.evaluate("noise", moved, t))
        average = line.combine(*((arb(weight) / 6, each) for weight, each in zip((1, 2, 2, 1), answers, strict=True)))
    else:
        weights, denominator = ADAMS[count]
        average = line.combine(
            *((arb(weight) / denominator, each.output) for weight, each in zip(weights, memory[-count:], strict=True))
        )
    return first_order(line, "noise", x, average, start, end), memory


# ---------------------------------------------------------------------------------- with a corrector


def _bracket(line: Line, options: Options, ends: tuple[Number, Number]) -> Number:
    """UniPC's B: z (bh1) or e^z - 1 (bh2) with z = -h for data and h for noise (P74)."""
    length = line.half_log_snr(ends[1]) - line.half_log_snr(ends[0])
    z = -length if options["output"] == "denoiser" else length
    return z if options["variant"] == "bh1" else z.exp() - 1


def _unipc(
    line: Line,
    options: Options,
    x: State,
    ends: tuple[Number, Number],
    nodes: Sequence[Node],
    newest: Node,
    halves: bool,
) -> State:
    """The polynomial through all nodes, integrated exactly; with two nodes and ``halves`` the difference quotient of
    theirs weighs B/2 instead.
    """
    output = options["output"]
    if not halves:
        return adams(line, output, arb(0), x, ends, nodes)
    other = next(node for node in nodes if node is not newest)
    length = line.half_log_snr(ends[1]) - newest.half_log_snr
    share = length / (other.half_log_snr - newest.half_log_snr) * _bracket(line, options, ends) / 2
    scale = line.levels(ends[1])[0] if output == "denoiser" else line.levels(ends[1])[1]
    still = adams(line, output, arb(0), x, ends, [newest])
    return line.combine((arb(1), still), (-scale * share, other.output), (scale * share, newest.output))


def unipc(line: Line, options: Options, x: State, start: Number, end: Number, memory: list[Node]) -> Step:
    """UniP-p, then UniC-p when the next step has evaluated at the predicted state (P74)."""
    node = _evaluated(line, options["output"], x, start)
    if options["corrector"] and memory:
        used = memory[-options["nodes"] :]
        x = _unipc(
            line, options, used[-1].state, (used[-1].time, start), [*used, node], used[-1], halves=len(used) == 1
        )
        node = Node(start, node.half_log_snr, x, node.output)
    memory = [*memory, node]
    used = memory[-options["nodes"] :]
    return _unipc(line, options, x, (start, end), used, node, halves=len(used) == 2), memory


def sa_solver(line: Line, options: Options, x: State, start: Number, end: Number, memory: list[Node]) -> Step:
    """Exponential Adams-Bashforth; when the next step has evaluated, Adams-Moulton with the same normal."""
    level, node = options["noise_level"], _evaluated(line, "denoiser", x, start)
    if options["corrector_order"] and memory:
        used = memory[-(options["corrector_order"] - 1) :]
        before = memory[-1]
        x = adams(line, "denoiser", level, before.state, (before.time, start), [*used, node], before.normal)
    level, normal = _noise_level(line, options)
    memory = [*memory, Node(start, node.half_log_snr, x, node.output, normal)]
    return adams(line, "denoiser", level, x, (start, end), memory[-options["predictor_order"] :], normal), memory


MULTISTEP: dict[str, Callable[[Line, Options, State, Number, Number, list[Node]], Step]] = {
    "ExponentialAdams": exponential_adams,
    "MidpointMultistep": midpoint_multistep,
    "DEIS": deis,
    "LMS": polynomial_in_ratio,
    "PNDM": pndm,
    "UniPC": unipc,
    "SASolver": sa_solver,
}
