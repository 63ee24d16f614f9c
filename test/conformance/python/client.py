"""Calls every method of Mistral's Python client, and prints the parsed replies as a JSON object, each under a name.

Arguments: the server's URL, an API key, and a second API key that the server accepts.
"""

import json

from files import call_files
from jobs import call_classifier, call_jobs
from models import call_models
from session import http, results

with http:
    ended = call_jobs(call_files())
    call_classifier()
    call_models(ended)
print(json.dumps(results, default=str))
