"""Twins of the solvers on Gaussian data of one direction: every rule walked from its definition, state after state.

A rule takes the line, its options, a state, the two times of a step and the earlier nodes, and gives the next state
and the nodes. One-step rules are here; those with a memory are in `properties.arbiter.solver_multistep`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from flint import arb

from properties.arbiter import paths, transitions
from properties.arbiter.solver_line import Line, Node, Number, State, exponential_moments, integrated
from properties.arbiter.solver_multistep import MULTISTEP, first_order

Options = Mapping[str, Any]
Step = tuple[State, list[Node]]
Rule = Callable[[Line, Options, State, Number, Number, list[Node]], Step]


# ------------------------------------------------------------------------------------- DDIM, ancestral


def ddim(line: Line, options: Options, x: State, start: Number, end: Number, memory: list[Node]) -> Step:
    """alpha_e D + sqrt(sigma_e^2 - s^2) eps + s z, s = eta sigma_{s|e} sigma_e/sigma_s (P64)."""
    (alpha, sigma), (alpha_end, sigma_end) = line.levels(start), line.levels(end)
    spread = (sigma**2 - (alpha / alpha_end * sigma_end) ** 2) * (options["eta"] * sigma_end / sigma) ** 2
    if options.get("output") == "noise":
        noise = line.evaluate("noise", x, start)
        denoiser = line.combine((1 / alpha, x), (-sigma / alpha, noise))
    else:
        denoiser, noise = line.evaluate("denoiser", x, start), line.evaluate("noise", x, start)
    terms = [(alpha_end, denoiser), ((sigma_end**2 - spread).sqrt(), noise)]
    if options["eta"] > 0:
        terms.append((spread.sqrt(), line.normal()))
    return line.combine(*terms), memory


def ancestral(line: Line, options: Options, x: State, start: Number, end: Number, memory: list[Node]) -> Step:
    """The bridge with D for the data, and its variance or that of the forward kernel (P37, P40)."""
    _, kernel, state, weight, bridge = transitions.scalars(line.name, line.path, end, start)
    spread = bridge if options["variance"] == "bridge" else kernel
    return line.combine(
        (state, x), (weight, line.evaluate("denoiser", x, start)), (spread.sqrt(), line.normal())
    ), memory


def ancestral_levels(start: Number, end: Number, eta: Number) -> tuple[Number, Number]:
    """(sigma_down, sigma_up): the noise put back, and the level to step down to before it (P66)."""
    up = min(end, eta * (end**2 * (start**2 - end**2) / start**2).sqrt(), key=lambda value: float(value.mid()))
    return (end**2 - up**2).sqrt(), up


def ancestral_euler(line: Line, options: Options, x: State, start: Number, end: Number, memory: list[Node]) -> Step:
    """On x/alpha: Euler in sigma/alpha down to sigma_down, then sigma_up z (P66)."""
    (alpha, sigma), (alpha_end, sigma_end) = line.levels(start), line.levels(end)
    down, up = ancestral_levels(sigma / alpha, sigma_end / alpha_end, options["eta"])
    terms = [
        (alpha_end / alpha, x),
        (alpha_end * (down - sigma / alpha), line.evaluate("noise", x, start)),
    ]
    if options["eta"] > 0:
        terms.append((alpha_end * up, line.normal()))
    return line.combine(*terms), memory


# -------------------------------------------------------------------------------- SDE, Runge-Kutta, EDM


def euler_maruyama(line: Line, options: Options, x: State, start: Number, end: Number, memory: list[Node]) -> Step:
    """X - (t_s - t_e) [f x - (1 + l^2)/2 g^2 score] + l g sqrt(t_s - t_e) z (P53)."""
    *_, drift, diffusion_squared = paths.methods(line.name, line.path, start)
    step, level = start - end, options["noise_level"]
    terms = [
        (arb(1), x),
        (-step * drift, x),
        (step * (1 + level**2) / 2 * diffusion_squared, line.evaluate("score", x, start)),
    ]
    if level > 0:
        terms.append((level * (diffusion_squared * step).sqrt(), line.normal()))
    return line.combine(*terms), memory


class Variable:
    """A variable u(t) and a scaling of the state, w = x/scale, whose flow is dw/du = slope."""

    def __init__(self, line: Line, name: str) -> None:
        self.line, self.name = line, name

    def at(self, t: Number) -> Number:
        """U(t)."""
        alpha, sigma = self.line.levels(t)
        if self.name == "time":
            return t
        if self.name == "noise_to_signal":
            return sigma / alpha
        return alpha / sigma if self.name == "signal_to_noise" else self.line.half_log_snr(t)

    def scale(self, t: Number) -> Number:
        """What x is divided by."""
        alpha, sigma = self.line.levels(t)
        return {"noise_to_signal": alpha, "signal_to_noise": sigma}.get(self.name, arb(1))

    def slope(self, x: State, t: Number) -> State:
        """Dw/du at the unscaled state: the velocity, the noise, the denoiser, or the velocity over lambda' (P25)."""
        if self.name == "half_log_snr":
            *_, rate, _, _ = paths.methods(self.line.name, self.line.path, t)
            return self.line.combine((1 / rate, self.line.evaluate("velocity", x, t)))
        answer = {"time": "velocity", "noise_to_signal": "noise", "signal_to_noise": "denoiser"}[self.name]
        return self.line.evaluate(answer, x, t)

    def middle(self, start: Number, end: Number) -> Number:
        """The time half-way in u."""
        half = (self.at(start) + self.at(end)) / 2
        if self.name == "time":
            return half
        if self.name == "half_log_snr":
            return self.line.time(half)
        return self.line.time(half.log() if self.name == "signal_to_noise" else -half.log())

    def move(self, x: State, start: Number, end: Number, *slopes: tuple[Number, State]) -> State:
        """X carried from start to end along the weighted slopes."""
        scale = self.scale(end)
        span = (self.at(end) - self.at(start)) * scale
        return self.line.combine((scale / self.scale(start), x), *((span * weight, slope) for weight, slope in slopes))


