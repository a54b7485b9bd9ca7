"""The sample catalogue of models: named after what CoChat is known to offer, free and paid told apart by their prices.

Prices and lengths stand in the fields that OpenRouter's list has, and are made up, as is all that is called a sample.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cochat_devkit.resource import Wire

#: the pipe that the models are said to come from
SAMPLE_PIPE = "openrouter_manifold"
COUNT = 420
_PREFIX = "OpenRouter/"
_MARK = "[sample]"

FREE = {
    "meta-llama/llama-3.3-70b-instruct:free": "Llama 3.3 70B",
    "google/gemma-3-27b-it:free": "Gemma 3 27B",
    "mistralai/mistral-small-3.1-24b-instruct:free": "Mistral Small 3.1",
    "qwen/qwen3-4b:free": "Qwen3 4B",
    "qwen/qwen3-next-80b-a3b-instruct:free": "Qwen3 80B",
    "nvidia/nemotron-nano-9b-v2:free": "NVIDIA Nemotron 9B",
    "openai/gpt-oss-120b:free": "OpenAI gpt-oss-120B",
    "arcee-ai/trinity-mini:free": "Arcee Trinity Mini",
    "z-ai/glm-4.5-air:free": "GLM 4.5 Air",
}
PAID = {
    "deepseek/deepseek-chat": "DeepSeek V3",
    "deepseek/deepseek-chat-v3.1": "DeepSeek V3.1",
    "deepseek/deepseek-v3.2": "DeepSeek V3.2",
    "deepseek/deepseek-r1": "DeepSeek R1",
    "moonshotai/kimi-k2": "Kimi K2",
    "moonshotai/kimi-k2.5": "Kimi K2.5",
    "anthropic/claude-sonnet-4": "Claude Sonnet 4",
    "anthropic/claude-sonnet-4.5": "Claude Sonnet 4.5",
    "x-ai/grok-4.1-fast": "Grok 4.1 Fast",
}


@cache
def sample_models() -> tuple[Wire, ...]:
    """Make the catalogue: (`id` and `name` within the pipe, and `more` that the list tells) for each model."""
    rest = COUNT - len(FREE) - len(PAID)
    numbered = {f"sample/model-{number:03}": f"Sample Model {number:03}" for number in range(1, rest + 1)}
    free = [_model(id_, name, is_free=True) for id_, name in FREE.items()]
    return (*free, *(_model(id_, name, is_free=False) for id_, name in {**PAID, **numbered}.items()))


def _model(id_: str, name: str, *, is_free: bool) -> Wire:
    price = {"prompt": "0", "completion": "0"} if is_free else {"prompt": "0.000001", "completion": "0.000002"}
    more = {
        "description": f"{_MARK} {name}",
        "context_length": 131_072,
        "architecture": {"modality": "text->text", "input_modalities": ["text"], "output_modalities": ["text"]},
        "pricing": {**price, "request": "0", "image": "0"},
    }
    return {"id": id_, "name": f"{_PREFIX}{name}", "more": more}
