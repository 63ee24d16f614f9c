"""Trains a LoRA adapter with TRL and PEFT for one job folder of mistral-fine-tuning-server."""
