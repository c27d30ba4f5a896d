"""Seconds as people write them."""


def clock(seconds: float) -> str:
    """``0:07``, ``12:05``, ``1:02:03``; whole seconds, rounded down."""
    whole = max(0, int(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
