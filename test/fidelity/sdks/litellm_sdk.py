"""LiteLLM as a client, by the two prefixes that lead to an OpenAI-compatible service."""

import litellm
from report import API_KEY, API_URL, PROMPT, report, size_of

litellm.telemetry = False


def paint(model, **wishes):
    return litellm.image_generation(model=model, prompt=PROMPT, api_base=API_URL, api_key=API_KEY, **wishes)


def size(answer):
    return size_of(answer.data[0].url)


def refusal(**wishes):
    try:
        paint("openai/qwen-image-max", **wishes)
    except Exception as error:
        return [type(error).__name__, getattr(error, "status_code", None)]


report(
    plain=size(paint("openai/qwen-image-max")),
    usual=size(paint("openai/qwen-image-max", size="1024x1024", extra_body={"seed": 7, "negative_prompt": "blur"})),
    proxy=size(paint("litellm_proxy/qwen-image-max", size="1024x1792")),
    refusals=[refusal(n=2)],
)
