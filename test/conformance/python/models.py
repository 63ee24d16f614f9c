"""Calls every method for models."""

from session import client, note, status_of_failure


def call_models(job):
    models, model_id = client.models, job.fine_tuned_model
    note("retrieve_base", models.retrieve(model_id="codestral-latest"))
    note("retrieve_model", models.retrieve(model_id=model_id))
    note("list_models", models.list())
    note("update", models.update(model_id=model_id, name="A name", description="What it is"))
    note("archive", models.archive(model_id=model_id))
    note("unarchive", models.unarchive(model_id=model_id))
    note("delete_model", models.delete(model_id=model_id))
    note("retrieve_deleted_model", status_of_failure(lambda: models.retrieve(model_id=model_id)))
