"""The discrete beta tables, every entry of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from properties.arbiter import tables as twins
from properties.arbiter.measured import Measured, as_measured, precisely
from properties.arbiter.numbers import Truth, truth
from properties.cases.draw import rounded
from properties.cases.families import Table
from properties.law import law
from properties.laws._arguments import in_double
from properties.laws._compare import entrywise, exact
from properties.laws._measured import measured, vanishes
from properties.protocol import Findings, Floats, Implementation

CUMULATIVE = ("discrete_alpha", "discrete_sigma", "discrete_half_log_snr")


def make(implementation: Implementation, case: Table) -> tuple[Any, Truth]:
    """The table by its maker, and what it must be."""
    values = getattr(implementation.module.paths, case.maker)(case.count, **dict(case.parameters))
    return values, truth(twins.MAKERS[case.maker], case.count, *(float(value) for _, value in case.parameters))


def as_argument(implementation: Implementation, betas: Any) -> Floats:
    """The table's entries as values of the dtype, which are the direct arguments of what follows."""
    return rounded(np.asarray(betas, dtype=np.float64), implementation.dtype)


def _cumulative(betas: list[Any]) -> list[list[Any]]:
    return [getattr(twins, name)(betas) for name in CUMULATIVE]


@law(
    "paths.arbiter_tables",
    statement="Every entry of every table, its cumulative levels and its zero-terminal rescaling is what it must be.",
    catalogue=("P7", "P14", "P15", "P16"),
    family="table",
    route="arbiter",
)
def arbiter_tables(implementation: Implementation, case: Table) -> Findings:
    module, lift = implementation.module.paths, implementation.lift
    made, exactly = make(implementation, case)
    findings = [entrywise(f"paths.{case.maker}", made, exactly, in_double(implementation))]
    betas = as_argument(implementation, made)
    parts = truth(_cumulative, betas.tolist()).split(*(case.count for _ in CUMULATIVE))
    for name, part in zip(CUMULATIVE, parts, strict=True):
        findings.append(entrywise(f"paths.{name}", getattr(module, name)(lift(betas)), part, implementation))
    if case.count > 1:
        rescaled = truth(twins.rescale_zero_terminal_snr, betas.tolist())
        findings.append(
            entrywise(
                "paths.rescale_zero_terminal_snr",
                module.rescale_zero_terminal_snr(lift(betas)),
                rescaled,
                implementation,
            )
        )
    book = rounded(np.sqrt(betas), implementation.dtype)
    for name, argument in (("book_beta_from_ho_beta", betas), ("ho_beta_from_book_beta", book)):
        exactly = truth(_square if name.startswith("ho") else _square_root, argument.tolist())
        findings.append(entrywise(f"paths.{name}", getattr(module, name)(lift(argument)), exactly, implementation))
    return tuple(findings)


def _square(values: list[Any]) -> list[Any]:
    return [value**2 for value in values]


def _square_root(values: list[Any]) -> list[Any]:
    return [value.sqrt() for value in values]


@law(
    "paths.table_recurrences",
    statement="alpha_k^2 = alpha_{k-1}^2 (1 - beta_k), sigma_k^2 = sigma_{k-1}^2 (1 - beta_k) + beta_k, lambda_k their "
    "log ratio; the book's kernel is Ho's.",
    catalogue=("P7", "P8"),
    family="table",
    route="composition",
)
@precisely
def table_recurrences(implementation: Implementation, case: Table) -> Findings:
    module, lift = implementation.module.paths, implementation.lift
    betas = as_argument(implementation, make(implementation, case)[0])
    parts = truth(_cumulative, betas.tolist()).split(*(case.count for _ in CUMULATIVE))
    alphas, sigmas, levels = (
        measured(getattr(module, name)(lift(betas)), part, implementation)
        for name, part in zip(CUMULATIVE, parts, strict=True)
    )
    kept, added, previous_alpha, previous_variance = [], [], as_measured(1.0), as_measured(0.0)
    for beta, alpha, sigma in zip(betas.tolist(), alphas, sigmas, strict=True):
        share = 1 - as_measured(beta)
        kept.append(alpha.square() - previous_alpha * share)
        added.append(sigma.square() - previous_variance * share - beta)
        previous_alpha, previous_variance = alpha.square(), sigma.square()
    ratios = [level.exp() * sigma - alpha for level, sigma, alpha in zip(levels, sigmas, alphas, strict=True)]
    book = measured(module.book_beta_from_ho_beta(lift(betas)), truth(_square_root, betas.tolist()), implementation)
    squares = [value.square() - beta for value, beta in zip(book, betas.tolist(), strict=True)]
    back = implementation.lower(module.ho_beta_from_book_beta(module.book_beta_from_ho_beta(lift(betas))))
    returned = [
        Measured(as_measured(float(value)).value, as_measured(3.0 * beta).value) - beta
        for value, beta in zip(back, betas.tolist(), strict=True)
    ]
    return (
        vanishes("paths.discrete_alpha", kept, implementation),
        vanishes("paths.discrete_sigma", added, implementation),
        vanishes("paths.discrete_half_log_snr", ratios, implementation),
        vanishes("paths.book_beta_from_ho_beta", squares, implementation),
        vanishes("paths.ho_beta_from_book_beta", returned, implementation),
    )


