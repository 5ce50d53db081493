"""The vocabulary: which words the writer understands, and which of them exclude each other."""

from __future__ import annotations

import re

from .grammar import split_words

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

# A look is a scale of the whole picture. Each value is one fixed sentence, so that it is known again later.
LOOKS: dict[str, dict[str, str]] = {
    "brightness": {
        "bright": "The picture is bright and well lit",
        "dark": "The picture is dark and dimly lit",
        "brighter": "The picture is a little brighter",
        "darker": "The picture is a little darker",
    },
    "saturation": {
        "muted": "The colours are muted and natural",
        "vivid": "The colours are rich and vivid",
    },
    "contrast": {"low": "The contrast is low and soft", "high": "The contrast is high and clear"},
    "clutter": {"simple": "The frame is simple and uncluttered", "busy": "The frame is full of detail"},
    "sharpness": {"sharp": "The picture is sharp and in focus", "soft": "The picture is soft and gentle"},
    "warmth": {"warm": "The light is warm", "cool": "The light is cool"},
    "realism": {
        "real": "Everything looks real and natural",
        "unreal": "The look is stylised, not realistic",
    },
    "steadiness": {
        "steady": "The camera is steady and smooth",
        "handheld": "The camera is handheld and lively",
    },
    "speed": {
        "slow": "The motion is slow and unhurried",
        "fast": "The motion is fast and energetic",
        "slower": "The motion is a little slower",
        "faster": "The motion is a little faster",
    },
    "distance": {"wide": "The camera stays further back", "close": "The camera stays closer to the subject"},
    "grain": {
        "clean": "The picture is clean, free of noise and grain",
        "grainy": "The picture has film grain",
    },
}
LOOK_OF_SENTENCE = {
    sentence.lower(): (axis, value) for axis, scale in LOOKS.items() for value, sentence in scale.items()
}

# Which look a describing word stands for. "too X" asks for the other end, see OTHER_END.
LOOK_WORDS: dict[str, tuple[str, str]] = {
    word: (axis, value)
    for axis, value, words in (
        ("brightness", "bright", "bright light lit well-lit overexposed blown-out washed brighter lighter"),
        ("brightness", "dark", "dark dim gloomy underexposed murky black darker dimmer"),
        ("saturation", "vivid", "saturated colourful colorful vivid garish neon vibrant"),
        ("saturation", "muted", "muted desaturated dull pale faded colourless colorless drab flat"),
        ("contrast", "high", "contrasty harsh hard"),
        ("clutter", "busy", "busy cluttered crowded chaotic messy full complicated busier"),
        ("clutter", "simple", "simple plain minimal sparse simpler cleaner"),
        ("sharpness", "sharp", "sharp crisp focused sharper crisper"),
        ("sharpness", "soft", "blurry blurred soft fuzzy unsharp hazy softer"),
        ("warmth", "warm", "warm yellowish orangey warmer"),
        ("warmth", "cool", "cold cool bluish cooler colder"),
        ("realism", "unreal", "fake artificial plastic cgi cartoonish unrealistic synthetic waxy"),
        ("realism", "real", "realistic natural lifelike real"),
        ("steadiness", "handheld", "shaky wobbly jittery handheld bumpy unsteady shakier"),
        ("steadiness", "steady", "steady stable smooth steadier smoother"),
        (
            "speed",
            "fast",
            "fast quick rapid hectic frantic hurried rushed speedy faster quicker quickly rapidly swiftly",
        ),
        ("speed", "slow", "slow sluggish slowly slower"),
        ("distance", "close", "close near tight closer nearer tighter"),
        ("distance", "wide", "far distant wide further farther wider"),
        ("grain", "grainy", "grainy noisy"),
    )
    for word in words.split()
}
OTHER_END = {
    "bright": "dark",
    "vivid": "muted",
    "high": "low",
    "busy": "simple",
    "sharp": "soft",
    "warm": "cool",
    "real": "unreal",
    "steady": "handheld",
    "fast": "slow",
    "wide": "close",
    "clean": "grainy",
}
OTHER_END |= {other: one for one, other in OTHER_END.items()}
# "A little darker" is a relative wish; only these two scales have a word for it.
SOFTER = {"bright": "brighter", "dark": "darker", "slow": "slower", "fast": "faster"}
# Nouns that name a look: "more contrast", "less noise".
LOOK_NOUNS: dict[str, tuple[str, str]] = {
    "light": ("brightness", "bright"),
    "lighting": ("brightness", "bright"),
    "brightness": ("brightness", "bright"),
    "darkness": ("brightness", "dark"),
    "contrast": ("contrast", "high"),
    "saturation": ("saturation", "vivid"),
    "colour": ("saturation", "vivid"),
    "color": ("saturation", "vivid"),
    "clutter": ("clutter", "busy"),
    "shake": ("steadiness", "handheld"),
    "camera shake": ("steadiness", "handheld"),
    "speed": ("speed", "fast"),
    "warmth": ("warmth", "warm"),
    "blur": ("sharpness", "soft"),
    "noise": ("grain", "grainy"),
    "grain": ("grain", "grainy"),
    "sharpness": ("sharpness", "sharp"),
    "realism": ("realism", "real"),
}
# What a look belongs to when a reviewer names it: "the lighting is too dark" speaks of the whole picture.
WHOLE = frozenset(
    split_words(
        "it this that shot scene clip video picture image frame everything all lighting light colours colors "
        "motion movement pace speed whole overall camera footage look exposure action animation"
    )
)

