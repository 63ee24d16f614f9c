"""Makes every call of Mistral's Python client, and prints what it made of the answers as JSON, under a name for each.

Arguments: the server's URL, the key, another key that the server knows.
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
