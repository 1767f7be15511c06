"""The directions of Gaussian data, at their old place."""

from gpu._directions import Directions

__all__ = ["Directions"]
