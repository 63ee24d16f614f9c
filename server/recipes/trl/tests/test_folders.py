"""Tests that each published form of a model's tokenizer gives the tokens of mistral_common."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conversations import CONVERSATIONS, TOOLS
from library import Library, check
from mistral_common.protocol.fim.request import FIMRequest
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
from tokenizer_files import tokenizer_file
from tokenizers import Regex, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from mistral_recipe.errors import InvalidSample, RecipeError
from mistral_recipe.hf_loading import load_hf_tokenizer, with_template
from mistral_recipe.job import Base
from mistral_recipe.load_encoder import load_encoder
from mistral_recipe.mistral_encoder import MistralEncoder
from mistral_recipe.template_encoder import TemplateEncoder

# The wrong split pattern in the converted tokenizers of many published models.
LLAMA_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CHATML = (
    "{{ bos_token }}{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(scope="session")
def converted(folder_of: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Folders with only Hugging Face files."""
    root, made = tmp_path_factory.mktemp("converted"), {}

    def get(generation: str, template: str | None = "own", pattern: str | None = None) -> Path:
        if generation not in made:
            base = Base(str(folder_of(generation)))
            made[generation] = with_template(load_hf_tokenizer(base), load_encoder(base))
        tokenizer = made[generation]
        folder = root / f"{generation}-{len(list(root.iterdir()))}"
        tokenizer.save_pretrained(folder)
        (folder / "config.json").write_text('{"model_type": "mistral", "transformers_version": "4.57.0"}')
        if template != "own":
            (folder / "chat_template.jinja").unlink()
        if template not in ("own", None):
            (folder / "chat_template.jinja").write_text(template)
        if pattern is not None:
            replace_pattern(folder, pattern)
        return folder

    return get


def replace_pattern(folder: Path, pattern: str) -> None:
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))


# test_parity.py has all conversations. A converted tokenizer can differ only in its texts and its version.
SOME = [
    *("one turn", "system and two turns", "weight 0", "calls in two turns", "parallel calls", "result as JSON"),
    *("content beside calls", "thinking", "arguments with accents", "accents", "chinese, arabic and emoji"),
    *("combining characters", "trailing spaces", "leading spaces", "newlines", "only spaces", "code", "numbers"),
    *("quotes and marks", "names of special tokens", "the space of sentencepiece", "control characters", "empty user"),
]


def differences(encoder: Any, library: Library) -> list[str]:
    different = []
    for name in SOME:
        messages, tools = CONVERSATIONS[name]
        try:
            check(encoder, library, messages, tools)
        except Exception as error:
            different.append(f"{name}: {type(error).__name__}: {str(error)[:200]}")
    return different


@pytest.mark.parametrize("generation", ["v3 SentencePiece", "v7 SentencePiece", "v3 tekken", "v7 tekken", "v13 tekken"])
def test_a_folder_of_hugging_face_with_mistrals_template(
    generation: str,
    converted: Callable[..., Path],
    library_of: Callable[[str], Library],
) -> None:
    encoder = load_encoder(Base(str(converted(generation))))
    assert isinstance(encoder, MistralEncoder) and encoder.generation == int(generation.split()[0][1:])
    assert differences(encoder, library_of(generation)) == []


@pytest.mark.parametrize("generation", ["v7 SentencePiece", "v7 tekken", "v11 tekken", "v13 tekken"])
def test_a_folder_of_hugging_face_without_a_template(
    generation: str,
    converted: Callable[..., Path],
    library_of: Callable[[str], Library],
) -> None:
    encoder = load_encoder(Base(str(converted(generation, None))))
    assert differences(encoder, library_of(generation)) == []


def test_the_models_file_names_the_generation_that_a_vocabulary_does_not_tell(
    converted: Callable[..., Path],
    library_of: Callable[[str], Library],
) -> None:
    folder = str(converted("v3 tekken", None))
    assert differences(load_encoder(Base(folder, tokenizer_version="v3")), library_of("v3 tekken")) == []
    with pytest.raises(RecipeError, match='tokenizer_version "v4" in the models file is not one of v1, v2, v3'):
        load_encoder(Base(folder, tokenizer_version="v4"))