# Wordings of the brief that a look excludes, with what stands in their place. Matched as whole words.
BRIEF_LOOKS: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("brightness", "bright"): (
        (r"dimly[ -]lit", "brightly lit"),
        (r"(?:dim|dark|low) light(?:ing)?", "bright light"),
        (r"low-key light(?:ing)?", "high-key lighting"),
        (r"(?:dark|gloomy|murky) (?=scene|shot|picture|image|room)", "bright "),
    ),
    ("brightness", "dark"): (
        (r"brightly[ -]lit", "dimly lit"),
        (r"bright light(?:ing)?", "dim light"),
        (r"high-key light(?:ing)?", "low-key lighting"),
        (r"bright (?=scene|shot|picture|image|room)", "dark "),
    ),
    ("saturation", "muted"): ((r"(?:vivid|vibrant|saturated|neon|garish) (?=colou?rs?)", "muted "),),
    ("saturation", "vivid"): ((r"(?:muted|faded|desaturated|dull|pale) (?=colou?rs?)", "vivid "),),
    ("contrast", "low"): ((r"high[ -]contrast", "low contrast"),),
    ("contrast", "high"): ((r"low[ -]contrast", "high contrast"),),
    ("sharpness", "sharp"): ((r"(?:soft|shallow) focus", "sharp focus"), (r"(?:blurry|blurred)", "sharp")),
    ("sharpness", "soft"): ((r"sharp focus", "soft focus"),),
    ("warmth", "warm"): ((r"(?:cool|cold|bluish) (?=light|tones?|colou?rs?)", "warm "),),
    ("warmth", "cool"): ((r"(?:warm|orange|yellowish) (?=light|tones?|colou?rs?)", "cool "),),
    ("steadiness", "steady"): (
        (r"(?:hand-?held|shaky|wobbly) (?=camera|shot|footage|tracking)", "steady "),
        (r"hand-?held", "steady"),
    ),
    ("steadiness", "handheld"): ((r"(?:steady|stable|locked-off) (?=camera|shot)", "handheld "),),
    ("distance", "wide"): (
        (r"extreme close-?up", "medium shot"),
        (r"close-?up", "medium shot"),
    ),
    ("distance", "close"): (
        (r"(?:extreme |very )?wide (?=shot)", "medium "),
        (r"long (?=shot)", "medium "),
    ),
    ("speed", "slow"): (
        (
            r"(?:quickly|rapidly|swiftly|hurriedly|fast)(?= (?:across|over|past|through|along|down|up)\b|"
            r"[.,;!]|$)",
            "slowly",
        ),
        (r"(?:quickly|rapidly|swiftly|hurriedly)", "slowly"),
        (r"at (?:high|full|great|top) speed", "at low speed"),
        (r"fast-paced", "slow-paced"),
        (r"(?:fast|quick|rapid)", "slow"),
    ),
    ("speed", "fast"): (
        (r"(?:slowly|sluggishly|leisurely)", "quickly"),
        (r"at (?:low|slow) speed", "at high speed"),
        (r"slow-paced", "fast-paced"),
        (r"(?:in )?slow[ -]motion", "at full speed"),
        (r"slow", "fast"),
    ),
    ("grain", "clean"): ((r"(?:grainy|noisy)", "clean"),),
}
BRIEF_LOOKS[("realism", "real")] = ((r"(?:cartoonish|plastic|artificial) (?=look|skin|light)", "natural "),)

# Kinds of the same thing of which a picture has one: each name, its sentence, and how a brief may say it.
TIMES: dict[str, tuple[str, tuple[str, ...]]] = {
    "night": ("at night", ("night-?time", "night", "midnight")),
    "day": ("in daylight", ("broad daylight", "daylight", "day-?time", "day", "midday", "noon")),
    "sunrise": ("at sunrise", ("sunrise", "dawn", "daybreak")),
    "sunset": ("at sunset", ("sunset", "dusk", "twilight")),
    "golden hour": ("at golden hour", ("golden hour",)),
    "morning": ("in the morning", ("early morning", "morning")),
    "afternoon": ("in the afternoon", ("late afternoon", "afternoon")),
    "evening": ("in the evening", ("evening",)),
    "blue hour": ("at blue hour", ("blue hour",)),
}
TIME = "|".join(word for _phrase, words in TIMES.values() for word in words)
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
    "spin|rotate|turn|swing|dance|crawl|climb|gallop|march|flow|march|hop|skate|dive|hover|sway|blow|cross"
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
