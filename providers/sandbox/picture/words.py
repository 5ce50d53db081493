"""The vocabulary: which words the renderer can draw, and what each of them means."""

from __future__ import annotations

import re

# What can be drawn, with the words that mean it. A plural "s" or "es" is understood.
THINGS: dict[str, str] = {
    "boat": "boat|sailboat|sailing boat|paper boat|ship|yacht|canoe|ferry|vessel|dinghy",
    "car": "car|taxi|cab|van|automobile|truck|bus|vehicle|jeep",
    "bird": "bird|gull|seagull|swallow|crow|eagle|dove|sparrow|pigeon|swan|goose|geese|heron|parrot|raven",
    "fish": "fish|goldfish|koi|shark|salmon|whale|dolphin|carp",
    "tree": "tree|oak|pine|palm|willow|birch|cherry tree",
    "lighthouse": "lighthouse|light house|tower|beacon",
    "house": "house|cottage|cabin|hut|home|barn|farmhouse|castle",
    "person": (
        "person|man|men|woman|women|boy|girl|child|children|figure|people|dancer|runner|walker|"
        "astronaut|hiker|"
        "actor|actress|lady|fisherman|detective|chef|worker|king|queen|knight|robot|skater|tourist"
    ),
    "cat": "cat|kitten|tabby",
    "fox": "fox|foxes|dog|puppy|wolf|wolves|hound",
    "cup": "cup|mug|teacup|coffee|tea|glass|vase",
    "balloon": "balloon|hot[- ]air balloon",
    "kite": "kite",
    "moon": "moon|planet",
    "rocket": "rocket|spaceship|spacecraft|shuttle|missile",
    "flower": "flower|rose|tulip|daisy|daisies|sunflower|lily|blossom|poppy|poppies|orchid",
    "butterfly": "butterfly|butterflies|moth",
    "lantern": "lantern|lamp|candle|torch",
    "umbrella": "umbrella|parasol",
    "leaf": "leaf|leaves",
    "ball": "ball|sphere|orb|marble|globe|bubble|bead|football|basketball|apple|orange fruit|circle",
    "cube": "cube|box|crate|block|dice|gift|parcel|square",
    "star": "star|starfish",
}
# Things that need no others around them to be seen: fish in water, a kite in the sky.
BACKGROUNDS: dict[str, str] = {
    "underwater": "underwater|under water|reef|seabed|ocean floor|aquarium|deep sea",
    "sea": "sea|ocean|lake|river|water|harbou?r|bay|beach|coast|waves?|pond|shore|canal",
    "street": "street|road|alley|highway|avenue|puddles?|pavement|crossroads",
    "city": "city|skyline|town|skyscrapers?|downtown|rooftops?",
    "forest": "forest|woods?|woodland|jungle|grove",
    "desert": "desert|dunes?|sahara|sand",
    "mountains": "mountains?|alps|hills?|cliffs?|valley|canyon|peaks?",
    "snow": (
        r"(?:in|through|across|on|over) (?:the |fresh |deep )?snow|snow-covered|snowy forest|"
        r"snowy field|snowy landscape|arctic|glacier|ice|tundra"
    ),
    "space": "space|galaxy|cosmos|orbit|universe|stars|nebula|lunar surface",
    "room": (
        "room|kitchen|bedroom|table|desk|studio|office|indoors|window|hallway|workshop|cafe|"
        "living room|interior"
    ),
    "field": "field|meadow|park|grass|garden|lawn|countryside|farm|prairie",
    "sky": r"(?:in|across|against|through|into) (?:the |a )?(?:\w+ )?sky|clouds?|in the air|heavens",
}
MOTIONS: dict[str, str] = {
    "right": (
        r"(?:from )?left[ -]to[ -](?:the )?right|(?:to|towards?) the right(?! side)|rightwards?|"
        r"(?:moves?|drifts?|flies|sails?|goes|go|rolls?|drives?|swims?|walks?|runs?|fly|floats?|"
        r"glides?|slides?) right"
    ),
    "left": (
        r"(?:from )?right[ -]to[ -](?:the )?left|(?:to|towards?) the left(?! side)|leftwards?|"
        r"(?:moves?|drifts?|flies|sails?|goes|go|rolls?|drives?|swims?|walks?|runs?|fly|floats?|"
        r"glides?|slides?) left"
    ),
    "rises": (
        r"ris(?:es?|ing)|upwards?|lifts? off|takes? off|ascend(?:s|ing)?|climb(?:s|ing)?|soar(?:s|"
        r"ing)?|launch(?:es|ing)?"
    ),
    "falls": (
        r"fall(?:s|ing)?|downwards?|drop(?:s|ping)?|descend(?:s|ing)?|sink(?:s|ing)?|tumbl(?:es?|"
        r"ing)|dives?"
    ),
    "bounces": r"bounc(?:es?|ing|y)|hop(?:s|ping)?|jump(?:s|ing)?|leap(?:s|ing)?",
    "spins": (
        r"spin(?:s|ning)?|rotat(?:es?|ing)|twirl(?:s|ing)?|turn(?:s|ing)? around|whirl(?:s|ing)?|"
        r"(?:anti|counter-?)?clockwise"
    ),
    "orbits": r"orbit(?:s|ing)|circl(?:es?|ing)|in circles|loops?|looping",
    "zigzags": (
        r"zig-?zag(?:s|ging)?|weav(?:es?|ing)|flutter(?:s|ing)?|danc(?:es?|ing)|darts?|"
        r"swerv(?:es?|ing)"
    ),
    "approaches": r"towards? (?:the )?(?:camera|viewer|us)|com(?:es|ing) closer|approach(?:es|ing)?",
    "recedes": r"away from (?:the )?(?:camera|viewer|us)|into the distance|recedes?|receding",
    "sways": r"sway(?:s|ing)?|swing(?:s|ing)?|rock(?:s|ing)|bob(?:s|bing)?|hover(?:s|ing)?",
    "still": (
        r"(?:stays?|stands?|sits?|remains?|keeps?|holds?|is|are|lies) (?:\w+ )?(?:still|"
        r"motionless|in place)|motionless|"
        r"does not move|do not move|stationary|standing still"
    ),
    "drifts": (
        r"drift(?:s|ing)?|sail(?:s|ing)?|float(?:s|ing)?|fl(?:y|ies|ying)|mov(?:es?|ing)|roll(?:s|"
        r"ing)?|driv(?:es?|ing)|"
        r"swim(?:s|ming)?|walk(?:s|ing)?|run(?:s|ning)?|glid(?:es?|ing)|slid(?:es?|ing)|"
        r"cross(?:es|ing)?|rac(?:es?|ing)|"
        r"travel(?:s|ling|ing)?|rid(?:es?|ing)|past|speed(?:s|ing)"
    ),
}
SPEEDS: dict[str, str] = {
    "slow": r"slow(?:ly|er)?|gent(?:ly|le)|leisurely|unhurried|calm(?:ly)?|lazily|lazy|slow[ -]motion",
    "fast": (
        r"fast(?:er)?|quick(?:ly|er)?|rapid(?:ly)?|swift(?:ly)?|rush(?:es|ing)?|energetic|"
        r"at full speed|speeding|hurried(?:ly)?"
    ),
}
# Read only in a sentence about the camera, except for the verbs that hardly mean anything else.
CAMERAS: dict[str, str] = {
    "static": (
        r"static|locked[ -]?(?:off|down)?|(?:stays?|is|be|remains?|holds?|"
        r"keeps?) (?:completely )?(?:still|fixed|steady)|fixed|"
        r"tripod|does not move|no camera move\w*"
    ),
    "pan left": (
        r"(?:pan|truck|track|dolly|mov)(?:e?s|ning|king|ing|e)?[ -](?:slowly |gently |"
        r"quickly )?(?:to the )?left"
    ),
    "pan right": (
        r"(?:pan|truck|track|dolly|mov)(?:e?s|ning|king|ing|e)?[ -](?:slowly |gently |"
        r"quickly )?(?:to the )?right|pan(?:s|ning)?\b(?! (?:slowly )?left)"
    ),
    "tilt up": r"(?:tilt|crane|mov)(?:e?s|ing|e)?[ -](?:slowly )?up|(?<!the )rises?",
    "tilt down": r"(?:tilt|crane|mov)(?:e?s|ing|e)?[ -](?:slowly )?down|descends?",
    "push in": (
        r"push(?:es|ing)?[ -](?:slowly )?(?:in|forward)|zoom(?:s|ing)?[ -](?:slowly )?in|doll(?:y|"
        r"ies|ying)[ -](?:slowly )?in|"
        r"mov(?:es?|ing) (?:slowly )?(?:in|closer|forward)|zooms?(?! out)"
    ),
    "pull out": (
        r"pull(?:s|ing)?[ -](?:slowly )?(?:out|back|away)|zoom(?:s|ing)?[ -](?:slowly )?out|"
        r"doll(?:y|ies|ying)[ -](?:slowly )?(?:out|back)|mov(?:es?|ing) (?:slowly )?(?:out|back)"
    ),
    "handheld": r"hand-?held|shaky|shak(?:es|ing)|wobbly|lively",
}
CAMERA_WORD = re.compile(r"\b(?:camera|shot|lens|footage|dolly|hand-?held)\b")
CAMERA_ALONE = re.compile(
    r"\b(?:pan(?:s|ning)?(?= (?:slowly )?(?:left|right|across|to))|zoom(?:s|ing)?|tilt(?:s|"
    r"ing)?|push(?:es|ing)?[ -]in|pull(?:s|ing)?[ -]back)\b"
)
LIGHTS: dict[str, str] = {
    "golden": r"golden hour|sunset|sunrise|sunlit|late afternoon|warm light|light is warm|warm glow",
    "dusk": r"dusk|twilight|dawn|evening|blue hour|nightfall|light is cool",
    "night": r"night(?:-?time)?|midnight|moonlit|moonlight|starry",
    "dark": (
        r"dark(?:er)?(?! (?:red|blue|green|brown|grey|gray|purple))|dim(?:ly)?|gloomy|low-key|"
        r"shadowy|noir"
    ),
    "bright": r"bright(?:er|ly)?(?! (?:red|blue|green|yellow|orange|pink))|well lit|high-key|sunny|sunshine",
    "day": r"day(?:light|time)?|noon|midday|morning|clear sky|afternoon",
}
WEATHERS: dict[str, str] = {
    "rain": r"rain(?:y|ing|s|fall|drops?)?|drizzle|storm(?:y)?|thunderstorm|downpour|puddles?",
    "snow": r"snow(?:y|ing|s|fall|flakes?)?|blizzard|winter(?:y)?",
    "fog": r"fog(?:gy)?|mist(?:y)?|haz[ey]",
}
COUNTS: dict[int, str] = {
    1: r"one|1|a single|single|a lone|lone",
    2: r"two|2|a pair of|a couple of|both",
    3: r"three|3",
    4: r"four|4|a few|several",
    5: r"five|5",
    6: r"six|6",
    7: r"seven|7|a flock of|many|a lot of|lots of|a group of|a school of|a swarm of|a crowd of|dozens of",
}
PLACES: dict[str, str] = {
    "left": r"(?:on|at|in) the (?:far )?left(?:[ -]hand)?(?: side| third)?(?! to)|left side|left third",
    "right": r"(?:on|at|in) the (?:far )?right(?:[ -]hand)?(?: side| third)?(?! to)|right side|right third",
    "centre": r"(?:in|at) the (?:cent(?:er|re)|middle)|centered|centred",
    "top": r"(?:at|near|in) the top|top of the frame|high above|overhead",
    "bottom": r"(?:at|near|in) the bottom|bottom of the frame",
    "foreground": r"in the foreground|close-?up|in front|closer to the subject|extreme close",
    "distance": r"in the (?:far )?(?:distance|background)|far away|further back|wide shot|long shot|distant",
}
SIZES: dict[str, str] = {
    "big": "big|bigger|large|larger|huge|giant|enormous|massive|tall",
    "small": r"small|smaller|little(?! (?:\w+er|more|less|bit|too)\b)|tiny|miniature",
}
# Sentences that speak about faults and so make them rarer.
CARES: dict[str, str] = {
    "freeze": (
        r"without stopping|stutter\w*|continuous|never (?:stops|freezes)|no freez\w*|"
        r"natural, steady|freez\w*"
    ),
    "flicker": r"flicker\w*|same (?:throughout|look)|steady light|strob\w*",
    "black": r"black frames?|stays? visible|visible and unchanged|blackouts?|never black",
    "jump": r"on its path|continuous|teleport\w*|no jumps?|smooth(?:ly)?|jerky|jump cuts?",
    "stop": r"without stopping|keeps moving|never stops|continuous|throughout the (?:shot|clip)",
    "blur": r"sharp|in focus|crisp|no blur|blur\w*|solid, natural shape",
}
UNSAFE = re.compile(
    r"\b(?:gore|gory|celebrit(?:y|ies)|beheading|nude|nudity|nsfw|porn\w*|torture|massacre)\b"
)
EMPHASIS = re.compile(
    r"\b(?:must|clearly|exactly|only|throughout|important|always|definitely|strictly|"
    r"every frame|unmistakably)\b"
)
NEGATION = re.compile(
    r"\b(?:no|not|without|never|avoid(?:ing)?|free of|nor|don['’]t|doesn['’]t|isn['’]t|aren['’]t|none of)\b"
)


def finder(pattern: str, *, plural: bool = False) -> re.Pattern[str]:
    """The pattern as whole words of a lower-case text."""
    return re.compile(rf"(?<![\w-])(?:{pattern}){'(?:s|es)?' if plural else ''}(?![\w-])")


def finders(table: dict[str, str], *, plural: bool = False) -> dict[str, re.Pattern[str]]:
    return {value: finder(pattern, plural=plural) for value, pattern in table.items()}
