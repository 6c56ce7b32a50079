"""Who serves a model, and which: by one name whichever way the usage came in."""

from __future__ import annotations

from typing import Any, Final

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


def model_named(
    provider: str | None, requested: str | None, answered: str | None
) -> dict[str, Any]:
    """`model` and `metadata` of a call, by the model that was asked for and the one that answered.

    It is the one asked for that programs, prices and people know (`gpt-4o-mini`); the exact one that
    answered is metadata, `model_version`. With Azure what is asked for is the name of a deployment, which
    says nothing: there the answer's counts.
    """
    names = (answered, requested) if provider == "azure" else (requested, answered)
    model = names[0] or names[1]
    version = {"model_version": answered} if answered and answered != model else None
    return {"model": model, "metadata": version}
