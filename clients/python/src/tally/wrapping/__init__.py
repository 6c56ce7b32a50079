"""Clients of model vendors that record what they use."""

from __future__ import annotations

from typing import TypeVar

from tally._usage import Sink
from tally.wrapping import _google, _stainless
from tally.wrapping._call import Booking

Client = TypeVar("Client")


def wrap(
    client: Client,
    *,
    service: str | None = None,
    user_id: str | None = None,
    provider: str | None = None,
    recorder: Sink | None = None,
    include_usage: bool = True,
) -> Client:
    """Record every model call of a client: OpenAI, Anthropic or Google Gemini, synchronous or not.

        client = tally.wrap(OpenAI())
        with tally.context(user_id="alice"):
            client.chat.completions.create(model="gpt-4o-mini", messages=[…])

    The client itself is returned, and works as before: same answers, same errors, same streams. Recorded
    are model, token parts, time, outcome and the vendor's request id; a stream when it ends or is given
    up. The user is the one given here, else that of `tally.context`, else the one named in the request
    (`user` or `safety_identifier`, `metadata.user_id`); calls without any are not recorded. `service`
    defaults to the context's, else to the provider's name. `provider` is who serves the model (default: the
    vendor of the client; say it when `base_url` leads elsewhere).

    OpenAI says what a streamed chat completion used only when asked: the wrapper asks and keeps that last
    chunk from the caller, who did not. `include_usage=False` leaves the request alone, for servers that
    refuse the question. Wrapping a client again replaces what was said the first time.

    Raises:
        TypeError: it is none of these clients.
    """
    families = {name.partition(".")[0] for name in _modules(client)}
    if families & {"openai", "anthropic"}:
        vendor = _stainless.vendor_of(client)
        booking = Booking(vendor.provider, service, user_id, provider, recorder)
        _stainless.meter(client, vendor, booking, include_usage=include_usage)
    elif any(name.startswith("google.genai") for name in _modules(client)):
        _google.meter(client, Booking("google", service, user_id, provider, recorder))
    else:
        raise TypeError(f"cannot read usage out of a {type(client).__qualname__}")
    return client


def _modules(client: object) -> list[str]:
    return [kind.__module__ for kind in type(client).__mro__]
