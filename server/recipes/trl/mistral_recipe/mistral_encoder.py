"""Encodes samples with mistral_common, so that each token equals that of the model's tokenizer version."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, groupby
from typing import Any

from mistral_common.exceptions import MistralCommonException
from mistral_common.integrations.chat_templates.chat_templates import generate_chat_template
from mistral_common.protocol.fim.request import FIMRequest
from mistral_common.protocol.instruct.messages import UATS, AssistantMessage
from mistral_common.protocol.instruct.tool_calls import Tool
from mistral_common.protocol.instruct.validator import ValidationMode, get_validator
from mistral_common.tokens.tokenizers.base import SpecialTokens
from mistral_common.tokens.tokenizers.instruct import InstructTokenizerBase
from mistral_common.tokens.tokenizers.sentencepiece import SentencePieceTokenizer
from mistral_common.tokens.tokenizers.tekken import Tekkenizer

from .errors import InvalidSample
from .fim import PLAIN_MARKERS
from .mistral_messages import check_messages, check_tools, relaxed, to_library_messages, to_library_tools
from .mistral_recording import cached, recording
from .normalizing import Normalizer
from .rows import IGNORED, Row
from .samples import Message

# The errors that mistral_common raises for a conversation that it cannot encode.
ENCODING_ERRORS = (MistralCommonException, ValueError, AssertionError, NotImplementedError)


@dataclass(frozen=True)
class _Turn:
    """Consecutive assistant messages of equal weight, which mistral_common joins. `end` is the index after the last."""

    end: int
    weight: float | None
    # Turns with the same context can share a row; see MistralEncoder._turns.
    context: tuple[int, int]

    @property
    def is_learned(self) -> bool:
        return self.weight != 0


class MistralEncoder:
    """The encoder of a model that uses one of Mistral's own tokenizers.

    With `strict=False`, encodes samples that break a rule of the tokenizer version if possible, and adds the broken
    rule to `warnings`.
    """

    def __init__(self, instruct: InstructTokenizerBase, strict: bool = True) -> None:
        self.tokenizer = cached(instruct.tokenizer)
        self.instruct = recording(instruct, self.tokenizer)
        self.generation = self.tokenizer.version.version_num
        self.strict = strict
        self.warnings: list[str] = []
        self.eos_id = self.tokenizer.eos_id
        self._validator = get_validator(self.tokenizer.version, ValidationMode.finetuning)
        self._normalized = Normalizer(self.tokenizer)
        # Cached, because the search for the tokens of call ids needs the bytes of many tokens.
        self._byte_piece = lru_cache(1 << 17)(
            getattr(self.tokenizer, "id_to_byte_piece", lambda id: _sentencepiece_bytes(self.tokenizer.id_to_piece(id)))
        )
        self._checked_tools: set[tuple[int, ...]] = set()

    @property
    def name(self) -> str:
        if isinstance(self.tokenizer, SentencePieceTokenizer):
            kind = "SentencePiece"
        else:
            kind = "tekken" if isinstance(self.tokenizer, Tekkenizer) else "converted"
        return f"Mistral v{self.generation} ({kind})"

    @property
    def _is_tekken(self) -> bool:
        return isinstance(self.tokenizer, Tekkenizer) or getattr(self.tokenizer, "is_byte_level", False)

    def chat_template(self) -> str | None:
        """Returns a chat template with the format of this encoder, for serving the model, or None."""
        tokenizer, builder = self.tokenizer, self.tokenizer.model_settings_builder
        effort = builder.reasoning_effort if builder else None
        try:
            return generate_chat_template(
                spm=not self._is_tekken,
                tokenizer_version=tokenizer.version,
                image_support=False,
                audio_support=False,
                thinking_support=self.generation >= 13 and tokenizer.is_special(SpecialTokens.begin_think.value),
                default_system_prompt=None,
                plain_thinking_support=False,
                use_special_token_variables=True,
                model_settings_fields=frozenset(["reasoning_effort"]) if effort else None,
                reasoning_effort_values=tuple(str(value) for value in effort.values) if effort else None,
                reasoning_effort_default=str(effort.default) if effort else None,
            )
        except ValueError:
            # The converted tokenizer of a reasoning model lacks the settings that the template needs.
            return None

    def decode(self, ids: list[int]) -> str:
        """Returns the text of the tokens, including the names of special tokens."""
        runs = groupby(ids, key=self.tokenizer.is_special)
        return "".join(
            "".join(map(self.tokenizer.id_to_piece, run)) if special else self.tokenizer.decode(list(run))
            for special, run in runs
        )

    def text(self, text: str) -> list[int]:
        """Returns the tokens of a document, from BOS to EOS."""
        return self.tokenizer.encode(text, bos=True, eos=True)

    def token_ends(self, text: str) -> list[int]:
        """Returns the end of each token of a document, as a byte offset into its UTF-8 text."""
        ids = self.tokenizer.encode(text, bos=False, eos=False)
        ends = list(accumulate(len(piece) for piece in self._byte_pieces(ids)))
        # SentencePiece adds a space before the text.
        extra = ends[-1] - len(text.encode()) if ends else 0
        return [max(0, end - extra) for end in ends]

    def fill_in_the_middle(self, prefix: str, middle: str, suffix: str) -> list[int]:
        """Returns mistral_common's prompt, the middle and EOS. Encodes the three texts separately."""
        if not self._has_fim_tokens:
            before, after, between = PLAIN_MARKERS
            prompt = self.tokenizer.encode(f"{before}{prefix}{after}{suffix}{between}", bos=True, eos=False)
        else:
            prompt = self.instruct.encode_fim(FIMRequest(prompt=prefix, suffix=suffix)).tokens
        return [*prompt, *self._continuation(middle), self.eos_id]

    @property
    def _has_fim_tokens(self) -> bool:
        names = (SpecialTokens.prefix.value, SpecialTokens.suffix.value)
        return self.generation >= 2 and all(self.tokenizer.is_special(name) for name in names)

    def _continuation(self, text: str) -> list[int]:
        """Encodes a text that continues another, without the space that SentencePiece adds before a text."""
        if not text or self._is_tekken:
            return self.tokenizer.encode(text, bos=False, eos=False)
        if not self._has_fim_tokens:
            # Remove the first two tokens: the added space and the line break.
            return self.tokenizer.encode("\n" + text, bos=False, eos=False)[2:]
        # mistral_common encodes a suffix without the space, as BOS, [SUFFIX], suffix, [PREFIX].
        return self.instruct.encode_fim(FIMRequest(prompt="", suffix=text)).tokens[2:-1]

    def prompt(self, messages: list[Message], tools: list[Any] | None) -> list[int]:
        """Returns a conversation as the input of a classifier. The last message may have any role."""
        converted = to_library_messages(messages)
        try:
            return self._encode(converted, self._tools(tools)).ids
        except ENCODING_ERRORS as error:
            raise InvalidSample(f"messages: {error}") from error

    def question(self, messages: list[Message], tools: list[Any] | None) -> list[int]:
        """Returns the prompt before an assistant message. Mistral's formats have no text that begins an answer."""
        return self.prompt(messages, tools)

    def conversation(self, messages: list[Message], tools: list[Any] | None) -> list[Row]:
        """Returns the rows of a conversation. The last row contains the whole conversation.

        One row is enough if each turn's prompt at inference is a prefix of the whole conversation. This is not always
        so: versions up to v11 put tools or the system prompt next to the last user message, and v2 omits earlier tool
        calls. Then the turns after each user message get their own row, with the same context as at inference.
        """
        converted = to_library_messages(messages)
        library_tools = self._tools(tools)
        try:
            check_messages(self._validator, converted)
        except InvalidSample as error:
            if self.strict:
                raise
            self.warnings.append(str(error))
            converted = relaxed(converted, allows_content_beside_calls=self.generation >= 7)
        try:
            return list(self._rows(converted, library_tools))
        except ENCODING_ERRORS as error:
            raise InvalidSample(f"messages: {self.name} cannot encode the conversation: {error}") from error

    def _rows(self, messages: list[UATS], tools: tuple[Tool, ...]) -> Iterator[Row]:
        turns = self._turns(messages, bool(tools))
        groups = [list(group) for _, group in groupby(turns, key=lambda turn: turn.context)]
        done = 0
        for group in groups:
            first, done = done, done + len(group)
            if group is not groups[-1]:
                # Nothing after the last learned turn counts, and v2 cannot encode each continuation on its own.
                while group and not group[-1].is_learned:
                    group.pop()
                if not group:
                    continue
            encoded = self._encode(messages[: group[-1].end], tools)
            labels = [IGNORED] * len(encoded.ids)
            for turn, span in zip(group, encoded.turns[first:], strict=True):
                if turn.is_learned:
                    labels[span.start : span.stop] = encoded.ids[span.start : span.stop]
                    for position in span.call_ids:
                        labels[position] = IGNORED
            yield Row(encoded.ids, labels)

    def _turns(self, messages: list[UATS], has_tools: bool) -> list[_Turn]:
        """Returns the assistant turns. `context` differs between turns that need separate rows."""
        has_system = any(message.role == "system" for message in messages)
        if self.generation == 2:
            has_calls = any(message.role == "tool" or message.tool_calls for message in messages)
            depends_on_last_user = has_tools or has_system or has_calls
        elif self.generation == 3:
            depends_on_last_user = has_tools or has_system
        else:
            depends_on_last_user = has_tools and self.generation in (7, 11)
        # Versions up to v3 join all system messages into one prompt.
        depends_on_system = self.generation <= 3 and has_system
        turns: list[_Turn] = []
        users = systems = 0
        previous = None
        for end, message in enumerate(messages, 1):
            role = message.role
            users += role == "user" and previous != "user"
            systems += role == "system"
            if role == "assistant":
                context = (users if depends_on_last_user else 0, systems if depends_on_system else 0)
                turn = _Turn(end, message.weight, context)
                # mistral_common joins consecutive messages of one role and weight.
                if previous == role and turns[-1].weight == turn.weight:
                    turns[-1] = turn
                else:
                    turns.append(turn)
            previous = role
        return turns

    def _tools(self, tools: list[Any] | None) -> tuple[Tool, ...]:
        if not tools:
            return ()
        converted = to_library_tools(json.dumps(tools))
        key = tuple(id(tool) for tool in converted)
        if key not in self._checked_tools:
            try:
                check_tools(self._validator, converted)
            except InvalidSample as error:
                if self.strict:
                    raise
                self.warnings.append(str(error))
            self._checked_tools.add(key)
        return converted

    def _encode(self, messages: list[UATS], tools: tuple[Tool, ...]) -> "_Encoded":
        normalized = self._normalized(messages, tools)
        ids, spans = self.instruct.start(), []
        outside = self.instruct.encode_instruct(normalized).tokens
        assert outside == ids, "mistral_common added tokens outside of the messages"
        for message, segment in zip(normalized.messages, self.instruct.segments, strict=True):
            start = len(ids)
            ids += segment
            if message.role == "assistant":
                spans.append(_Span(start, len(ids), [start + i for i in self._call_ids(message, segment)]))
        return _Encoded(ids, spans)

    def _call_ids(self, message: AssistantMessage, segment: list[int]) -> list[int]:
        """Returns the positions of the tokens of call ids. Call ids are random, so a model cannot learn them."""
        if not message.tool_calls or self.generation not in (3, 7, 11):
            return []
        if self.generation == 11:
            return _between(segment, self.instruct.CALL_ID, self.instruct.ARGS)
        start = segment.index(self.instruct.TOOL_CALLS) + 1
        pieces = self._byte_pieces(segment[start:-1])
        text = b"".join(pieces)
        ends = list(accumulate(map(len, pieces)))
        starts = [0, *ends]
        return [
            start + token
            for first, last in _id_spans(text)
            for token, end in enumerate(ends)
            if end > first and starts[token] < last
        ]

    def _byte_pieces(self, ids: list[int]) -> list[bytes]:
        return [self._byte_piece(token) for token in ids]


