"""Sample answers: greedy answers of the base model and the trained model to prompts of the validation data."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import torch
from accelerate.utils import gather_object
from transformers import GenerationConfig

from .encoder import Encoder
from .errors import InvalidSample
from .heads import Heads
from .job import DataFile
from .meters import RunOptions, batches_of_process, evaluation_mode
from .samples import Message, numbered_lines, parse

MAX_NEW_TOKENS = 256


@dataclass(frozen=True)
class Question:
    """`prompt` is the messages before the last assistant message, or the first half of a document.

    `reference` is what follows in the data. `ids` are the tokens of the prompt.
    """

    prompt: list[Message] | str
    reference: str
    ids: list[int]


@dataclass(frozen=True)
class Sample:
    """A prompt with the answer of a model. `answer` is None if the model could not generate it."""

    prompt: list[Message] | str
    reference: str
    answer: str | None


def answer_prompts(
    model: Any, encoder: Encoder, files: list[DataFile], max_tokens: int, count: int, options: RunOptions
) -> list[Sample]:
    """Returns greedy answers to the first `count` prompts of at most `max_tokens` tokens. All processes call it."""

    def question_of(sample: dict[str, Any]) -> Question | None:
        return _of_messages(encoder, sample) if "messages" in sample else _of_text(encoder, sample["text"])

    found = _valid_samples(files, question_of)
    found = (question for question in found if question and 0 < len(question.ids) <= max_tokens)
    questions = list(islice(found, count))
    answers = _generate(model, encoder, questions, options)
    return [
        Sample(question.prompt, question.reference, answer)
        for question, answer in zip(questions, answers, strict=True)
    ]


def predict_labels(
    heads: Heads, logits: torch.Tensor, files: list[DataFile], row: Callable[[dict[str, Any]], Any], count: int
) -> list[Sample]:
    """Returns the predicted labels of the first `count` samples as JSON. `row` raises for invalid samples.

    `logits` are those of all valid samples, in the order of the files.
    """

    def checked(sample: dict[str, Any]) -> dict[str, Any]:
        row(sample)
        return sample

    used = islice(_valid_samples(files, checked), count)
    predicted = heads.answers(logits[:count])

    def labels(index: int) -> dict[str, Any]:
        found = {target.name: list(predicted[target.name][index] or ()) for target in heads.targets}
        single = {target.name for target in heads.targets if target.loss_function != "multi_class"}
        return {name: answer[0] if name in single else answer for name, answer in found.items()}

    return [
        Sample(sample.get("messages") or sample["text"], _json(sample["labels"]), _json(labels(index)))
        for index, sample in enumerate(used)
    ]


def _generate(model: Any, encoder: Encoder, questions: list[Question], options: RunOptions) -> list[str | None]:
    config = GenerationConfig(
        do_sample=False, max_new_tokens=MAX_NEW_TOKENS, eos_token_id=encoder.eos_id, pad_token_id=options.pad_id
    )
    lengths = [len(question.ids) + MAX_NEW_TOKENS for question in questions]
    found: list[tuple[int, str | None]] = []
    with evaluation_mode(model):
        for batch in batches_of_process(lengths, options):
            try:
                rows = _continued(model, [questions[index].ids for index in batch], config, options)
                texts: list[str | None] = [_text(encoder, row) for row in rows]
            except Exception:
                # Out of memory, for example. The training continues, and the event `samples-skipped` reports the
                # missing answers.
                texts = [None] * len(batch)
            found += zip(batch, texts, strict=True)
    return [answer for _, answer in sorted(gather_object(found), key=lambda pair: pair[0])]


def _continued(model: Any, prompts: list[list[int]], config: GenerationConfig, options: RunOptions) -> list[list[int]]:
    longest = max(map(len, prompts))
    ids = [[options.pad_id] * (longest - len(prompt)) + prompt for prompt in prompts]
    mask = [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    with options.autocast():
        generated = model.generate(
            input_ids=torch.tensor(ids, device=options.device),
            attention_mask=torch.tensor(mask, device=options.device),
            generation_config=config,
            use_cache=True,
        )
    return generated[:, longest:].tolist()


def _text(encoder: Encoder, ids: list[int]) -> str:
    return encoder.decode(ids[: ids.index(encoder.eos_id)] if encoder.eos_id in ids else ids).strip()


def _valid_samples(files: list[DataFile], use: Callable[[dict[str, Any]], Any]) -> Iterator[Any]:
    for file in files:
        with file.path.open("rb") as lines:
            for _, line in numbered_lines(lines):
                try:
                    yield use(parse(line))
                except InvalidSample:
                    continue


def _of_messages(encoder: Encoder, sample: dict[str, Any]) -> Question | None:
    messages = sample["messages"]
    last = max((index for index, message in enumerate(messages) if message["role"] == "assistant"), default=0)
    if last == 0:
        return None
    return Question(messages[:last], _reference(messages[last]), encoder.question(messages[:last], sample.get("tools")))


def _reference(message: Message) -> str:
    content = message.get("content") or ""
    if isinstance(content, list):
        content = "".join(chunk.get("text", "") for chunk in content)
    calls = [call["function"] for call in message.get("tool_calls") or []]
    return f"{content}{_json(calls)}" if calls else content


def _of_text(encoder: Encoder, text: str) -> Question | None:
    ends = encoder.token_ends(text)
    if len(ends) < 2:
        return None
    content, half = text.encode(), len(ends) // 2
    prompt = content[: ends[half - 1]].decode(errors="ignore")
    reference = content[len(prompt.encode()) : ends[min(half + MAX_NEW_TOKENS, len(ends)) - 1]].decode(errors="ignore")
    ids = encoder.text(prompt)
    return Question(prompt, reference, ids[:-1] if ids[-1] == encoder.eos_id else ids)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
