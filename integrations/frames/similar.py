"""Rows whose names are spelled nearly as a text: for a search that finds nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .cells import TEXT, plain
from .folding import fold

TYPOS = ((9, 2), (4, 1))  # letters that a word has at least, and the mistakes that are allowed in it
MOST_WORDS, LONGEST_WORD = 8, 40  # of a search
FAR = 100  # mistakes; more than are ever allowed
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class NameWords:
    """The words of the names of a table: each different one, and for each word of a name which one and whose it is."""

    words: pa.Array
    codes: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int32]

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        return int(self.words.nbytes + self.codes.nbytes + self.rows.nbytes)


@dataclass(frozen=True)
class Similar:
    """Rows with similar names, the nearest first, the mistakes of each, and the search as the nearest spells it."""

    positions: Numbers
    mistakes: Numbers
    text: str = ""


NONE = Similar(np.zeros(0, np.int64), np.zeros(0, np.int64))


def name_words(names: pa.Array) -> NameWords:
    """Returns the words of folded names."""
    split = pc.utf8_split_whitespace(pc.fill_null(names, ""))
    encoded = split.flatten().dictionary_encode()
    rows = np.asarray(pc.list_parent_indices(split)).astype(np.int32)
    return NameWords(encoded.dictionary.cast(TEXT), np.asarray(encoded.indices, np.int32), rows)


def similar(known: NameWords, search: str) -> Similar:
    """Returns the rows in whose names each word of the search stands, a few of its letters apart at most.

    A mistake is a letter too much, one too few, another one, or two neighbours in the wrong order. Short words have
    to be there as they are.
    """
    wanted = fold(plain(search)).split()
    rows = int(known.rows.max(initial=-1)) + 1
    if not rows or not 0 < len(wanted) <= MOST_WORDS:
        return NONE
    distances = [_of_words(known, word) for word in wanted]
    mistakes = np.sum([_of_rows(known, each, rows) for each in distances], axis=0)
    positions = np.flatnonzero(mistakes < FAR)
    nearest = positions[np.argsort(mistakes[positions], kind="stable")]
    return Similar(nearest, mistakes[nearest], _spelled(known, distances, nearest[0])) if len(nearest) else NONE


def allowed(word: str) -> int:
    """Returns how many mistakes a word may have."""
    return next((mistakes for letters, mistakes in TYPOS if LONGEST_WORD >= len(word) >= letters), 0)


def _of_words(known: NameWords, wanted: str) -> Numbers:
    """Returns how many mistakes each known word has, FAR where they are too many."""
    near = _near(known.words, wanted)
    distances = np.full(len(known.words), FAR)
    distances[near] = _distances(known.words.take(pa.array(near)).to_pylist(), wanted)
    distances[distances > allowed(wanted)] = FAR
    return distances


def _of_rows(known: NameWords, distances: Numbers, rows: int) -> Numbers:
    """Returns how many mistakes the nearest word of each row has."""
    found = np.full(rows, FAR)
    np.minimum.at(found, known.rows, distances[known.codes])
    return found


def _spelled(known: NameWords, distances: list[Numbers], row: int) -> str:
    """Returns for each word of a search the nearest of the words of a row."""
    codes = known.codes[known.rows == row]
    return " ".join(str(known.words[int(codes[each[codes].argmin()])].as_py()) for each in distances)


def _near(words: pa.Array, wanted: str) -> Numbers:
    """Returns which words may be near: not much longer or shorter, and with one of the parts of what is wanted.

    A mistake changes at most two parts, so that of one part more than that one is as it was.
    """
    most = allowed(wanted)
    ends = np.linspace(0, len(wanted), 2 * most + 2).astype(int)
    parts = [re.escape(wanted[start:end]) for start, end in pairwise(ends)]
    lengths = pc.utf8_length(words)
    alike = pc.and_(pc.greater_equal(lengths, len(wanted) - most), pc.less_equal(lengths, len(wanted) + most))
    places = np.flatnonzero(np.asarray(alike, np.bool_))
    found = pc.match_substring_regex(words.take(pa.array(places)), "|".join(parts))
    return places[np.asarray(found, np.bool_)]


def _distances(words: list[str], wanted: str) -> Numbers:
    """Returns how many mistakes each word has: the optimal string alignment distance, of all words at once."""
    letters = _letters(words)
    same = [letters == ord(letter) for letter in wanted]
    rows = [np.tile(np.arange(letters.shape[1] + 1), (len(words), 1)).T]
    for number in range(1, len(wanted) + 1):
        row = [np.full(len(words), number)]
        for place in range(1, len(rows[0])):
            value = np.minimum(rows[-1][place], row[-1]) + 1
            value = np.minimum(value, rows[-1][place - 1] + ~same[number - 1][:, place - 1])
            if number > 1 and place > 1:
                swapped = same[number - 2][:, place - 1] & same[number - 1][:, place - 2]
                value = np.where(swapped, np.minimum(value, rows[-2][place - 2] + 1), value)
            row.append(value)
        rows.append(np.stack(row))
    return np.asarray(rows[-1][np.count_nonzero(letters, axis=1), np.arange(len(words))])


def _letters(words: list[str]) -> npt.NDArray[np.uint32]:
    """Returns the letters of each word as a row of numbers, 0 after its end."""
    longest = max(map(len, words), default=1)
    return np.array(words, f"U{longest}").view(np.uint32).reshape(len(words), longest)