def runge_kutta(stages: str) -> Rule:
    """Euler, Heun or the explicit midpoint rule in a variable (P69, P71, P81)."""

    def rule(line: Line, options: Options, x: State, start: Number, end: Number, memory: list[Node]) -> Step:
        variable, one = Variable(line, options["variable"]), arb(1)
        first = variable.slope(x, start)
        _, sigma_end = line.levels(end)
        euler = stages == "euler" or (stages == "heun" and options["variable"] == "noise_to_signal" and sigma_end == 0)
        if stages == "midpoint":
            middle = variable.middle(start, end)
            slope = variable.slope(variable.move(x, start, middle, (one, first)), middle)
            return variable.move(x, start, end, (one, slope)), memory
        guess = variable.move(x, start, end, (one, first))
        if euler:
            return guess, memory
        return variable.move(x, start, end, (one / 2, first), (one / 2, variable.slope(guess, end))), memory

    return rule


def edm_stochastic(line: Line, options: Options, x: State, start: Number, end: Number, memory: list[Node]) -> Step:
    """Noise up to sigma (1 + gamma), then Heun in sigma; Euler where the step ends at 0 (P62, P81)."""
    gamma, raised = arb(0), start
    if options["churn"] > 0:
        draw = line.normal()
        if options["churn_min"] <= start <= options["churn_max"]:
            gamma = min(options["churn"] / options["steps"], arb(2).sqrt() - 1, key=lambda value: float(value.mid()))
        raised = start * (1 + gamma)
        x = line.combine((arb(1), x), ((raised**2 - start**2).sqrt() * options["noise_scale"], draw))
    return runge_kutta("heun")(line, {"variable": "noise_to_signal"}, x, raised, end, memory)


# ------------------------------------------------------------------------------------------ DPM-Solver


def exponential_stage(
    line: Line, output: str, x: State, start: Number, end: Number, nodes: Sequence[tuple[Number, State]]
) -> State:
    """Variation of constants with the polynomial in half log-SNR through the nodes (offset from the start, answer)."""
    (alpha, sigma), (alpha_end, sigma_end) = line.levels(start), line.levels(end)
    length = line.half_log_snr(end) - line.half_log_snr(start)
    places = [place for place, _ in nodes]
    rate, state, scale = (
        (1, sigma_end / sigma, alpha_end) if output == "denoiser" else (-1, alpha_end / alpha, -sigma_end)
    )
    weights = integrated(places, exponential_moments(arb(rate), length, len(places)))
    return line.combine(
        (state, x), *((scale * weight, answer) for weight, (_, answer) in zip(weights, nodes, strict=True))
    )