@dataclass(frozen=True)
class _Span:
    """The tokens of one assistant turn in a row: [start, stop), and the positions that hold call ids."""

    start: int
    stop: int
    call_ids: list[int]


@dataclass(frozen=True)
class _Encoded:
    ids: list[int]
    turns: list[_Span]


def _sentencepiece_bytes(piece: str) -> bytes:
    """Converts a SentencePiece piece to bytes. In a piece, `<0x0A>` is a byte and `▁` is a space."""
    if len(piece) == 6 and piece.startswith("<0x"):
        return bytes.fromhex(piece[3:5])
    return piece.replace("▁", " ").encode()


def _between(ids: list[int], first: int, last: int) -> list[int]:
    """Returns the positions between each token `first` and the next token `last`."""
    inside, positions = False, []
    for position, token in enumerate(ids):
        if token == last:
            inside = False
        if inside:
            positions.append(position)
        if token == first:
            inside = True
    return positions


def _id_spans(calls_json: bytes) -> list[tuple[int, int]]:
    """Returns the byte ranges of the ids in `[{"name": …, "arguments": …, "id": "…"}, …]`. `id` is the last key."""
    decoder, text, spans = json.JSONDecoder(), calls_json.decode(), []
    position = text.index("[") + 1
    while text[position : position + 1] == "{":
        call, end = decoder.raw_decode(text, position)
        if "id" in call:
            last = len(text[: end - 2].encode())
            spans.append((last - len(json.dumps(call["id"], ensure_ascii=False).encode()) + 2, last))
        position = end + len(", ")
    return spans
