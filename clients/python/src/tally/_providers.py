"""Who serves a model, by one name whichever way the usage came in."""

from __future__ import annotations

from typing import Final

NAMES: Final = {
    # OpenTelemetry's `gen_ai.provider.name`
    "aws.bedrock": "aws",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "az.ai.inference": "azure",
    "az.ai.openai": "azure",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "ibm.watsonx.ai": "watsonx",
    "mistral_ai": "mistral",
    "moonshot_ai": "moonshotai",
    # LiteLLM's `custom_llm_provider`
    "azure_ai": "azure",
    "azure_text": "azure",
    "bedrock": "aws",
    "bedrock_converse": "aws",
    "fireworks_ai": "fireworks",
    "gemini": "google",
    "together_ai": "together",
    "vertex_ai": "google",
    "vertex_ai_beta": "google",
    # both
    "x_ai": "x-ai",
    "xai": "x-ai",
}
"""What others call a provider, where it is not the name that `tally.wrap` uses and the price book lists."""


def provider_named(name: str | None) -> str | None:
    """A provider's name as Tally's price book has it; unknown ones stay as they are."""
    return None if not name else NAMES.get(name, name)