@pytest.mark.parametrize("template", ["own", None])
def test_a_published_file_with_another_pattern_is_repaired(
    template: str | None,
    converted: Callable[..., Path],
    library_of: Callable[[str], Library],
) -> None:
    folder = converted("v7 tekken", template, LLAMA_PATTERN)
    assert PreTrainedTokenizerFast.from_pretrained(folder)("'vet हिन्दी")["input_ids"] != (
        library_of("v7 tekken").use.instruct_tokenizer.tokenizer.encode("'vet हिन्दी", False, False)
    )
    assert differences(load_encoder(Base(str(folder))), library_of("v7 tekken")) == []


def test_mistrals_own_file_wins_over_converted_ones(
    converted: Callable[..., Path],
    folder_of: Callable[[str], Path],
    library_of: Callable[[str], Library],
) -> None:
    folder = converted("v13 tekken", "own", LLAMA_PATTERN)
    shutil.copy(tokenizer_file(folder_of("v13 tekken")), folder)
    assert differences(load_encoder(Base(str(folder))), library_of("v13 tekken")) == []


def test_a_file_without_its_generation_in_the_name(
    folder_of: Callable[[str], Path],
    library_of: Callable[[str], Library],
    tmp_path: Path,
) -> None:
    for generation in ("v1 SentencePiece", "v2 SentencePiece", "v3 SentencePiece", "v7 SentencePiece"):
        folder = tmp_path / generation
        folder.mkdir()
        shutil.copy(tokenizer_file(folder_of(generation)), folder / "tokenizer.model")
        assert differences(load_encoder(Base(str(folder))), library_of(generation)) == []


def test_a_model_with_a_format_of_its_own_keeps_it(
    converted: Callable[..., Path],
    folder_of: Callable[[str], Path],
) -> None:
    folder = converted("v7 tekken", CHATML)
    shutil.copy(tokenizer_file(folder_of("v7 tekken")), folder)
    encoder = load_encoder(Base(str(folder)))
    assert isinstance(encoder, TemplateEncoder)
    (row,) = encoder.conversation(*CONVERSATIONS["one turn"])
    assert encoder.decode(row.input_ids).startswith("<s><|im_start|>user\nWhat is the capital")


@pytest.mark.parametrize("generation", ["v3 SentencePiece", "v3 tekken", "v13 tekken"])
def test_the_artifacts_tokenizer_renders_what_was_trained(
    generation: str,
    folder_of: Callable[[str], Path],
    library_of: Callable[[str], Library],
) -> None:
    base = Base(str(folder_of(generation)))
    tokenizer = with_template(load_hf_tokenizer(base), load_encoder(base))
    assert (tokenizer.bos_token, tokenizer.eos_token) == ("<s>", "</s>") and tokenizer.pad_token is not None
    messages = CONVERSATIONS["system and two turns"][0][:-1]
    rendered = tokenizer.apply_chat_template(messages, tokenize=True, return_dict=True, add_generation_prompt=True)
    assert rendered["input_ids"] == library_of(generation).prompt(messages, None)


@pytest.mark.parametrize("generation", ["v3 SentencePiece", "v7 SentencePiece", "v3 tekken", "v13 tekken"])
def test_fill_in_the_middle_encodes_the_parts_separately(
    generation: str,
    encoder_of: Callable[[str], Any],
    library_of: Callable[[str], Library],
) -> None:
    encoder, library = encoder_of(generation), library_of(generation).use
    tokenizer = library.instruct_tokenizer.tokenizer
    for prefix, middle, suffix in [
        ("def f(x):\n    ret", "urn x + 1", "\n\nf(2)"),
        ("", "a", ""),
        ("é日", " 本", " x"),
    ]:
        ids = encoder.fill_in_the_middle(prefix, middle, suffix)
        prompt = library.encode_fim(FIMRequest(prompt=prefix, suffix=suffix)).tokens
        assert ids[: len(prompt)] == prompt and prompt[0] == tokenizer.bos_id
        assert ids[-1] == tokenizer.eos_id
        # The middle continues the prefix, so no space is added before it.
        assert tokenizer.decode([*tokenizer.encode("|", False, False), *ids[len(prompt) : -1]]) == "|" + middle


