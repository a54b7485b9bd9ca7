"""How characters within words are found: by those words of the index that have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cochat_devkit.mirror.words import fold, letters_in, runs_to_match

if TYPE_CHECKING:
    from cochat_devkit.mirror.reader import MirrorReader
    from cochat_devkit.mirror.words import Query

#: characters that more words have narrow nothing: they are soon found in the newest texts
_MOST_WORDS = 300
#: the longest of so many pieces narrow enough
_MOST_PIECES = 8

_OPEN = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.vocabulary USING fts5vocab(main, words, row)"
_WORDS = "SELECT term FROM temp.vocabulary"


def narrow(reader: MirrorReader, query: Query) -> str | None:
    """Write for FTS5 which words a text has where all the characters of a query may stand.

    "" where no text can have them; None where every text may.
    """
    letters = {piece for each in query.terms for piece in letters_in(each.text)}
    sought = sorted(letters, key=len, reverse=True)[:_MOST_PIECES]
    parts = [*filter(None, (runs_to_match(each.text) for each in query.terms))]
    having = _words_having(reader, sought)
    if not all(having.values()):
        return ""
    parts += [" OR ".join(f'"{each}"' for each in words) for words in having.values() if len(words) <= _MOST_WORDS]
    return " AND ".join(f"({each})" for each in parts) or None


def _words_having(reader: MirrorReader, sought: list[str]) -> dict[str, list[str]]:
    """Find the words of the index that have each of some characters; one more than narrow anything is enough."""
    found: dict[str, list[str]] = {each: [] for each in sought}
    if not sought:
        return found
    reader.ask(_OPEN, ())
    wanting = dict(found)
    for (word,) in reader.each(_WORDS, ()):
        # what is ASCII is folded in the index
        folded = word if word.isascii() else fold(word)
        for characters in [each for each in wanting if each in folded]:
            found[characters].append(word)
            if len(found[characters]) > _MOST_WORDS:
                del wanting[characters]
        if not wanting:
            break
    return found
