"""Tests that the shortcuts of the encoder give the same as mistral_common without them."""

from collections.abc import Callable
from typing import Any

import pytest
from conversations import CONVERSATIONS
from hypothesis import given, settings
from hypothesis import strategies as st
from mistral_common.protocol.instruct.normalize import get_normalizer
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.tokens.tokenizers.sentencepiece import SentencePieceTokenizer
from tokenizer_files import DATA, GENERATIONS, SENTENCEPIECE

from mistral_recipe import sentencepiece_words
from mistral_recipe.errors import InvalidSample
from mistral_recipe.mistral_encoder import ENCODING_ERRORS
from mistral_recipe.mistral_messages import KINDS, to_library_messages


@pytest.mark.parametrize("role", KINDS)
def test_a_plain_message_equals_a_validated_one(role: str) -> None:
    message = {"role": role, "content": "Hé  \n"}
    (made,) = to_library_messages([message])
    validated = KINDS[role].model_validate(message)
    assert made == validated
    assert made.model_dump() == validated.model_dump()
    assert made.model_fields_set == validated.model_fields_set


@pytest.mark.parametrize("generation", GENERATIONS)
def test_normalizes_as_mistral_common(generation: str, encoder_of: Callable[[str], Any]) -> None:
    encoder, unchanged = encoder_of(generation), 0
    library = get_normalizer(encoder.tokenizer.version, encoder.tokenizer.model_settings_builder)
    for messages, _ in CONVERSATIONS.values():
        try:
            converted = to_library_messages(messages)
            expected = library.from_chat_completion_request(ChatCompletionRequest(messages=converted))
        except (*ENCODING_ERRORS, InvalidSample):
            continue
        request = encoder._normalized(converted, ())
        unchanged += request.messages is converted
        fields = ("role", "content", "tool_calls", "prefix", "tool_call_id", "name")
        assert [[getattr(message, field, None) for field in fields] for message in request.messages] == [
            [getattr(message, field, None) for field in fields] for message in expected.messages
        ]
        for field in ("system_prompt", "available_tools", "truncate_at_max_tokens", "settings"):
            assert getattr(request, field) == getattr(expected, field)
    assert unchanged > 0


PARTS = st.sampled_from(
    [" ", "  ", "▁", "\n", "\t", "a", "the", "The", "ing", "[REF]", "</s>", "[INST]", "<0x0A>", "é", "漢", "🙂"]
)
TEXTS = st.one_of(st.lists(PARTS, max_size=30).map("".join), st.text(max_size=30))


@pytest.mark.parametrize("version", SENTENCEPIECE)
def test_words_give_the_tokens_of_the_text(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = SentencePieceTokenizer(DATA / SENTENCEPIECE[version])
    encode = sentencepiece_words.encoding(tokenizer)
    monkeypatch.setattr(sentencepiece_words, "CACHED_WORDS", 20)
    full = sentencepiece_words.encoding(tokenizer)

    @settings(max_examples=500, deadline=None, derandomize=True, database=None)
    @given(TEXTS)
    def equal(text: str) -> None:
        assert encode(text) == full(text) == tokenizer.encode(text, bos=False, eos=False)

    equal()


def test_encodes_each_word_once() -> None:
    tokenizer = SentencePieceTokenizer(DATA / SENTENCEPIECE["v3"])
    encoded: list[str] = []
    library = tokenizer.encode
    tokenizer.encode = lambda s, bos, eos: encoded.append(s) or library(s, bos, eos)  # type: ignore[method-assign]
    encode = sentencepiece_words.encoding(tokenizer)
    assert encode("one two one  two ") == library("one two one  two ", False, False)
    assert encode("two one") == library("two one", False, False)
    assert encoded == ["one", "two", " two"]


@pytest.mark.parametrize("changed", ["vocabulary", "normalizer"])
def test_encodes_the_text_at_once_if_a_word_depends_on_others(changed: str) -> None:
    tokenizer = SentencePieceTokenizer(DATA / SENTENCEPIECE["v3"])
    if changed == "vocabulary":
        tokenizer._vocab[-1] = "▁of▁the"
    else:
        model = tokenizer._model

        class Model:
            def __getattr__(self, name: str) -> Any:
                return getattr(model, name)

            def normalize(self, text: str) -> str:
                return model.normalize(text.strip())  # type: ignore[attr-defined]

        tokenizer._model = Model()  # type: ignore[assignment]
    encoded: list[str] = []
    tokenizer.encode = lambda s, bos, eos: encoded.append(s) or []  # type: ignore[method-assign]
    sentencepiece_words.encoding(tokenizer)("one two")
    assert encoded == ["one two"]
