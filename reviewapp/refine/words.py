"""The vocabulary: which words the writer understands, and which of them exclude each other."""

from __future__ import annotations

import re

from reviewapp.refine.grammar import split_words

COLOURS = frozenset(
    split_words(
        "red blue green yellow orange purple violet pink brown black white grey gray golden gold silver "
        "turquoise teal "
        "cyan magenta beige cream crimson scarlet navy indigo maroon olive lavender lilac amber bronze "
        "copper ivory "
        "tan burgundy mint coral"
    )
)
COLOUR = rf"(?:(?:dark|light|bright|pale|deep)[ -])?(?:{'|'.join(sorted(COLOURS, key=len, reverse=True))})"

COUNTS = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
}
COUNT_WORDS = {number: word for word, number in COUNTS.items()}
COUNT = rf"(?:\d{{1,3}}|{'|'.join(COUNTS)})"


def count_word(text: str) -> str:
    """For example "3" and "three" are one count; numbers above twelve stay digits."""
    lower = text.lower()
    return COUNT_WORDS.get(int(lower), lower) if lower.isdigit() else lower


# The words that end a noun phrase: a colour before "with a boat" does not colour the boat.
STOP_WORDS = frozenset(
    split_words(
        "a an the and or but with without of in on at by to from for near under over behind beside into "
        "onto across "
        "through along is are was were while as that which who its their his her then past around above below"
    )
)

# Kinds of the same thing of which a picture has one: each name, its sentence, and how a brief may say it.
TIMES: dict[str, tuple[str, tuple[str, ...]]] = {
    "night": ("at night", ("night-?time", "night", "midnight")),
    "day": ("in daylight", ("broad daylight", "daylight", "day-?time", "day", "midday", "noon")),
    "sunrise": ("at sunrise", ("sunrise", "dawn", "daybreak")),
    "sunset": ("at sunset", ("sunset",)),
    "dusk": ("at dusk", ("twilight", "dusk")),
    "golden hour": ("at golden hour", ("golden hour",)),
    "morning": ("in the morning", ("early morning", "morning")),
    "afternoon": ("in the afternoon", ("late afternoon", "afternoon")),
    "evening": ("in the evening", ("evening",)),
    "blue hour": ("at blue hour", ("blue hour",)),
}
WEATHER: dict[str, tuple[str, ...]] = {
    "rainy": ("rainy", "raining", "rain"),
    "snowy": ("snowy", "snowing", "snow"),
    "sunny": ("sunny", "sunshine"),
    "foggy": ("foggy", "misty"),
    "cloudy": ("cloudy", "overcast"),
    "stormy": ("stormy", "thunderstorm"),
    "windy": ("windy",),
    "clear": ("clear sky", "clear weather", "clear skies"),
}
STYLES: dict[str, str] = {
    "photorealistic": r"photo-?realistic|photoreal|live[ -]action",
    "anime": r"anime",
    "cartoon": r"cartoon|2d animation",
    "watercolour": r"watercolou?r",
    "oil painting": r"oil painting",
    "3D animation": r"3d (?:render|animation|animated)|pixar(?:[ -]style)?",
    "claymation": r"claymation|stop[ -]motion",
    "pixel art": r"pixel art",
    "pencil sketch": r"pencil (?:sketch|drawing)|hand[ -]drawn",
    "comic book": r"comic[ -]book",
    "film noir": r"film noir|noir",
    "vintage film": r"vintage(?: film)?|retro",
    "documentary": r"documentary",
    "black and white": r"black[ -]and[ -]white|monochrome",
    "cinematic": r"cinematic",
}

