"""Token parts out of what vendors report, as Tally counts them.

Vendors report the same tokens in different ways. Tally's parts are always: `cached_input` and
`cache_write` inside `input`, `reasoning` inside `output`, so `input + output` is everything and nothing is
counted twice. Each function takes the vendor's usage as the SDK's object or as the JSON of the wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tally._usage import Tokens


def openai(usage: Any) -> Tokens | None:
    """Tokens of OpenAI's `usage`: chat completions, responses, completions, embeddings.

    OpenAI counts cached tokens and cache writes inside the input and reasoning inside the output, as Tally
    does. Some servers that speak its format leave reasoning out of the output: their own total tells.
    None when it is not there or says nothing.
    """
    given = _int(usage, "prompt_tokens", "input_tokens")
    if given is None:
        return None
    inside = _part(usage, "prompt_tokens_details", "input_tokens_details")
    output_parts = _part(usage, "completion_tokens_details", "output_tokens_details")
    output = _int(usage, "completion_tokens", "output_tokens") or 0
    reasoning = _int(output_parts, "reasoning_tokens") or 0
    if _int(usage, "total_tokens") == given + output + reasoning:
        output += reasoning
    return parts(
        given,
        output,
        cached_input=_int(inside, "cached_tokens") or 0,
        cache_write=_int(inside, "cache_write_tokens", "cache_creation_tokens") or 0,
        reasoning=reasoning,
    )


def anthropic(usage: Any) -> Tokens | None:
    """Tokens of Anthropic's `usage`, whose `input_tokens` leave out what was read from or written to a cache.

    None when it is not there or says nothing.
    """
    fresh = _int(usage, "input_tokens")
    if fresh is None:
        return None
    cached_input = _int(usage, "cache_read_input_tokens") or 0
    cache_write = _int(usage, "cache_creation_input_tokens") or 0
    return parts(
        fresh + cached_input + cache_write,
        _int(usage, "output_tokens") or 0,
        cached_input=cached_input,
        cache_write=cache_write,
        reasoning=_int(_part(usage, "output_tokens_details"), "thinking_tokens") or 0,
    )


def google(usage: Any) -> Tokens | None:
    """Tokens of Gemini's `usage_metadata`.

    Gemini counts thoughts beside the answer, and results of tools beside the prompt.

    None when it is not there or says nothing.
    """
    prompt = _int(usage, "prompt_token_count", "promptTokenCount")
    if prompt is None:
        return None
    answer = _int(usage, "candidates_token_count", "candidatesTokenCount") or 0
    thoughts = _int(usage, "thoughts_token_count", "thoughtsTokenCount") or 0
    tools = _int(usage, "tool_use_prompt_token_count", "toolUsePromptTokenCount") or 0
    return parts(
        prompt + tools,
        answer + thoughts,
        cached_input=_int(usage, "cached_content_token_count", "cachedContentTokenCount") or 0,
        reasoning=thoughts,
    )


def parts(
    input: int, output: int, *, cached_input: int = 0, cache_write: int = 0, reasoning: int = 0
) -> Tokens:
    """Tokens of parts that lie inside their wholes.

    Parts that are larger than their whole cannot be inside it: then they were counted beside it, and the
    whole grows by them. So what is reported is never refused for its arithmetic, nor counted twice.
    """
    if cached_input + cache_write > input:
        input += cached_input + cache_write
    if reasoning > output:
        output += reasoning
    return Tokens(
        input=input,
        output=output,
        cached_input=cached_input or None,
        cache_write=cache_write or None,
        reasoning=reasoning or None,
    )


def _part(usage: Any, *names: str) -> Any:
    """The first member of those names that is there."""
    get = usage.get if isinstance(usage, Mapping) else lambda name: getattr(usage, name, None)
    return next((value for value in map(get, names) if value is not None), None)


def _int(usage: Any, *names: str) -> int | None:
    value = None if usage is None else _part(usage, *names)
    return value if isinstance(value, int) and value >= 0 else None
