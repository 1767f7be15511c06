"""`certify.sampler`: healthy samplers of every library and signature pass, and the certificate says what failed."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest

import certify
import reference as ref

EDM = ref.EDM()


def euler(denoiser, x_start, times, *, normal):
    x = x_start
    for noisy, clean in itertools.pairwise(times):
        x = x + (clean - noisy) * (x - denoiser(x, noisy)) / noisy
    return x


def words(certificate):
    return {verdict.law: verdict.verdict for verdict in certificate.verdicts}


LAWS = {"sampler.affine", "sampler.batch", "sampler.dtype", "sampler.finite", "sampler.limit_law", "sampler.noise"}


def test_a_healthy_sampler_passes_every_law_and_the_certificate_reads():
    certificate = certify.sampler(euler, path=EDM, order=1)

    assert words(certificate) == dict.fromkeys(LAWS | {"sampler.order"}, "pass")
    assert certificate.passed
    assert "test_sampler.euler" in repr(certificate)
    certificate.raise_if_failed()


def test_without_a_claim_there_is_no_order():
    assert words(certify.sampler(euler, path=EDM, library="numpy")) == dict.fromkeys(LAWS, "pass")


def test_an_order_that_is_not_attained_fails_that_law_alone():
    certificate = certify.sampler(euler, path=EDM, order=2, library="numpy")

    assert {verdict.law for verdict in certificate.failures} == {"sampler.order"}
    assert certificate.failures[0].measured == pytest.approx(1.0, abs=0.1)
    assert certificate.failures[0].allowed == pytest.approx(1.85)


@pytest.mark.parametrize("signature", ["noise", "score", "velocity"])
def test_every_signature(signature):
    """On the path alpha = 1, sigma = t the velocity is the noise, and the score is minus the noise over t."""

    def sampler(network, x_start, times, *, normal):
        x = x_start
        for noisy, clean in itertools.pairwise(times):
            x = x + (clean - noisy) * network(x, noisy) * (-noisy if signature == "score" else 1.0)
        return x

    assert certify.sampler(sampler, path=EDM, order=1, signature=signature, library="numpy").passed


def test_a_torch_sampler_is_recognised_and_its_own_draws_are_seen():
    torch = pytest.importorskip("torch")

    def ancestral(denoiser, x_start, times, *, normal):
        x = x_start
        for noisy, clean in itertools.pairwise(times):
            ratio = clean / noisy
            slope = (x - denoiser(x, noisy)) / noisy
            x = x + (clean * ratio - noisy) * slope + clean * torch.sqrt(1 - ratio**2) * torch.randn_like(x)
        return x

    assert certify.sampler(ancestral, path=EDM, order=1, stochastic=True).passed
    declared = certify.sampler(ancestral, path=EDM, stochastic=False, library="torch")
    assert {verdict.law for verdict in declared.failures} == {"sampler.noise"}


def test_what_is_not_affine_is_never_passed():
    def clipped(denoiser, x_start, times, *, normal):
        return np.clip(euler(denoiser, x_start, times, normal=normal), -1.0, 1.0)

    found = words(certify.sampler(clipped, path=EDM, order=1, library="numpy"))

    assert found["sampler.affine"] == "fail"
    assert found["sampler.order"] == found["sampler.limit_law"] == "inconclusive"


@pytest.mark.parametrize(
    ("sampler", "law"),
    [
        (lambda d, x, t, *, normal: euler(d, x, t, normal=normal) + x.mean(axis=0), "sampler.batch"),
        (lambda d, x, t, *, normal: euler(d, x, t, normal=normal).astype(np.float32), "sampler.dtype"),
        (lambda d, x, t, *, normal: euler(d, x, t, normal=normal)[:, :1], "sampler.dtype"),
        (lambda d, x, t, *, normal: x * np.nan, "sampler.finite"),
        (lambda d, x, t, *, normal: x / 0, "sampler.finite"),
        (lambda d, x, t, *, normal: x, "sampler.limit_law"),
        (lambda d, x, t, *, normal: euler(d, x, t, normal=normal) + normal((1, 2)), "sampler.noise"),
    ],
    ids=["batch", "dtype", "shape", "nan", "raises", "does nothing", "shared noise"],
)
def test_each_law_fails_for_its_fault(sampler, law):
    certificate = certify.sampler(sampler, path=EDM, library="numpy", name="planted")

    assert law in {verdict.law for verdict in certificate.failures}
    assert all(verdict.explanation for verdict in certificate.failures)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"signature": "epsilon"}, ValueError, "signature: expected denoiser"),
        ({"order": 0}, ValueError, "order: expected a positive integer"),
        ({"order": True}, ValueError, "order: expected a positive integer"),
        ({"library": "tensorflow"}, ValueError, "library: expected one of numpy, torch, jax"),
    ],
)
def test_bad_arguments_are_refused_at_the_door(options, error, message):
    with pytest.raises(error, match=message):
        certify.sampler(euler, path=EDM, **options)


def test_something_that_is_no_function_is_refused():
    with pytest.raises(TypeError, match="sampler: expected a function, got int"):
        certify.sampler(3, path=EDM)


def test_the_same_seed_gives_the_same_bytes():
    first, second = (certify.sampler(euler, path=EDM, order=1, library="numpy", seed=3) for _ in range(2))

    assert first.to_json() == second.to_json()


def test_numpy_samplers_need_no_torch():
    script = (
        "import sys; sys.modules['torch'] = None; import certify, reference as ref\n"
        "f = lambda d, x, t, *, normal: x\n"
        "assert not certify.sampler(f, path=ref.EDM()).passed\n"
    )

    subprocess.run([sys.executable, "-c", script], check=True)
