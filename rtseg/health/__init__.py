"""What a camera suffers from: cheap detectors on a small picture, steadied over time."""
