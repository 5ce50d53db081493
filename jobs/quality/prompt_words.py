"""The words by which the parts of a prompt are told apart."""

from __future__ import annotations

import re
from typing import Final


def _any(words: str) -> str:
    return "|".join(word.replace("_", "[ -]") for word in words.split())


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _whole(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_any(words)})\b", re.IGNORECASE)


# What a still picture cannot show, or a model of pictures and words cannot judge.
UNSEEN: Final = re.compile(
    r"\b(?:no|not|never|without|avoid)\b|\b(?:sound|music|voice|voiceover|dialogue|silence|silent|audio"
    r"|seconds?|loop(?:s|ing)?|fps|resolution|quality|detailed|masterpiece|4k|8k|hd|uhd)\b"
    r"|\b\d+\s*(?:s|sec|p|fps|k|:\s*\d+)\b",
    re.IGNORECASE,
)
CAMERA_MOVE: Final = re.compile(
    r"^(?:(?:the|a|slow|slight|subtle|static|smooth) )*camera\b|\b(?:handheld|hand-held|static|fixed|moving) "
    r"camera\b|\b(?:doll(?:y|ies|ying)|steadicam|gimbal|locked[- ]off|handheld|hand-held|rack focus)\b"
    r"|\btime-?lapse\b|\b(?:zoom|push|pull)(?:e?s|ing)?[ -](?:in|out|back)\b|\bslow[- ]motion\b"
    r"|\b(?:tracking|static|crane|panning|fixed|dolly) shot\b"
    r"|^(?:(?:a|slow|quick|gentle) )*(?:pan|tilt|zoom)s?\b",
    re.IGNORECASE,
)
# What comes after these words is what the camera looks at.
CAMERA_OF: Final = re.compile(
    r"^.*?\b(?:follow(?:s|ing)?|track(?:s|ing)?|circl(?:es?|ing)|orbit(?:s|ing)?|shot of"
    r"|(?:in|out|back|up|down|left|right) (?:on|to|towards?|from|over|across)) "
    r"(?=(?:an?|the|one|two|three|her|his) )",
    re.IGNORECASE,
)
FRAMING: Final = re.compile(
    r"\b(?:an? )?((?:extreme |medium )?close[- ]?up(?: shot)?"
    r"|(?:extreme |very )?(?:wide|long|full|medium|establishing) (?:angle|shot|view)"
    r"|(?:aerial|drone|overhead) (?:shot|view|footage)|bird'?s[- ]eye view"
    r"|(?:(?:low|high)[- ]angle|top[- ]down|over[- ]the[- ]shoulder|point[- ]of[- ]view"
    r"|pov|macro)(?: shot| view)?"
    r"|seen from (?:above|below|behind|the \w+))\b",
    re.IGNORECASE,
)
MEDIUM: Final = re.compile(
    r"^(?:an? |the )?(?:\w+ )?(?:photo|photograph|portrait|picture|image|video|clip|footage|shot|view"
    r"|scene) of ",
    re.IGNORECASE,
)
_LIGHT: Final = (
    "(?:(?:early|late|soft|warm|cold|cool|golden|bright|harsh|dim|low|hard|natural|morning|evening|afternoon"
    "|heavy|light|thick|thin|dense|pale|blue|grey|red|pink|neon|dappled|clear|sunny|dark|starry|moonlit|foggy"
    "|rainy|gentle|studio|rim|back|side|dramatic|diffuse|diffused|flickering|full) )*(?:dawn|dusk|sunrise"
    "|sunset|twilight|nightfall|midnight|noon|midday|night|daytime|day|morning|evening|afternoon|golden hour"
    "|blue hour|daylight|sunlight|moonlight|candlelight|firelight|starlight|lamplight|backlight|light|lights"
    "|lighting|sunshine|mist|fog|haze|rain|snow|snowfall|drizzle|storm|neon|shadows|overcast|backlit"
    "|(?:blue|clear|starry|stormy|overcast|cloudy|grey|night|dark|pink|red|orange) sky)"
)
LIGHT: Final = re.compile(rf"^(?:(?:a|an|the|in|at) )?(?P<light>{_LIGHT})$", re.IGNORECASE)
# "Warm tungsten light", but not "a street light".
SOME_LIGHT: Final = re.compile(
    r"^(?!(?:a|an|the) )(?:[\w-]+ ){1,3}(?:light|lighting|shadows|glow|reflections|haze|mist)$"
    r"|^(?:very )?(?:bright|dark|dim|sunny|cloudy|foggy|misty|rainy|snowy|stormy|moonlit|candlelit)$",
    re.IGNORECASE,
)
LIGHT_FIRST: Final = re.compile(rf"^(?:(?:a|an|the) )?(?P<light>{_LIGHT}) (?P<rest>\w+ .+)$", re.IGNORECASE)
LIGHT_TAIL: Final = re.compile(
    rf"\b(?:at|in|by|under|on|during|through) (?:a |an |the )?(?P<light>{_LIGHT})\b(?! \w+ing\b)(?=$"
    r"| (?:at|in|on|by|under|with|near|from|over|behind|above|along|across)\b)",
    re.IGNORECASE,
)
STYLE: Final = _whole(
    "style cinematic film_grain grain grainy anime manga cartoon watercolou?r oil_painting "
    "black_and_white monochrome photoreal photorealistic photo_?realistic realistic hyperrealistic "
    "3d_render cgi claymation stop_motion vintage retro noir documentary 35mm 16mm 8mm super_8 "
    "pixel_art sketch illustration low_poly pastel sepia vhs depth_of_field bokeh anamorphic"
)
LABELS: Final = {
    "subject": "subject", "character": "subject", "characters": "subject", "action": "action",
    "motion": "action", "scene": "main", "setting": "place", "location": "place", "place": "place",
    "background": "place", "environment": "place", "light": "light", "lighting": "light", "time": "light",
    "weather": "light", "mood": "style", "style": "style", "look": "style", "camera": "camera",
    "framing": "camera", "shot": "camera", "composition": "camera", "sound": "unseen", "audio": "unseen",
    "music": "unseen", "dialogue": "unseen", "negative": "unseen",
}  # fmt: skip

