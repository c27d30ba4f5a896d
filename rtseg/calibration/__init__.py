"""Calibration sets: few frames that stand for much footage."""
