"""Texts without case and accents, to be searched and sorted."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .cells import TEXT, plain

Mask = npt.NDArray[np.bool_]
NOT_COMPOSED = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe"})
FEW_CHARACTERS = 100  # each costs a look through all texts
LONG = 40  # bytes a text, its offset included
MOST_OF_A_PATTERN = 200  # characters: RE2 takes a minute for one of 30,000
_NOT_ASCII = re.compile(r"[^\x00-\x7f]{1,100}")  # folding looks at each character alone, so a text may be cut anywhere


def fold(text: str) -> str:
    """Returns the text without case and accents: "Café" and "CAFE" are the same (Unicode, canonical caseless match)."""
    if text.isascii():
        return text.lower()
    return _NOT_ASCII.sub(lambda found: _folded(found.group()), text.lower())


def folded(texts: pa.Array) -> pa.Array:
    """Returns each of the texts folded."""
    lower = pc.ascii_lower(texts)
    others = pc.invert(pc.fill_null(pc.string_is_ascii(texts), True))
    if not pc.any(others).as_py():
        return lower
    return pc.replace_with_mask(lower, others, _folded_texts(texts.filter(others)))


def _folded_texts(texts: pa.Array) -> pa.Array:
    """Returns texts folded; with few different characters beyond ASCII, each of those in all texts at once."""
    beyond = "".join(pc.unique(pc.replace_substring_regex(texts, r"[\x00-\x7f]+", "")).to_pylist())
    pairs = [(each, fold(each)) for each in set(beyond)]
    if len(pairs) > FEW_CHARACTERS:
        different = texts.dictionary_encode()
        return pa.array(map(fold, different.dictionary.to_pylist()), TEXT).take(different.indices)
    found = pc.ascii_lower(texts)
    for character, plain_one in pairs:
        if plain_one != character:
            found = pc.replace_substring(found, character, plain_one)
    return found


def containing(texts: pa.Array, wanted: str) -> Mask:
    """Whether each of the folded texts contains what is wanted, to the letter but for case and accents."""
    return np.asarray(pc.fill_null(_match(texts, fold(plain(wanted))), False), np.bool_)


def _match(texts: pa.Array, wanted: str) -> pa.Array:
    """Looks through long texts by RE2, which skips to the first letter: eight times as fast, but slow to begin."""
    if texts.nbytes > LONG * len(texts) and len(wanted) <= MOST_OF_A_PATTERN:
        return pc.match_substring_regex(texts, re.escape(wanted))
    return pc.match_substring(texts, wanted)


def starting(texts: pa.Array, wanted: str) -> pa.Array:
    """Whether each of the folded texts starts with what is wanted, to the letter but for case and accents."""
    return pc.starts_with(texts, fold(plain(wanted)))


@lru_cache(10_000)
def _folded(text: str) -> str:
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(part for part in parts if not unicodedata.combining(part)).translate(NOT_COMPOSED)
