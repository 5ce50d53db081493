"""From what a reviewer typed to clauses that can be read. Reviewer text is data: it is cleaned, never
obeyed."""

from __future__ import annotations

import re
import unicodedata

from reviewapp.refine.complaint_words import TYPOS
from reviewapp.refine.grammar import key, split_words

# Beyond this a clause is prose, and is kept as it stands instead of being searched for patterns.
LONGEST_CLAUSE = 240

_SENTENCE = re.compile(r"""[^\n]+?(?:[.!?…。！？]+["”’)\]]*(?=\s|$)|(?=\n)|$)""")
_POLITE = re.compile(
    r"^(?:please|pls|plz|kindly|maybe|perhaps|also|and|but|so|then|ok|okay|hi|hey|hello|hmm|well|sorry|"
    r"no[,:] |yes[,:] |"
    r"actually|basically|honestly|again|just|i (?:really )?(?:think|feel|believe|guess|mean)(?: that)?|imo|"
    r"imho|in my opinion|"
    r"(?:i|we)(?:['’]d| would)(?: really)? (?:like|love|prefer)(?: it if| you to| to (?:see|have))?|"
    r"(?:i|we) (?:really )?(?:want|need|wanted|asked for|expected|wish)(?: you to| to (?:see|have))?|"
    r"(?:can|could|would|will) (?:you|we|it)(?: please)?(?: try to)?|you (?:should|must|need to|have to|can)|"
    r"we (?:should|must|need to|have to)|it (?:would|might|could) be (?:nice|great|good|better|best|cool) "
    r"(?:if|to)|"
    r"try to|make sure(?: that)?|ensure(?: that)?|let['’]?s|lets|kind of|sort of|next time|this time|in "
    r"the next (?:one|round|take)|"
    r"there should be(?= no\b)|it needs|(?:it|the (?:shot|video|clip)) should have)(?=[\s,:]|$)[\s,:]*",
    re.IGNORECASE,
)
_POLITE_END = re.compile(
    r"[\s,]+(?:please|pls|plz|thanks|thank you|thx|if possible|though|tbh|imo|again|ok|okay|i think|"
    r"(?:(?:please|pls|plz) )?fix(?: it| this| that)?|lol|ty)$",
    re.IGNORECASE,
)
_VAGUE = frozenset(
    split_words(
        "bad wrong no nope nah ugly terrible awful horrible meh ugh redo again retry reject rejected fix "
        "hate sucks yes ok "
        "okay good great fine nice better worse weird strange off broken poor rubbish trash garbage "
        "not it this is the a that looks look looks very so just really all totally completely clip video "
        "shot at try "
        "do over me i like don t doesn t does work works working right enough wtf what why hmm one take "
        "quality im not sure "
        "and please change something more else"
    )
)


def clean(text: str) -> str:
    """The text without control and format characters; line ends kept as single breaks, blanks collapsed."""
    text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(
        letter
        if letter in "\n\u200d"
        or unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        else " "
        for letter in text
    )
    lines = (" ".join(line.split()) for line in kept.split("\n"))
    return "\n".join(line for line in lines if line)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of every sentence; what lies between them is white space."""
    spans = []
    for match in _SENTENCE.finditer(text):
        start, end = match.start(), match.end()
        while start < end and (text[start].isspace() or text[start] in ".!?…。！？"):
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if start < end:
            spans.append((start, end))
    return spans


def sentences(text: str) -> list[str]:
    """The sentences of cleaned reviewer text, without list marks and final stops."""
    found = []
    text = re.sub(r"(?m)^\s*(?:[-*•·–—>#]+|\d{1,2}[.)])\s+", "", text)
    for start, end in sentence_spans(text):
        for part in re.split(r"\s*;\s+|\s+[•·–—]\s+", text[start:end]):
            bare = re.sub(r"[.!…。！]+$", "", part.strip()).strip()
            if key(bare):
                found.append(bare)
    return found


_SHORT_FORMS = (
    (re.compile(r"\b(it|that|there|what|where|who|he|she)['’]s\b", re.IGNORECASE), r"\1 is"),
    (re.compile(r"\bcan['’]?t\b", re.IGNORECASE), "cannot"),
    (re.compile(r"\bwon['’]t\b", re.IGNORECASE), "will not"),
    (re.compile(r"\b(is|are|was|were|do|does|did|should|must|has|have)n['’]t\b", re.IGNORECASE), r"\1 not"),
    (re.compile(r"\b(they|we|you)['’]re\b", re.IGNORECASE), r"\1 are"),
)


_WORD = re.compile(r"(?<![\w'’-])[A-Za-z]+(?![\w'’-])")
_ITS = re.compile(
    r"\bits(?= (?:too|not|so|very|all|just|a bit|really|still|like|going|moving|night|day|raining|snowing)\b)"
)


def _spelled(match: re.Match[str]) -> str:
    word = match[0]
    if word.lower() == "its" and match.start() and _ITS.match(match.string.lower(), match.start()) is None:
        return word
    right = TYPOS.get(word.lower(), word)
    return right[:1].upper() + right[1:] if word[:1].isupper() else right


def in_full(sentence: str) -> str:
    """Short forms and common slips written out: "isn't" is "is not", so each pattern needs one spelling."""
    sentence = _WORD.sub(_spelled, sentence)
    for pattern, full in _SHORT_FORMS:
        sentence = pattern.sub(full, sentence)
    return sentence


def without_politeness(sentence: str) -> str:
    """The wish itself: "could you please make it red, thanks" gives "make it red"."""
    sentence = re.sub(r"[?\s]+$", "", sentence) or sentence
    while (shorter := _POLITE_END.sub("", _POLITE.sub("", sentence, count=1)).strip()) != sentence:
        if not key(shorter):
            return sentence
        sentence = shorter
    return sentence


def is_vague(text: str) -> bool:
    """Whether the text says that something is wrong and not what: "bad", "try again", "???"."""
    words = key(text).split()
    return all(word in _VAGUE for word in words)


def clauses(sentence: str) -> list[list[str]]:
    """Ways to cut a sentence into clauses, to be tried in order: at commas and "but", then also at "and"."""
    strong = [
        part for part in re.split(r"\s*,\s*(?:and |but |also )?|\s+but\s+|\s+also\s+", sentence) if key(part)
    ]
    every = [
        part
        for part in re.split(r"\s*,\s*(?:and |but |also )?|\s+(?:but|also|and|plus)\s+", sentence)
        if key(part)
    ]
    ways = [strong] if len(strong) > 1 else []
    return [*ways, every] if len(every) > len(strong) else ways


def quoted(text: str, longest: int = 80) -> str:
    """The reviewer's words in quotation marks, shortened for a line on the page."""
    line = " ".join(text.split())
    return f"“{line}”" if len(line) <= longest else f"“{line[: longest - 1].rstrip()}…”"
