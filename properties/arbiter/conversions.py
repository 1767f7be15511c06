"""Twins of the conversions: every prediction is read as the pair (E[x_0|x], E[eps|x]), and the others out of it."""

from __future__ import annotations

from typing import Any

Number = Any
Vector = list[Number]

PREDICTIONS = ("score", "denoiser", "noise", "velocity", "v_prediction")


def pair(
    source: str, prediction: Number, x: Number, alpha: Number, sigma: Number, slope: Number, rise: Number
) -> tuple[Number, Number]:
    """(x_0, eps) from a prediction: x = alpha x_0 + sigma eps, and the prediction's own equation (P20)."""
    if source == "denoiser":
        return prediction, (x - alpha * prediction) / sigma
    if source == "velocity":
        wronskian = alpha * rise - slope * sigma
        return (rise * x - sigma * prediction) / wronskian, (alpha * prediction - slope * x) / wronskian
    if source == "v_prediction":
        return alpha * x - sigma * prediction, sigma * x + alpha * prediction
    noise = prediction if source == "noise" else -sigma * prediction
    return (x - sigma * noise) / alpha, noise


def read(target: str, data: Number, noise: Number, alpha: Number, sigma: Number, slope: Number, rise: Number) -> Number:
    """``target`` of the pair (x_0, eps) (P20)."""
    if target == "score":
        return -noise / sigma
    if target == "velocity":
        return slope * data + rise * noise
    if target == "v_prediction":
        return alpha * noise - sigma * data
    return data if target == "denoiser" else noise


def convert(
    source: str,
    target: str,
    prediction: Vector,
    x: Vector,
    alpha: Number,
    sigma: Number,
    alpha_derivative: Number,
    sigma_derivative: Number,
) -> Vector:
    """``target`` from ``source`` at x (P20); the derivatives enter only where one of the two is a velocity."""
    levels = (alpha, sigma, alpha_derivative, sigma_derivative)
    return [
        read(target, *pair(source, value, place, *levels), *levels) for value, place in zip(prediction, x, strict=True)
    ]