# Places in the frame: name in the sentence, and how reviewers and briefs say it.
_OF_FRAME = r"(?: of the (?:frame|picture|shot|screen))?"
PLACES: dict[str, str] = {
    "on the left side of the frame": rf"(?:on|at|to) the left(?:[ -]hand)?(?: side)?{_OF_FRAME}",
    "on the right side of the frame": rf"(?:on|at|to) the right(?:[ -]hand)?(?: side)?{_OF_FRAME}",
    "in the centre of the frame": rf"(?:in|at) the (?:cent(?:er|re)|middle){_OF_FRAME}|cent(?:ered|red)",
    "at the top of the frame": rf"(?:at|on|in) the top{_OF_FRAME}",
    "at the bottom of the frame": rf"(?:at|on|in) the bottom{_OF_FRAME}",
    "in the foreground": r"in the foreground|in front",
    "in the background": r"in the background",
}
DIRECTIONS: dict[str, str] = {
    "from left to right": r"(?:from )?left[ -]to[ -]right|to the right|rightwards?|right",
    "from right to left": r"(?:from )?right[ -]to[ -]left|to the left|leftwards?|left",
    "towards the camera": r"towards? (?:the )?(?:camera|viewer|us)",
    "away from the camera": r"away from (?:the )?(?:camera|viewer|us)|away",
    "upwards": r"upwards?|up",
    "downwards": r"downwards?|down",
    "clockwise": r"clockwise",
    "anticlockwise": r"anti-?clockwise|counter-?clockwise",
}
OPPOSITE_DIRECTION = {
    "from left to right": "from right to left",
    "towards the camera": "away from the camera",
    "upwards": "downwards",
    "clockwise": "anticlockwise",
}
OPPOSITE_DIRECTION |= {other: one for one, other in OPPOSITE_DIRECTION.items()}
MOTION_VERBS = (
    "move|go|travel|drift|sail|drive|fly|walk|run|swim|float|roll|slide|glide|ride|race|bounce|fall|rise|"
    "jump|"
    "spin|rotate|turn|swing|dance|crawl|climb|gallop|march|flow|march|hop|skate|dive|sink|hover|sway|"
    "blow|cross"
)
# What a body does: one at a time, so a newer one takes the place of an older one.
POSTURES = (
    "sit",
    "stand",
    "lie",
    "walk",
    "run",
    "jump",
    "dance",
    "kneel",
    "crawl",
    "swim",
    "fly",
    "sleep",
    "climb",
)

# States of which a thing has one at a time. The first half excludes the second half of the same line.
STATE_PAIRS: tuple[tuple[str, str, str], ...] = (
    (
        "size",
        "big large huge giant enormous massive bigger larger tall taller",
        "small little tiny smaller miniature short",
    ),
    ("door", "open opened", "closed shut"),
    ("mood", "happy smiling cheerful laughing joyful", "sad angry crying serious frowning worried tearful"),
    ("age", "old elderly ancient older", "young new younger"),
    ("water", "wet soaked", "dry"),
    ("content", "full", "empty"),
    ("dirt", "clean spotless", "dirty muddy dusty"),
    ("surface", "smooth shiny glossy", "rough matte"),
    ("width", "wide broad wider", "narrow narrower"),
    ("length", "long longer", "short shorter"),
    ("weight", "fat thick heavy dense thicker denser heavier", "thin slim light slender thinner lighter"),
    ("calm", "calm still quiet", "wild choppy rough stormy"),
    ("brightness", "bright brighter lit", "dark darker dim unlit"),
)
STATE_GROUP = {
    word: (name, side)
    for name, first, second in reversed(STATE_PAIRS)
    for side, words in enumerate((first, second))
    for word in words.split()
}
OTHER_STATE = {
    "big": "small",
    "large": "small",
    "huge": "small",
    "tall": "short",
    "small": "large",
    "tiny": "large",
    "short": "long",
    "long": "short",
    "old": "young",
    "young": "old",
    "wide": "narrow",
    "narrow": "wide",
    "thick": "thin",
    "thin": "thick",
    "heavy": "light",
    "shiny": "matte",
    "dirty": "clean",
    "clean": "dirty",
    "wet": "dry",
    "dry": "wet",
    "full": "empty",
    "empty": "full",
    "sad": "happy",
    "happy": "serious",
    "wild": "calm",
    "dark": "bright",
    "bright": "dark",
    "dim": "bright",
}


def whole_word(pattern: str) -> re.Pattern[str]:
    """The pattern as whole words, whatever their case."""
    return re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])", re.IGNORECASE)
