"""Records of preconditioning: scalings of networks and weights of losses."""

from __future__ import annotations

from properties.registry.record import Record

ARBITER, UNIT = "preconditioning.scalings_arbiter", "preconditioning.scalings_give_unit_variance"
NETWORK = "preconditioning.network_and_target"
WEIGHTS, LOSS = "preconditioning.weights_arbiter", "preconditioning.weights_are_one_loss"
INTEGRAL = "preconditioning.weights_integrate"
BATCHES, TIMES = "preconditioning.batches", "preconditioning.batches_of_weights"


def _record(name: str, identifier: str, *laws: str) -> Record:
    return Record(f"preconditioning.{name}", (identifier,), "closed", laws, "entrywise")


RECORDS: tuple[Record, ...] = (
    *(
        _record(name, "P82", ARBITER, UNIT, BATCHES)
        for name in ("skip_scale", "output_scale", "input_scale", "noise_conditioning", "edm_loss_weight")
    ),
    *(_record(name, "P82", ARBITER, NETWORK, BATCHES) for name in ("denoiser_from_network", "network_target")),
    *(
        _record(name, "P83", ARBITER, UNIT, BATCHES)
        for name in ("consistency_skip_scale", "consistency_output_scale", "consistency_target_variance")
    ),
    *(
        _record(name, "P84", WEIGHTS, LOSS, INTEGRAL, TIMES)
        for name in ("half_log_snr_weight", "elbo_denoiser_weight", "elbo_noise_weight")
    ),
    *(
        _record(name, "P84", WEIGHTS, LOSS, TIMES)
        for name in (
            "elbo_score_weight",
            "elbo_velocity_weight",
            "elbo_v_weight",
            "equal_loss_weight",
            "min_snr_denoiser_weight",
            "min_snr_noise_weight",
            "min_snr_v_weight",
        )
    ),
)
