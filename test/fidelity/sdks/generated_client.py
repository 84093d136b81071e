"""The client that openapi-python-client makes of the served document, at the stack's own address."""

import sys

sys.path.insert(0, sys.argv[1])

from image_service_client import AuthenticatedClient  # noqa: E402
from image_service_client.api.generations import create_generation, read_generation  # noqa: E402
from image_service_client.models import CreateGeneration, Generation  # noqa: E402
from report import API_KEY, API_URL, PROMPT, report, size_of  # noqa: E402

client = AuthenticatedClient(base_url=API_URL, token=API_KEY, timeout=60)
made = create_generation.sync(client=client, body=CreateGeneration(prompt=PROMPT))
assert isinstance(made, Generation), made
read = read_generation.sync(made.id, client=client)
refused = create_generation.sync(client=client, body=CreateGeneration(prompt=" "))
report(status=read.status, usual=size_of(read.image.url), refused=[type(refused).__name__, refused.code])
