"""The data laws on which diffusion has exact answers; each diffuses into its own family."""

from __future__ import annotations

from .gaussian import Gaussian
from .mixture import GaussianMixture
from .point_cloud import PointCloud

__all__ = ["Gaussian", "GaussianMixture", "PointCloud"]
