"""Addresses without their passwords: everything that is printed or written passes here."""

from __future__ import annotations

import re

_USER_PASSWORD = re.compile(r"(://[^:@/?#\[\s]*):(?!\d+([/?#]|$))\S+@")
_PIPELINE_SECRET = re.compile(
    r"(\s(?:pass|passwd|password|pwd|user-pw|token|secret|key)=)[^&#\s]*", re.IGNORECASE
)
_QUERY_SECRET = re.compile(
    r"([?&][^=&#\s]*(?:pass|pwd|user-pw|token|secret|key|auth|sig|credential)[^=&#\s]*=)[^&#\s]*",
    re.IGNORECASE,
)
"""In the query of an address rather too much than too little is hidden: ``access_token``,
``X-Amz-Signature``. In a pipeline ``key-int-max`` is no secret."""


def masked(url: str) -> str:
    """The same address, safe to print: ``rtsp://user:***@host``, ``?token=***``; pipelines too."""
    url = _USER_PASSWORD.sub(r"\1:***@", url)
    return _QUERY_SECRET.sub(r"\1***", _PIPELINE_SECRET.sub(r"\1***", url))


def needs_password(reference: str) -> bool:
    """Whether something is masked in it, so that it cannot be opened as it is."""
    return "***" in reference
