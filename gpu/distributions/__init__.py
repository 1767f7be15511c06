"""The analytic data laws: Gaussian, Gaussian mixture, point cloud. Each diffuses into its own family."""

from __future__ import annotations

from gpu.distributions.gaussian import Gaussian
from gpu.distributions.mixture import GaussianMixture
from gpu.distributions.point_cloud import PointCloud

__all__ = ["Gaussian", "GaussianMixture", "PointCloud"]