PLACE_PREPOSITIONS: Final = _words(
    "in on at inside under underneath beneath through across along over near beside behind between "
    "outside around against above below by among amid atop into onto down up past"
)
PREPOSITIONS: Final = PLACE_PREPOSITIONS | _words("with from to of for toward towards without like")
DETERMINERS: Final = _words(
    "a an the one two three four five six seven eight nine ten several many some his her its their "
    "this that these those single"
)
# "a tall, thin man" is one thing and "a cat, soft light" are two.
QUALITIES: Final = _words(
    "tall small big old young long large little thin short tiny huge lone single dark bright red green blue "
    "yellow white black grey orange brown golden silver beautiful rusty weathered slender elderly"
)
POSSESSIVES: Final = _words("his her hers its their my your our")
# What may stand between somebody and what they do.
LINKS: Final = _words("is are was were who that which and must should will can")
PRONOUNS: Final = _words("he she it they")
# A word more or less of these makes no other thing.
SAYS_NOTHING: Final = _words("a an the one single this that its his her their is are was were and there")
PLACE_NAMES: Final = _whole(
    "kitchen street forest beach desert city village harbour harbor office bedroom bathroom "
    "living_room garden park rooftop classroom hospital bar restaurant cafe market library museum "
    "church temple castle palace factory warehouse garage farm field meadow mountain mountains valley "
    "canyon river lake ocean jungle cave tunnel station airport corridor hallway staircase studio "
    "stage arena stadium alley bridge interior exterior indoors outdoors underwater space"
)
# "in a red dress" is part of who somebody is, and "on the left" a direction: neither is a place.
WORN: Final = _whole(
    "coat dress suit hat jacket shirt t_shirt uniform sweater robe gown cloak hood skirt trousers "
    "jeans glasses helmet boots shoes mask apron scarf armou?r kimono costume hair beard raincoat "
    "hoodie overalls"
)
DIRECTION: Final = re.compile(
    r"\b(?:left|right|foreground|middle ground|background|distance|cent(?:re|er)|frame|camera|same direction"
    r"|screen|viewer|side|slow motion|them|him|it|her)$",
    re.IGNORECASE,
)
CROSSING: Final = re.compile(
    r"\bfrom (?:the )?(?:left|right|top|bottom)(?: side)? to (?:the )?(?:left|right|top|bottom)(?: side)?\b",
    re.IGNORECASE,
)
# "on the left of a street" says no more to a model than "on a street".
SIDE_OF: Final = re.compile(r"\bthe (?:far )?(?:left|right)(?: side)? of (?=an? |the )", re.IGNORECASE)
WEATHER: Final = re.compile(r"^it(?:'s| is)? (?P<light>rain|snow|drizzl|storm)(?:s|e?s|ing)\b", re.IGNORECASE)
_LOOK_AT: Final = ("look", "gaze", "stare", "smile", "point", "laugh", "glance", "wave", "shout", "nod")
_VERBS: Final = _words(
    "tip stay adjust tread shake walk run stand sit lie hold look turn ride drive fly swim jump dance "
    "drift float glide sway bob flutter bark purr hover chase catch throw kick carry lift open close "
    "push pull cook eat drink pour stir cut read write draw paint sing laugh smile cry sleep wake "
    "kneel crouch crawl climb fall rise dive splash burn glow shine flicker melt grow bloom spin roll "
    "bounce slide skate ski surf sail row paddle jog stroll stride march gallop trot leap hop land "
    "lean reach grab touch stroke brush comb wash wear gaze stare glance point wave nod bow clap hug "
    "kiss pet feed pick place put play type cross enter leave exit approach follow pass move travel "
    "race speed circle soar perch rest hang swing blow billow ripple crash flow stream pile haul cast "
    "light whisk knead slice chop sip bite chew lick sniff dig plant water pluck gather sweep mop "
    "hammer saw weld build repair fix assemble explode collapse crumble shatter spill drip rain snow "
    "stretch stop say speak talk whisper flip wag tap knock examine inspect polish clean load pack unload "
    "fold iron sew knit weave bake grill fry boil serve taste smell shave dry button zip tug drag "
    "slip trip stumble limp yawn blink tremble shiver wait watch emerge appear vanish dissolve unfold "
    "spread scatter swirl twirl juggle balance shuffle deal stack tie wrap unwrap peel crack step"
)
# Read as verbs only where nothing else in the sentence is one: "waves", "leaves" and "steps" are things too.
AMBIGUOUS: Final = _words(
    "walk run dance ride drive jump look turn light lights water waves wave leaves leave rest play "
    "place plant plants stream streams pile piles row rows land cross crosses step steps circle "
    "circles rain snow cast point points brush speed race hammer saw pet rocks swing swings cut cuts "
    "stack stacks comb bow bows watch watches iron irons flip flips trip trips button buttons dry "
    "deal deals flies fly climb falls fall drinks drink cook cooks crack cracks"
)
# Words in -ing that are things, and in -ly that are no manner.
NOT_DOING: Final = _words(
    "morning evening building ceiling lightning string spring clothing wedding painting railing ring "
    "king wing thing sling lighting living setting crossing awning opening nothing something "
    "everything during being interesting surrounding"
)
NO_MANNER: Final = _words(
    "family fly butterfly dragonfly lily ugly lonely holy elderly friendly curly jelly belly lovely "
    "silly chilly woolly wooly hilly only early bully ally trolley july italy monopoly assembly"
)
# How an instruction begins whose rest says what is to be seen.
TELLING: Final = re.compile(
    r"^(?:(?:please )?(?:keep|show|make|let|have|add|include|use|ensure|maintain)(?: sure| that)*) ",
    re.IGNORECASE,
)
MANNER: Final = _words("still fast slow motionless away past alone together again forward backward")
# What is left of "high above" or "far away" is no thing.
NO_THING: Final = _words("high far low near close deep wide int ext int/ext rife")


def _third(verb: str) -> str:
    """The third person."""
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return f"{verb[:-1]}ies"
    return f"{verb}es" if verb.endswith(("s", "sh", "ch", "x", "o", "z")) else f"{verb}s"


VERBS_THIRD: Final = frozenset(map(_third, _VERBS))
VERBS_BASE: Final = _VERBS
LOOKS_AT: Final = re.compile(rf"^(?:{'|'.join(_LOOK_AT)})(?:s|es|ing)?$", re.IGNORECASE)
