"""The scales of the whole picture (light, colour, sharpness, pace ...) and the words that name them."""

from __future__ import annotations

from reviewapp.refine.grammar import split_words

# A look is a scale of the whole picture. Each value is one fixed sentence, so that it is known again later.
LOOKS: dict[str, dict[str, str]] = {
    "brightness": {
        "bright": "The picture is bright and well lit",
        "dark": "The picture is dark and dimly lit",
        "brighter": "The picture is a little brighter",
        "darker": "The picture is a little darker",
        "even": "The picture is evenly exposed, with no lost detail",
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
    "distance": {"wide": "The camera stays further back", "close": "The camera is closer to the subject"},
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