def dpm_solver(line: Line, options: Options, x: State, start: Number, end: Number, memory: list[Node]) -> Step:
    """Single-step exponential Runge-Kutta of order 1, 2, 3 (P70, P72): stages at r1 h and r2 h.

    Order 2: the line through both answers, integrated ("taylor") or taken at h/2 ("midpoint"). Order 3: the second
    stage and the end by the line through the first answer and the latest.
    """
    output, order = options["output"], options["order"]
    first = (arb(0), line.evaluate(output, x, start))
    if order == 1:
        return first_order(line, output, x, first[1], start, end), memory
    origin = line.half_log_snr(start)
    length = line.half_log_snr(end) - origin

    def stage(share: Number, nodes: Sequence[tuple[Number, State]]) -> tuple[Number, State]:
        t = line.time(origin + share * length)
        moved = exponential_stage(line, output, x, start, t, nodes)
        return share * length, line.evaluate(output, moved, t)

    latest = stage(options["r1"], [first])
    if order == 3:
        latest = stage(options["r2"], [first, latest])
    elif options["variant"] == "midpoint":
        half = 1 / (2 * options["r1"])
        middle = line.combine((1 - half, first[1]), (half, latest[1]))
        return exponential_stage(line, output, x, start, end, [(arb(0), middle)]), memory
    return exponential_stage(line, output, x, start, end, [first, latest]), memory


def _scaled_step(line: Line, x: State, answer: State, start: Number, ratio: Number, t: Number) -> State:
    """X of level t whose x/alpha is DPM-Solver++ 1's at noise-to-signal ``ratio``, which is not that of t."""
    alpha, sigma = line.levels(start)
    (target, _), before = line.levels(t), sigma / alpha
    shrink = ratio / before
    return line.combine((target * shrink / alpha, x), (target * (1 - shrink), answer))


def dpm_solver_ancestral(
    line: Line, options: Options, x: State, start: Number, end: Number, memory: list[Node]
) -> Step:
    """DPM-Solver++ 2S to sigma_down in x/alpha, with its middle in half log-SNR, then sigma_up z."""
    (alpha, sigma), (alpha_end, sigma_end) = line.levels(start), line.levels(end)
    down, up = ancestral_levels(sigma / alpha, sigma_end / alpha_end, options["eta"])
    answer = line.evaluate("denoiser", x, start)
    if down > 0:
        middle = (down * sigma / alpha).sqrt()
        t = line.time(-middle.log())
        answer = line.evaluate("denoiser", _scaled_step(line, x, answer, start, middle, t), t)
    moved = _scaled_step(line, x, answer, start, down, end)
    if options["eta"] > 0:
        moved = line.combine((arb(1), moved), (alpha_end * up, line.normal()))
    return moved, memory


def dpm_solver_sde(line: Line, options: Options, x: State, start: Number, end: Number, memory: list[Node]) -> Step:
    """Two stages of DPM-Solver++, each to its own sigma_down and with its own sigma_up z; the second with the line
    through both answers at h/2.
    """
    (alpha, sigma), (alpha_end, sigma_end) = line.levels(start), line.levels(end)
    before, after = sigma / alpha, sigma_end / alpha_end
    first = line.evaluate("denoiser", x, start)
    draws = [line.normal(), line.normal()] if options["eta"] > 0 else []
    if sigma_end == 0:
        return line.combine((alpha_end, first)), memory
    middle = before * (after / before) ** options["r"]
    t = line.time(-middle.log())
    down, up = ancestral_levels(before, middle, options["eta"])
    guess = _scaled_step(line, x, first, start, down, t)
    if draws:
        guess = line.combine((arb(1), guess), (line.levels(t)[0] * up, draws[0]))
    half = 1 / (2 * options["r"])
    mixed = line.combine((1 - half, first), (half, line.evaluate("denoiser", guess, t)))
    down, up = ancestral_levels(before, after, options["eta"])
    moved = _scaled_step(line, x, mixed, start, down, end)
    if draws:
        moved = line.combine((arb(1), moved), (alpha_end * up, draws[1]))
    return moved, memory


