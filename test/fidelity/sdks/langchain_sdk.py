"""LangChain's image tool, with the defaults that it has."""

from langchain_community.tools.openai_dalle_image_generation import OpenAIDALLEImageGenerationTool
from langchain_community.utilities.dalle_image_generator import DallEAPIWrapper
from report import API_KEY, API_URL, PROMPT, report, size_of

wrapper = DallEAPIWrapper(model="qwen-image-max", base_url=API_URL, api_key=API_KEY)
tool = OpenAIDALLEImageGenerationTool(api_wrapper=wrapper)
report(size=wrapper.size, usual=size_of(tool.run(PROMPT)))