@law(
    "paths.table_shapes",
    statement="Linear betas are evenly spaced, scaled ones in the square root; cosine ones telescope to cos^2; the "
    "rescaled table keeps its first alpha, ends at exactly 1 and is affine in alpha.",
    catalogue=("P14", "P15", "P16"),
    family="table",
    route="closed form",
)
@precisely
def table_shapes(implementation: Implementation, case: Table) -> Findings:
    module, lift = implementation.module.paths, implementation.lift
    made, exactly = make(implementation, case)
    host = in_double(implementation)
    entries = measured(made, exactly, host)
    name = f"paths.{case.maker}"
    findings = [exact(name, len(entries) == case.count)]
    if case.maker == "cosine_betas":
        # The product of 1 - beta telescopes while nothing is clipped: it is cos^2 at the end over cos^2 at the start.
        offset, maximum = (as_measured(value).value for _, value in case.parameters)
        product, residuals = as_measured(1.0), []
        for index, entry in enumerate(entries):
            if not entry.value < maximum:
                continue
            product = product * (1 - entry)
            residuals.append(product - twins.retained_share(index + 1, case.count, offset))
        clipped = [index for index, entry in enumerate(entries) if not entry.value < maximum]
        findings.append(exact(name, clipped == [case.count - 1], clipped=clipped))
    else:
        roots = entries if case.maker == "linear_betas" else [entry.sqrt() for entry in entries]
        residuals = [a - 2 * b + c for a, b, c in zip(roots, roots[1:], roots[2:], strict=False)]
    if residuals:
        findings.append(vanishes(name, residuals, host))
    if case.count > 1:
        betas = as_argument(implementation, made)
        rescaled = module.rescale_zero_terminal_snr(lift(betas))
        values = implementation.lower(rescaled)
        findings.append(exact("paths.rescale_zero_terminal_snr", values[-1] == 1.0, last=float(values[-1])))
        findings.append(_affine(implementation, betas, rescaled))
    return tuple(findings)


def _affine(implementation: Implementation, betas: Floats, rescaled: Any) -> Any:
    """Alpha' = scale (alpha - alpha_T) with alpha'_0 = alpha_0, from the implementation's own cumulative levels."""
    alphas = twins.discrete_alpha([as_measured(beta).value for beta in betas.tolist()])
    entries = measured(rescaled, truth(twins.rescale_zero_terminal_snr, betas.tolist()), implementation)
    factor = alphas[0] / (alphas[0] - alphas[-1])
    product, residuals = as_measured(1.0), []
    for entry, alpha in zip(entries, alphas, strict=True):
        product = product * (1 - entry)
        shifted = (alpha - alphas[-1]) * factor
        residuals.append(product - shifted * shifted)
    return vanishes("paths.rescale_zero_terminal_snr", residuals, implementation)


@law(
    "paths.table_figures",
    statement="Known figures: DDPM's last product is 4.036e-5, Stable Diffusion's 4.66e-3, the clipped cosine's "
    "2.43e-9 with one clipped beta, and the zero-terminal one's 0.",
    catalogue=("P14", "P15", "P16"),
    family="table",
    route="closed form",
)
def table_figures(implementation: Implementation, _case: Table) -> Findings:
    module, known = implementation.module.paths, in_double(implementation)
    # Each figure is right to half a unit of its last printed digit.
    figures = (
        ("linear_betas", 4.036e-5, 0.5e-8),
        ("scaled_linear_betas", 4.66e-3, 0.5e-5),
        ("cosine_betas", 2.43e-9, 0.5e-11),
    )
    findings = []
    for maker, figure, half_digit in figures:
        betas = known.lower(getattr(module, maker)(1000))
        last = float(np.prod(1.0 - betas))
        findings.append(exact(f"paths.{maker}", abs(last - figure) <= half_digit, last=last, figure=figure))
        if maker == "cosine_betas":
            clipped = int(np.count_nonzero(betas >= 0.999))
            findings.append(exact(f"paths.{maker}", clipped == 1, clipped=clipped))
        else:
            zero = known.lower(module.rescale_zero_terminal_snr(getattr(module, maker)(1000)))
            holds = zero[-1] == 1.0 and bool(np.all(zero[:-1] < 1.0))
            findings.append(exact("paths.rescale_zero_terminal_snr", holds, last=float(zero[-1])))
    return tuple(findings)
