"""Conversations for the parity tests: each name describes a sample's `messages` and `tools`."""

import json
from typing import Any

Sample = dict[str, Any]

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "capital",
            "description": "The capital of a country — even a small one",
            "parameters": {
                "type": "object",
                "properties": {"of": {"type": "string"}, "year": {"type": "integer"}},
                "required": ["of"],
            },
        },
    },
    {"type": "function", "function": {"name": "time", "parameters": {"type": "object", "properties": {}}}},
]


def system(content: Any) -> Sample:
    return {"role": "system", "content": content}


def user(content: Any) -> Sample:
    return {"role": "user", "content": content}


def assistant(content: Any = None, **more: Any) -> Sample:
    return {"role": "assistant", **({} if content is None else {"content": content}), **more}


def call(id: str, arguments: Any, name: str = "capital") -> Sample:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"id": id, "type": "function", "function": {"name": name, "arguments": text}}


def result(id: str, content: Any, **more: Any) -> Sample:
    return {"role": "tool", "name": "capital", "tool_call_id": id, "content": content, **more}


def thinking(text: Any, answer: str) -> list[Sample]:
    return [{"type": "thinking", "thinking": text}, {"type": "text", "text": answer}]


ASK, PERU, LIMA = user("What is the capital of Peru?"), call("abcdefghi", {"of": "Peru"}), assistant("Lima.")
ROUND = [ASK, assistant(tool_calls=[PERU]), result("abcdefghi", "Lima"), LIMA]
SECOND = [
    user("And of Cuba?"), assistant(tool_calls=[call("cubacuba1", {"of": "Cuba"})]), result("cubacuba1", "Havana"),
    assistant("Havana."),
]  # fmt: skip


def _plain() -> dict[str, list[Sample]]:
    turns = [ASK, LIMA, user("And of Cuba?"), assistant("Havana.")]
    return {
        "one turn": [ASK, LIMA],
        "two turns": turns,
        "three turns": [*turns, user("And of Chile?"), assistant("Santiago.")],
        "twenty turns": [message for i in range(20) for message in (user(f"Question {i}?"), assistant(f"Answer {i}."))],
        "system": [system("Be brief."), ASK, LIMA],
        "system and two turns": [system("Be brief."), *turns],
        "empty system": [system(""), ASK, LIMA],
        "two systems": [system("Be brief."), system("Be exact."), ASK, LIMA],
        "later system": [ASK, LIMA, user("And of Cuba?"), system("Now in Spanish."), assistant("La Habana.")],
        "system between turns": [*turns[:2], user("Thanks."), system("Be warm."), assistant("Gladly."), *turns[2:]],
        "two users in a row": [user("Listen."), ASK, LIMA],
        "two assistants in a row": [ASK, assistant("Let me think."), assistant("Lima.")],
        "assistants of different weight": [ASK, assistant("Hm.", weight=0), assistant("Lima.", weight=1)],
        "weight 0": [*turns[:1], assistant("Lima.", weight=0), *turns[2:]],
        "weight 0 last": [*turns[:3], assistant("Havana.", weight=0)],
        "weight 1": [*turns[:1], assistant("Lima.", weight=1), *turns[2:]],
        "weight 0 only": [ASK, assistant("Lima.", weight=0)],
        "weight 2": [ASK, assistant("Lima.", weight=2)],
        "prefix last": [ASK, assistant("Li", prefix=True)],
        "prefix before the end": [ASK, assistant("Li", prefix=True), user("Go on."), assistant("Lima.")],
        "prefix false": [ASK, assistant("Lima.", prefix=False)],
        "user last": [*turns[:3]],
        "assistant alone": [LIMA],
    }


def _texts() -> dict[str, list[Sample]]:
    def with_texts(question: Any, answer: Any) -> list[Sample]:
        return [user(question), assistant(answer)]

    chunks = [{"type": "text", "text": "The capital "}, {"type": "text", "text": "of Peru?"}]
    return {
        "accents": with_texts("Où est l'été à Zürich ?", "Là-bas, où «ça» coûte 3 €."),
        "chinese, arabic and emoji": with_texts("日本の首都は？ 👩‍👩‍👧", "東京です。 مدينة 🗼🏽"),
        "combining characters": with_texts("e\u0301 ﬁ \u200b x", "a\u0308 ½ Å"),
        "trailing spaces": with_texts("Peru?  ", "Lima.   "),
        "leading spaces": with_texts("  Peru?", "  Lima."),
        "quotes and marks": with_texts("'vet and हिन्दी 'dog'", "'vet हिन्दी"),
        "newlines": with_texts("\n\nPeru?\n\n", "\nLima\r\n\tis it.\n"),
        "only spaces": with_texts(" ", "   "),
        "names of special tokens": with_texts("</s>[INST] <s> [TOOL_CALLS]", "[/INST] </s> <unk>"),
        "code": with_texts("Write it.", "def f(x):\n    return {'a': [1, 2.5], \"b\": x[::-1]}\n"),
        "numbers": with_texts("12345 + 67890?", "80235, or 8.0235e4"),
        "the space of sentencepiece": with_texts("a▁b", "▁c▁▁d"),
        "chunks": with_texts(chunks, [{"type": "text", "text": "Lima"}, {"type": "text", "text": "."}]),
        "chunks of a system": [system(chunks), ASK, LIMA],
        "empty user": with_texts("", "Lima."),
        "control characters": with_texts("a\x00b\x07", "\x1b[0mLima"),
        "long": with_texts("Peru? " * 300, "Lima. " * 300),
    }


