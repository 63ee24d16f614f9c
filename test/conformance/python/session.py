"""Shared by all calls: the client, the requests that it sent, and the recorded replies."""

import json
import sys
import time

import httpx
from mistralai import Mistral
from mistralai.models import SDKError

URL, KEY, OTHER_KEY = sys.argv[1:]
ENDED = ("SUCCESS", "FAILED", "FAILED_VALIDATION", "CANCELLED")

results = {}
sent = []


def remember(request):
    """Records the body of a request, to show which fields the client leaves out."""
    if request.headers.get("content-type", "").startswith("application/json"):
        sent.append(json.loads(request.read() or b"null"))


http = httpx.Client(event_hooks={"request": [remember]}, follow_redirects=True)
client = Mistral(api_key=KEY, server_url=URL, client=http)


def plain(value):
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value.model_dump(by_alias=True) if hasattr(value, "model_dump") else value


def note(name, value):
    """Records a reply under a name, as plain data, and returns the reply."""
    results[name] = plain(value)
    return value


def status_of_failure(call):
    try:
        call()
    except SDKError as error:
        return error.status_code
    return None


def until(job_id, status):
    for _ in range(1000):
        job = client.fine_tuning.jobs.get(job_id=job_id)
        if job.status == status:
            return job
        assert job.status not in ENDED, f"expected {status}, found {job.status}"
        time.sleep(0.02)
    raise TimeoutError(status)
