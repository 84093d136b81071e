"""What people use instead: each asks for the prompts given, all at once, and says what it holds in the end.

usage: clients.py CONTESTANT PROVIDER_URL PROXY_URL PROMPT...; a line of JSON for each prompt.
"""
import json
import sys
import threading
import time

import requests

contestant, provider, proxy, prompts = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
KEY = "sk-bench"
PATH = "/api/v1/services/aigc/multimodal-generation/generation"


def naive(prompt):
    body = {
        "model": "qwen-image-max",
        "input": {"messages": [{"role": "user", "content": [{"text": prompt}]}]},
        "parameters": {"size": "1664*928", "n": 1},
    }
    answer = requests.post(
        provider + PATH, json=body, headers={"authorization": f"Bearer {KEY}"}, timeout=300
    )
    answer.raise_for_status()
    return answer.json()["output"]["choices"][0]["message"]["content"][0]["image"]


def tenacious(prompt):
    from tenacity import retry, stop_after_attempt, wait_exponential_jitter

    return retry(stop=stop_after_attempt(3), wait=wait_exponential_jitter(1, 20), reraise=True)(naive)(prompt)


def dashscope_sdk(prompt):
    import dashscope

    dashscope.base_http_api_url = provider + "/api/v1"
    answer = dashscope.MultiModalConversation.call(
        api_key=KEY,
        model="qwen-image-max",
        messages=[{"role": "user", "content": [{"text": prompt}]}],
        size="1664*928",
        n=1,
    )
    if answer.status_code != 200:
        raise RuntimeError(f"{answer.status_code} {answer.code}")
    return answer.output.choices[0].message.content[0]["image"]


def litellm_proxy(prompt):
    from openai import OpenAI

    client = OpenAI(base_url=proxy, api_key=KEY)
    return client.images.generate(model="qwen-image-max", prompt=prompt, size="1664x928").data[0].url


ask = {"naive": naive, "tenacity": tenacious, "dashscope": dashscope_sdk, "litellm": litellm_proxy}[contestant]


writing = threading.Lock()


def run(prompt):
    began = time.monotonic()
    error = None
    try:
        picture = requests.get(ask(prompt), timeout=60)
        picture.raise_for_status()
    except Exception as failure:  # whatever it is, its caller sees it
        error = f"{type(failure).__name__}: {failure}"[:120]
    line = json.dumps({"prompt": prompt, "error": error, "seconds": time.monotonic() - began})
    with writing:
        print(line, flush=True)


threads = [threading.Thread(target=run, args=(prompt,)) for prompt in prompts]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