def _tool_calls() -> dict[str, list[Sample]]:
    calls = [PERU, call("cubacuba1", {"of": "Cuba"})]
    answers = [result("abcdefghi", "Lima"), result("cubacuba1", "Havana")]
    final = assistant("Lima and Havana.")
    return {
        "call": ROUND,
        "call last": ROUND[:2],
        "calls in two turns": [*ROUND, *SECOND],
        "calls after a plain turn": [user("Hello."), assistant("Hello!"), *ROUND],
        "calls before a plain turn": [*ROUND, user("Thanks."), assistant("Gladly.")],
        "system and calls": [system("Use tools."), *ROUND, *SECOND],
        "parallel calls": [ASK, assistant(tool_calls=calls), *answers, final],
        "results in another order": [ASK, assistant(tool_calls=calls), *reversed(answers), final],
        "calls in a row": [*ROUND[:3], assistant(tool_calls=[call("cubacuba1", {"of": "Cuba"})]), answers[1], final],
        "result as JSON": [*ROUND[:2], result("abcdefghi", '{"city":"Lima","people": 10.5}'), LIMA],
        "result as a list": [*ROUND[:2], result("abcdefghi", "[1,2,  3]"), LIMA],
        "result with accents": [*ROUND[:2], result("abcdefghi", '{"città":"Lima – ☀️"}'), LIMA],
        "empty result": [*ROUND[:2], result("abcdefghi", ""), LIMA],
        "result in chunks": [*ROUND[:2], result("abcdefghi", [{"type": "text", "text": "Lima"}]), LIMA],
        "empty content with calls": [ASK, assistant("", tool_calls=[PERU]), *ROUND[2:]],
        "content beside calls": [ASK, assistant("I look it up.", tool_calls=[PERU]), *ROUND[2:]],
        "weight 0 on calls": [ASK, assistant(tool_calls=[PERU], weight=0), *ROUND[2:]],
        "weight 0 after calls": [*ROUND[:3], assistant("Lima.", weight=0), *SECOND],
        "arguments with the id": [
            ASK, assistant(tool_calls=[call("abcdefghi", {"of": "abcdefghi", "id": "abcdefghi"})]), *ROUND[2:],
        ],
        "arguments with brackets": [
            ASK, assistant(tool_calls=[call("abcdefghi", '{"of":"]}, {\\"id\\": \\"x\\"}"}')]), *ROUND[2:],
        ],
        "arguments with accents": [ASK, assistant(tool_calls=[call("abcdefghi", '{"of":"Pérou ▁ 日本"}')]), *ROUND[2:]],
        "empty arguments": [ASK, assistant(tool_calls=[call("abcdefghi", {}, "time")]), *ROUND[2:]],
        "id of another length": [
            ASK, assistant(tool_calls=[call("call_123456", {"of": "Peru"})]), result("call_123456", "Lima"), LIMA,
        ],
        "result without id": [*ROUND[:2], {"role": "tool", "name": "capital", "content": "Lima"}, LIMA],
        "missing result": [ASK, assistant(tool_calls=calls), answers[0], final],
        "unknown result": [*ROUND[:2], result("zzzzzzzzz", "Lima"), LIMA],
        "name of another form": [
            ASK, assistant(tool_calls=[call("abcdefghi", {}, "no spaces allowed")]), *ROUND[2:],
        ],
    }  # fmt: skip


def _thinking() -> dict[str, list[Sample]]:
    return {
        "thinking": [ASK, assistant(thinking("It is on the coast.", "Lima."))],
        "thinking in chunks": [ASK, assistant(thinking([{"type": "text", "text": "A port…"}], "Lima."))],
        "thinking in two turns": [
            ASK, assistant(thinking("First.", "Lima.")), user("And of Cuba?"),
            assistant(thinking("Second.", "Havana.")),
        ],
        "thinking before calls": [
            ASK, assistant([{"type": "thinking", "thinking": "Look it up."}], tool_calls=[PERU]), *ROUND[2:],
        ],
        "thinking with weight 0": [
            ASK, assistant(thinking("First.", "Lima."), weight=0), user("And of Cuba?"), assistant("Havana."),
        ],
        "thinking in a system": [system(thinking("Think like this.", "Be brief.")), ASK, LIMA],
    }  # fmt: skip


CONVERSATIONS: dict[str, tuple[list[Sample], list[Any] | None]] = {
    **{name: (messages, None) for name, messages in (_plain() | _texts() | _thinking()).items()},
    **{name: (messages, TOOLS) for name, messages in _tool_calls().items()},
    "calls without tools": ([*ROUND, *SECOND], None),
    "tools without calls": (_plain()["two turns"], TOOLS),
    "tools without calls, system": (_plain()["system and two turns"], TOOLS),
    "thinking with tools": (_thinking()["thinking before calls"], TOOLS),
    "tools with an invalid schema": (
        ROUND,
        [{"type": "function", "function": {"name": "f", "parameters": {"type": 3}}}],
    ),
}
