"""Calls every method for files."""

import json

import httpx
from mistralai import Mistral
from mistralai.models import File
from session import URL, client, note, status_of_failure

MESSAGES = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
INSTRUCT = (json.dumps({"messages": MESSAGES}) + "\n").encode() * 3


def call_files():
    files = client.files
    content = File(file_name="train.jsonl", content=INSTRUCT)
    uploaded = note("upload", files.upload(file=content, purpose="fine-tune"))
    batch = note("upload_batch", files.upload(file={"file_name": "batch.jsonl", "content": b"{}\n"}, purpose="batch"))
    note("retrieve", files.retrieve(file_id=uploaded.id))
    note("list", files.list())
    everything = {
        "page": 0,
        "page_size": 5,
        "include_total": True,
        "sample_type": ["instruct"],
        "source": ["upload"],
        "search": "TRAIN",
        "purpose": "fine-tune",
        "mimetypes": [uploaded.mimetype],
    }
    note("list_filtered", files.list(**everything))
    note("list_page", files.list(page=1, page_size=1, include_total=False))
    note("download", files.download(file_id=uploaded.id).read().decode())
    signed = note("get_signed_url", files.get_signed_url(file_id=uploaded.id, expiry=2))
    note("signed_content", httpx.get(signed.url).text)
    note("delete", files.delete(file_id=batch.id))
    note("retrieve_deleted", status_of_failure(lambda: files.retrieve(file_id=batch.id)))
    note("wrong_key", status_of_failure(Mistral(api_key="wrong", server_url=URL).files.list))
    return uploaded.id
