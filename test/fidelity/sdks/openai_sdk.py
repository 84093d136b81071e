"""The stock `openai` package for Python."""

import base64

import openai
from report import API_KEY, API_URL, PROMPT, report, size_of

client = openai.OpenAI(base_url=API_URL, api_key=API_KEY)


def refusal(**wishes):
    try:
        client.images.generate(prompt=PROMPT, **wishes)
    except openai.APIStatusError as error:
        return [type(error).__name__, error.code, error.param]


plain = client.images.generate(prompt=PROMPT)
inline = client.images.generate(model="qwen-image-max", prompt=PROMPT, response_format="b64_json")
usual = client.images.with_raw_response.generate(
    model="qwen-image-max",
    prompt=PROMPT,
    size="1024x1024",
    quality="hd",
    style="vivid",
    user="someone",
    extra_body={"seed": 7, "negative_prompt": "blur"},
)
report(
    plain=size_of(plain.data[0].url),
    inline=size_of(base64.b64decode(inline.data[0].b64_json)),
    usual=size_of(usual.parse().data[0].url),
    told=usual.headers["x-image-size"],
    marked=usual.headers["x-digital-source-type"],
    models=[model.id for model in client.models.list()],
    model=client.models.retrieve("qwen-image-max").id,
    refusals=[refusal(model="dall-e-3"), refusal(n=2), refusal(size="1600x900")],
)
