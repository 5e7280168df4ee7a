"""What words are compared by."""

from __future__ import annotations

import re
from itertools import pairwise

_HAN_RUN = re.compile(r"[\u3400-\u9fff]+")
_WORD = re.compile(r"[a-z0-9']+")


def terms(text: str) -> list[str]:
    """What TF-IDF counts: words, word pairs, character runs within words; Chinese runs of 1 to 3."""
    text = text.lower()
    found = [
        run[start : start + length]
        for run in _HAN_RUN.findall(text)
        for length in (1, 2, 3)
        for start in range(len(run) - length + 1)
    ]
    words = _WORD.findall(text)
    found += [f"w:{word}" for word in words]
    found += [f"p:{first} {second}" for first, second in pairwise(words)]
    for word in words:
        edged = f"<{word}>"
        for length in (4, 5):
            found += [edged[i : i + length] for i in range(len(edged) - length + 1)]
    return found
