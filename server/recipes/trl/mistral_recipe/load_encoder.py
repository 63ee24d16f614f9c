"""Chooses the encoder of a base model's samples from the files of the model."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .encoder import Encoder
from .errors import RecipeError
from .job import Base

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from .mistral_encoder import MistralEncoder

TOKENIZER_PATTERNS = ["tekken.json", "*.model", "*.model.v*", "tokenizer*", "chat_template*", "special_tokens_map.json"]


def tokenizer_folder(base: Base) -> Path:
    """Returns the folder with the tokenizer's files. For a hub id, downloads only these files."""
    path = Path(base.path).expanduser()
    if path.is_dir() or base.path.startswith(("/", ".", "~")):
        return path
    from huggingface_hub import snapshot_download

    return Path(snapshot_download(base.path, allow_patterns=[*TOKENIZER_PATTERNS, "config.json"]))


def load_encoder(base: Base, strict: bool = True) -> Encoder:
    """Returns mistral_common's encoder for Mistral's tokenizers, else an encoder with the model's chat template.

    Raises RecipeError when the folder has neither a Mistral tokenizer nor a Hugging Face tokenizer.
    """
    folder = tokenizer_folder(base)
    template = own_template(folder)
    if template is not None and "[INST]" not in template:
        return _template_encoder(base)
    if find_spec("mistral_common") is None:
        if template is None:
            raise RecipeError(
                f'the base model "{base.path}" has no chat template: install mistral-common, which has those of '
                "Mistral's models, or set the environment up again with setup_env.py"
            )
        return _template_encoder(base)
    from .mistral_encoder import MistralEncoder
    from .mistral_files import from_file, mistral_file

    file = mistral_file(folder)
    if file is not None:
        return MistralEncoder(from_file(file, _version(base)), strict)
    if template is None:
        return _converted(folder, base, strict)
    candidate = _of_template(folder, base, template, strict)
    return candidate or _template_encoder(base)


def own_template(folder: Path) -> str | None:
    """Returns the chat template in the model's files, or None."""
    jinja = folder / "chat_template.jinja"
    if jinja.is_file():
        return jinja.read_text(encoding="utf-8")
    for name in ("tokenizer_config.json", "chat_template.json"):
        if not (folder / name).is_file():
            continue
        template = json.loads((folder / name).read_text(encoding="utf-8")).get("chat_template")
        if isinstance(template, list):
            named = {entry["name"]: entry["template"] for entry in template}
            template = named.get("default")
        if template:
            return template
    return None


def _template_encoder(base: Base) -> Encoder:
    from .hf_loading import load_hf_tokenizer
    from .template_encoder import TemplateEncoder

    return TemplateEncoder(load_hf_tokenizer(base))


def _version(base: Base) -> Any:
    from mistral_common.tokens.tokenizers.base import TokenizerVersion

    if base.tokenizer_version is None:
        return None
    try:
        return TokenizerVersion(base.tokenizer_version)
    except ValueError as error:
        known = ", ".join(TokenizerVersion.__members__)
        raise RecipeError(
            f'tokenizer_version "{base.tokenizer_version}" in the models file is not one of {known}'
        ) from error


def _converted(folder: Path, base: Base, strict: bool, version: Any = None) -> "MistralEncoder":
    """Returns an encoder for a folder that has only Hugging Face files."""
    from tokenizers import Tokenizer as Backend

    from .hf_tokenizer import HfTokenizer, is_tekken, tekken_of
    from .mistral_encoder import MistralEncoder
    from .mistral_files import instruct_tokenizer, version_of

    path = folder / "tokenizer.json"
    if not path.is_file():
        raise RecipeError(
            f'the base model "{base.path}" has no tokenizer: its folder needs tekken.json, tokenizer.model.v<N> '
            "or tokenizer.json"
        )
    backend = Backend.from_file(str(path))
    special = {token.content for token in backend.get_added_tokens_decoder().values() if token.special}
    version = _version(base) or version or version_of(special.__contains__, is_tekken(backend))
    tekken = tekken_of(backend, version)
    if tekken is not None:
        return MistralEncoder(instruct_tokenizer(tekken), strict)
    if version.version_num > 11:
        raise RecipeError(f'the base model "{base.path}": tokenizers of {version.value} need the file tekken.json')
    config = folder / "tokenizer_config.json"
    names = json.loads(config.read_text(encoding="utf-8")) if config.is_file() else {}
    bos, eos, pad = (_content(names.get(f"{name}_token")) for name in ("bos", "eos", "pad"))
    hf = HfTokenizer(backend, version, bos or "<s>", eos or "</s>", pad)
    return MistralEncoder(instruct_tokenizer(hf), strict)


def _content(token: Any) -> str | None:
    return token.get("content") if isinstance(token, dict) else token


# A chat template has Mistral's format if it gives the same tokens for these conversations as mistral_common.
_PROBES: list[list[dict[str, Any]]] = [
    [
        {"role": "user", "content": "How far is it to Rome?"},
        {"role": "assistant", "content": "Two hours."},
        {"role": "user", "content": "And back?"},
        {"role": "assistant", "content": "The same."},
    ],
    [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "How far is it to Rome?"},
        {"role": "assistant", "content": "Two hours."},
    ],
]


def _of_template(folder: Path, base: Base, template: str, strict: bool) -> Encoder | None:
    """Returns mistral_common's encoder for the template's tokenizer version, or None for another format."""
    from .template_encoder import TemplateEncoder

    own = _template_encoder(base)
    assert isinstance(own, TemplateEncoder)
    try:
        mistral = _converted(folder, base, strict, _version_of_template(template, own.tokenizer))
        for probe in _PROBES:
            if mistral.conversation(probe, None)[-1].input_ids != own.conversation(probe, None)[-1].input_ids:
                return None
    except Exception:  # when a probe fails, the template is not Mistral's
        return None
    return mistral


def _version_of_template(template: str, tokenizer: "PreTrainedTokenizerBase") -> Any:
    from mistral_common.tokens.tokenizers.base import TokenizerVersion

    if "[MODEL_SETTINGS]" in template:
        return TokenizerVersion.v15
    if "[ARGS]" in template:
        return TokenizerVersion.v11 if "[CALL_ID]" in template else TokenizerVersion.v13
    if "[SYSTEM_PROMPT]" in template:
        return TokenizerVersion.v7
    if "[INST]" not in tokenizer.get_vocab():
        return TokenizerVersion.v1
    return TokenizerVersion.v3 if "call_id" in template else TokenizerVersion.v2
