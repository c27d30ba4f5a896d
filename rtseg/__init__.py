"""Real-time semantic segmentation of road video, with honest numbers."""

__version__ = "0.1.0"
