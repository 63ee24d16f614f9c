"""Calls every method for jobs."""

import datetime
import time

import httpx
from mistralai import Mistral
from session import KEY, OTHER_KEY, URL, client, note, sent, status_of_failure, until

MOODS = b'{"text":"a fine day","labels":{"mood":"good"}}\n'


def call_jobs(file_id):
    jobs = client.fine_tuning.jobs
    base = {"model": "open-mistral-7b", "training_files": [{"file_id": file_id}]}
    job = note(
        "create",
        jobs.create(
            model="open-mistral-7b",
            training_files=[{"file_id": file_id, "weight": 0.5}],
            validation_files=[file_id],
            hyperparameters={
                "training_steps": 3,
                "learning_rate": 0.001,
                "weight_decay": 0.2,
                "warmup_fraction": 0.1,
                "epochs": 2,
                "seq_len": 4096,
                "fim_ratio": 0.5,
            },
            suffix="everything",
            integrations=[{"project": "p", "name": "n", "run_name": "r", "api_key": "w" * 40}],
            auto_start=False,
            invalid_sample_skip_percentage=0.25,
            job_type="completion",
            repositories=[{"owner": "o", "name": "r", "ref": "main", "weight": 2, "token": "t"}],
        ),
    )
    note("get_validated", until(job.id, "VALIDATED"))
    note("start", jobs.start(job_id=job.id))
    note("start_again", status_of_failure(lambda: jobs.start(job_id=job.id)))
    ended = note("get", until(job.id, "SUCCESS"))

    long = jobs.create(**base, hyperparameters={"training_steps": 100_000}, auto_start=True)
    until(long.id, "RUNNING")
    note("cancel", jobs.cancel(job_id=long.id))
    until(long.id, "CANCELLED")
    note("cancel_again", status_of_failure(lambda: jobs.cancel(job_id=long.id)))

    time.sleep(1 - time.time() % 1)
    others = Mistral(api_key=OTHER_KEY, server_url=URL).fine_tuning.jobs
    other = note("create_other", others.create(**base, hyperparameters={"training_steps": 1}))
    second = datetime.datetime.fromtimestamp(other.created_at, datetime.timezone.utc)
    note("list_jobs", jobs.list())
    filters = {
        "model": {"model": "another"},
        "status": {"status": "SUCCESS"},
        "suffix": {"suffix": "everything"},
        "wandb_project": {"wandb_project": "p"},
        "wandb_name": {"wandb_name": "n"},
        "created_by_me": {"created_by_me": True},
        "created_after": {"created_after": second},
        "created_before": {"created_before": second},
        "page": {"page": 1, "page_size": 1},
    }
    found = {name: jobs.list(**filter) for name, filter in filters.items()}
    note("list_jobs_filtered", {name: [job.id for job in page.data or []] for name, page in found.items()})
    note("ids", {"everything": job.id, "long": long.id, "other": other.id})
    return ended


def call_classifier():
    moods = client.files.upload(file={"file_name": "moods.jsonl", "content": MOODS})
    targets = [{"name": "mood", "labels": ["good", "bad"]}]
    request = {
        "model": "ministral-3b-latest",
        "training_files": [{"file_id": moods.id}],
        "hyperparameters": {"training_steps": 1},
        "job_type": "classifier",
        "classifier_targets": targets,
        "auto_start": True,
    }
    note("classifier_failure", status_of_failure(lambda: client.fine_tuning.jobs.create(**request)))
    note("classifier_sent", sent[-1])
    # The request that the client would send if it included the targets.
    created = httpx.post(f"{URL}/v1/fine_tuning/jobs", json=request, headers={"authorization": f"Bearer {KEY}"})
    job = note("classifier", until(created.json()["id"], "SUCCESS"))
    note("list_classifiers", client.fine_tuning.jobs.list(model="ministral-3b-latest"))
    note("update_classifier", client.models.update(model_id=job.fine_tuned_model, name="Moods"))