def test_a_generation_without_fim_tokens_gets_plain_markers(encoder_of: Callable[[str], Any]) -> None:
    encoder = encoder_of("v1 SentencePiece")
    assert encoder.decode(encoder.fill_in_the_middle("def f", "(x)", ":")) == "<s><PRE>def f<SUF>:<MID>(x)</s>"


def test_a_conversation_of_twenty_turns_costs_little_where_one_row_is_enough(
    encoder_of: Callable[[str], Any],
) -> None:
    messages = [message for i in range(20) for message in renamed(CONVERSATIONS["call"][0], i)]
    for generation, limit in (("v13 tekken", 1.2), ("v15 tekken", 1.2)):
        rows = encoder_of(generation).conversation(messages, TOOLS)
        assert sum(len(row.input_ids) for row in rows) <= limit * len(rows[-1].input_ids)
        assert encoder_of(generation).decode(rows[-1].input_ids).count("Lima.</s>") == 20
    # A conversation without tools and system prompt never needs more than one row.
    plain = CONVERSATIONS["twenty turns"][0]
    for generation in ("v1 SentencePiece", "v2 SentencePiece", "v3 tekken", "v7 tekken", "v11 tekken"):
        assert len(encoder_of(generation).conversation(plain, None)) == 1


def renamed(messages: list[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    return json.loads(json.dumps(messages).replace("abcdefghi", f"call{number:05}"))


@pytest.mark.parametrize(
    ("name", "generation", "reason"),
    [
        ("content beside calls", "v3 tekken", "messages[1].content: Assistant message must have either content or"),
        ("id of another length", "v7 tekken", "messages[1].tool_calls[0].id: Tool call id was call_123456 but must"),
        ("result without id", "v3 SentencePiece", "messages[2].tool_call_id: Tool call id has to be defined"),
        ("missing result", "v11 tekken", "messages[3]: Not the same number of function calls and responses"),
        ("unknown result", "v13 tekken", "messages[2]: Unexpected tool call id zzzzzzzzz in tool results"),
        ("name of another form", "v13 tekken", "messages[1].tool_calls[0].function.name: Function name was no spaces"),
        ("tools with an invalid schema", "v7 tekken", "tools[0].function: Invalid tool schema"),
        ("thinking", "v3 tekken", "messages[1].content: Unexpected content chunk types"),
        ("thinking", "v11 tekken", "messages: Mistral v11 (tekken) cannot encode the conversation: Think not"),
        ("prefix last", "v7 tekken", "messages[1].prefix: Cannot continue final message"),
        ("user last", "v7 tekken", "messages[2].role: Expected last role Assistant"),
        ("weight 2", "v7 tekken", "messages[1].weight: Assistant message weight must be either 0 or 1"),
    ],
)
def test_a_rule_of_the_generation_is_reported_with_the_path_of_the_field(
    name: str,
    generation: str,
    reason: str,
    encoder_of: Callable[[str], Any],
) -> None:
    with pytest.raises(InvalidSample) as rejected:
        encoder_of(generation).conversation(*CONVERSATIONS[name])
    assert str(rejected.value).startswith(reason)


def test_a_broken_rule_is_a_warning_where_the_job_asks_for_it(folder_of: Callable[[str], Path]) -> None:
    encoder = load_encoder(Base(str(folder_of("v3 tekken"))), strict=False)
    for name in ("content beside calls", "id of another length", "prefix last", "missing result", "user last"):
        rows = encoder.conversation(*CONVERSATIONS[name])
        assert any(row.counts for row in rows), name
    assert len(encoder.warnings) == 5 and encoder.warnings[0].startswith("messages[1].content: ")


def test_content_beside_calls_is_kept_from_v7_on(encoder_of: Callable[[str], Any]) -> None:
    for generation in ("v7 tekken", "v11 tekken", "v13 tekken"):
        encoder = encoder_of(generation)
        (row,) = encoder.conversation(*CONVERSATIONS["content beside calls"])
        assert "I look it up.[TOOL_CALLS]" in encoder.decode([label for label in row.labels if label >= 0])


def test_mistral_common_reads_the_test_tokenizers(folder_of: Callable[[str], Path]) -> None:
    for generation in ("v7 tekken", "v11 tekken", "v13 tekken", "v15 tekken"):
        tokenizer = MistralTokenizer.from_file(tokenizer_file(folder_of(generation)))
        assert tokenizer.version.value == generation.split()[0]
