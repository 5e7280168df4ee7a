"""The conversation: from a patient's words to an offer and its reasons.

Importing this package keeps its libraries off the network: no hub look-ups, no telemetry. Whoever
wants a model from the hub says so in the environment first (`HF_HUB_OFFLINE=0`).
"""

import os

for _name, _value in {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DISABLE_SAFETENSORS_CONVERSION": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "GRADIO_ANALYTICS_ENABLED": "False",
    "LANGSMITH_TRACING": "false",
    "TOKENIZERS_PARALLELISM": "false",
}.items():
    os.environ.setdefault(_name, _value)
