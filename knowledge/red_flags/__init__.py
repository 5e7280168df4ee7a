"""Signs of danger in a patient's raw words: data that a nurse can review, and the code that reads it."""

from knowledge.red_flags.flags import MinorAilment, Raised, RedFlag, RedFlags, load_red_flags
from knowledge.red_flags.mentions import Mention

__all__ = ["Mention", "MinorAilment", "Raised", "RedFlag", "RedFlags", "load_red_flags"]