def predictor_corrector(line: Line, options: Options, x: State, start: Number, end: Number, memory: list[Node]) -> Step:
    """Euler-Maruyama, then Langevin steps of size ``step_size`` sigma(t_end)^2 at the end's level (P63)."""
    x, _ = euler_maruyama(line, options, x, start, end, memory)
    _, sigma_end = line.levels(end)
    size = options["step_size"] * sigma_end**2
    for _ in range(options["corrections"]):
        x = line.combine((arb(1), x), (size, line.evaluate("score", x, end)), ((2 * size).sqrt(), line.normal()))
    return x, memory


RULES: dict[str, Rule] = {
    "DDIM": ddim,
    "Ancestral": ancestral,
    "AncestralEuler": ancestral_euler,
    "EulerMaruyama": euler_maruyama,
    "Euler": runge_kutta("euler"),
    "Heun": runge_kutta("heun"),
    "Midpoint": runge_kutta("midpoint"),
    "EDMStochastic": edm_stochastic,
    "DPMSolver": dpm_solver,
    "DPMSolverAncestral": dpm_solver_ancestral,
    "DPMSolverSDE": dpm_solver_sde,
    "PredictorCorrector": predictor_corrector,
    **MULTISTEP,
}


# ----------------------------------------------------------------------------------------------- walks


def walk(
    line: Line,
    rule: str,
    options: Options,
    times: Sequence[Number],
    memory: list[Node],
    last: tuple[str, Options] | None,
) -> State:
    """The rule from the first time to the last, the ``last`` rule for the last step."""
    x = [arb(1)]
    steps = list(pairwise(times))
    for index, (start, end) in enumerate(steps):
        name, used = last if last is not None and index == len(steps) - 1 else (rule, options)
        x, memory = RULES[name](line, used, x, start, end, memory)
    return x


def _answer(rule: str, options: Options) -> str:
    """The field that a rule with a memory asks for."""
    return "denoiser" if rule == "SASolver" else str(options.get("output", "noise"))


def gains(
    rule: str,
    names: tuple[str, ...],
    numbers: list[Number],
    words: Mapping[str, Any],
    name: str,
    path: Sequence[Any],
    times: list[Number],
    variance: Number,
    last: str,
    history: int,
    absolute: bool,
) -> list[Number]:
    """[start, mean, normals...] of x_end = start x_0 + mean mu + normals . z (P78).

    ``numbers`` are the options that move an answer, by ``names``; ``words`` the others. ``last`` is "" or a rule
    without options for the last step. ``history`` nodes on the exact flow, at times uniform in half log-SNR before
    the first, are remembered at the start.
    """
    line = Line(name, path, variance, absolute)
    options = dict(words) | dict(zip(names, numbers, strict=True))
    memory: list[Node] = []
    if history:
        origin = line.half_log_snr(times[0])
        length = line.half_log_snr(times[1]) - origin
        for index in range(history, 0, -1):
            level = origin - index * length
            t = line.time(level)
            state = line.flow([arb(1)], times[0], t)
            memory.append(Node(t, level, state, line.evaluate(_answer(rule, options), state, t)))
    final = (last, {"eta": arb(0), "output": "denoiser"}) if last else None
    state = walk(line, rule, options, times, memory, final)
    return state + [arb(0)] * (2 + line.drawn - len(state))


def inversion(
    name: str,
    path: Sequence[Any],
    times: list[Number],
    variance: Number,
    x: Number,
    mean: Number,
    output: str,
    absolute: bool,
) -> list[Number]:
    """The end of DDIM's step taken toward noise, along increasing times, from x (P68)."""
    line = Line(name, path, variance, absolute)
    start, centre = walk(line, "DDIM", {"eta": arb(0), "output": output}, times, [], None)
    return [line.combine((x, [start]), (mean, [centre]))[0]]
