"""What reviewers call a fault, and the plain sentence that asks for its absence.

Reviewers write what they saw ("jerky", "goes black halfway"). A video model draws what it reads, so a fault
is answered with what should be there instead of it.
"""

from __future__ import annotations

import re

# Faults of the whole clip: the remedy's name, what reviewers call it, and terms for a negative prompt.
CLIP_FAULTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "lively",
        r"nothing (?:really |much |ever )?(?:happens|is happening|going on|moves?|is moving|changes)|"
        r"(?:no|not any|hardly any|barely any|not enough|too little|lack of) (?:motion|movement|"
        r"action|animation)|"
        r"(?:it )?(?:is not|does not|not|never|hardly|barely) (?:mov(?:e|es|ing)|"
        r"animated)(?: at all)?|"
        r"(?:just |only |basically |like )?(?:a )?(?:still|static) (?:image|picture|photo|frame)|boring|"
        r"like a (?:photo|slide ?show|picture|still)|slide ?show|static|lifeless|dead|(?:is )?just a "
        r"(?:photo|still)",
        (),
    ),
    (
        "smooth",
        r"jerk(?:y|s|ing|ily|iness)?|chopp(?:y|iness)|stutter(?:s|ing|y|ed)?|jump(?:y|iness)|"
        r"jitter(?:s|y|ing)?|"
        r"judder(?:s|ing|y)?|lag(?:s|gy|ging)?|jank(?:y)?|twitch(?:y|es|ing)?|not (?:very |really )?smooth|"
        r"(?:skips?|skipp(?:y|ing)|drops?|dropped|missing)(?: frames?)?|frame ?drops?|low (?:fps|"
        r"frame ?rate)|"
        r"hiccups?|hitch(?:es|ing)?|robotic|stop[- ](?:start|motion)[- ]?y?|stiff|abrupt|uneven",
        ("jerky motion", "stutter"),
    ),
    (
        "going",
        r"frozen?|freez(?:e|es|ing|ed)?|stuck|(?:gets?|got) stuck|stop(?:s|ped)?(?: moving| dead)?|"
        r"stands? still|"
        r"hangs?|paus(?:e|es|ed|ing)|stall(?:s|ed)?|goes still|(?:comes?|came) to a (?:stop|halt)|"
        r"halts?|ends? (?:too )?(?:abruptly|suddenly)|"
        r"freeze[- ]?frames?|(?:motion|movement) (?:stops|dies|ends)",
        ("freezing frames",),
    ),
    (
        "steady light",
        r"flicker(?:s|ing|y|ed)?|flash(?:es|ing|ed|y)?(?: lights?)?|strob(?:e|es|ing|y)|shimmer(?:s|ing)?|"
        r"blink(?:s|ing)?|puls(?:es|ing|ates|ating)|(?:the )?(?:light|lights|lighting|brightness|"
        r"exposure|colou?rs?) "
        r"(?:keeps? )?(?:flickers?|flickering|flash(?:es)?|puls(?:es|ing)|jumps?|pumps?|chang(?:es|"
        r"ing)|shifts?)",
        ("flicker", "strobing"),
    ),
    (
        "visible",
        r"(?:goes|went|go|turns?|turned|gets|fad(?:es|ed)(?: out)?(?: to)?|cuts?(?: to)?|becomes) "
        r"(?:all |completely "
        r"|totally )?(?:black|dark|blank|white)|(?:black|dark|blank|empty|white|grey|gray|green) "
        r"(?:frames?|screen)|"
        r"blacks? out|black ?outs?|all black|blank",
        ("black frames",),
    ),
    (
        "one take",
        r"(?:jump|hard|sudden|scene|bad|weird)[ -]?cuts?|cuts? to (?:another|a different|some other) .{2,40}|"
        r"(?:scene|shot) chang(?:es?|ing)|chang(?:es?|ing) (?:scenes?|shots?|places?|locations?)|cuts?|"
        r"(?:looks? )?like two (?:different )?(?:clips|shots|videos)",
        ("cuts",),
    ),
    (
        "present",
        r"(?:things?|objects?|stuff|parts) (?:keep )?(?:pop|appear|disappear|vanish|teleport|jump)\w*.{0,30}|"
        r"(?:pop|pops|popping)(?: in| out| up)?(?: and out)?|teleport(?:s|ing)?|disappear(?:s|ing)?|"
        r"vanish(?:es)?|"
        r"jump(?:s|ing)?(?: around| about)?",
        ("objects popping in and out",),
    ),
    (
        "solid",
        r"(?:things?|objects?|shapes?|stuff|edges|details) (?:keep )?(?:melt|warp|morph|deform|"
        r"distort|bend|stretch)"
        r"\w*.{0,20}|melt(?:s|ing|ed|y)?|warp(?:s|ed|ing|y)?|morph(?:s|ed|ing)?|deform(?:s|ed|ing)?|"
        r"distort(?:s|ed|ions?)?|stretch(?:es|ed)|glitch(?:y|es|ing)?|arti?e?facts?|mush(?:y)?|wobbly shapes",
        ("warping", "melting", "deformed shapes"),
    ),
    ("same", r"inconsistent|keeps changing|(?:not|never) consistent|no consistency|changes style", ()),
    (
        "physics",
        r"(?:physics|gravity) (?:is |are |looks? |feels? )?(?:wrong|off|broken|weird|impossible)|"
        r"(?:no|bad|broken|wrong|weird|impossible) (?:physics|gravity)|defies (?:physics|gravity)",
        (),
    ),
    (
        "framed",
        r"cut[ -]?off|cropp?ed(?: out| off)?|out of (?:the )?frame|off[ -]?(?:screen|frame)|half "
        r"(?:cut|out)(?: .{2,20})?",
        (),
    ),
)
# Faults that are the wrong end of a scale of the picture: the scale, the end that is wanted, the words.
LOOK_FAULTS: tuple[tuple[str, str, str], ...] = (
    (
        "sharpness",
        "sharp",
        r"blurr?(?:y|ed|s|iness)?|blury|out[ -]of[ -]focus|un-?focus+ed|not (?:in focus|sharp|crisp|"
        r"focus+ed)|"
        r"soft(?: focus)?|fuzzy|unsharp|hazy|defocus\w*|(?:loses|lost|no) focus|focus (?:is )?(?:off|"
        r"wrong|lost|"
        r"drifts|hunts|missing)|pixel(?:ated|y|ly)|low[ -]?(?:res(?:olution)?|quality)|blocky|"
        r"smear(?:y|ed)|smudg\w+",
    ),
    ("grain", "clean", r"grain(?:y)?|nois(?:e|y)|speckl\w+|(?:digital|image|video) noise"),
    (
        "steadiness",
        "steady",
        r"(?:camera )?(?:is )?(?:shak(?:y|es|ing|e)|wobbl\w+|unsteady|bumpy|trembl\w+|jitter\w*|all "
        r"over the place)|"
        r"shaky ?cam(?:era)?|camera (?:shakes?|bounces|jumps|jerks)(?: around)?|handheld",
    ),
    (
        "saturation",
        "muted",
        r"over-? ?saturated|garish|neon|(?:colou?rs )?(?:too colou?rful|too strong|crazy colou?rs)",
    ),
    (
        "saturation",
        "vivid",
        r"wash(?:ed)?[ -]?out|(?:dull|drab|faded|pale|flat|desaturated|lifeless|no|grey|gray)(?: colou?rs?)|"
        r"dull|drab|faded|desaturated|colou?rless|(?:colou?rs )(?:are )?(?:dull|drab|faded|pale|flat)",
    ),
    (
        "brightness",
        "bright",
        r"(?:dark|dim|gloomy|murky)|under-? ?exposed|(?:badly|poorly) lit|"
        r"(?:i |you )?(?:cannot|can not|could not) see (?:anything|a thing|much|shit)|hard to see",
    ),
    (
        "brightness",
        "even",
        r"over-? ?exposed|blown[ -]?out|burn(?:t|ed)[ -]?out|glaring|too much light|"
        r"highlights (?:are )?(?:blown|clipped|burnt|gone).{0,8}|(?:sky|window) is (?:blown[ -]?out|white)",
    ),
    ("contrast", "low", r"harsh(?: light(?:ing)?| shadows?| contrast)?|hard shadows?"),
    (
        "realism",
        "real",
        r"fake|artificial|plastic(?:k?y)?|cgi|cartoon(?:y|ish)|unreal(?:istic)?|synthetic|waxy|unnatural|"
        r"(?:obvious(?:ly)? )?ai(?:[ -]?(?:looking|ish|generated|slop))?|uncanny(?: valley)?|"
        r"computer[ -]generated|"
        r"not (?:very )?(?:real(?:istic)?|natural|believable|convincing)|"
        r"like (?:ai|cgi|plastic|an? (?:cartoon|video ?game|game|toy|3d render|render))|video ?gam(?:e|ey)",
    ),
    (
        "clutter",
        "simple",
        r"clutter(?:ed|y)?|crowded|chaotic|messy|busy|(?:too much|so much|lot) (?:going on|stuff|"
        r"happening|in (?:the )?"
        r"frame)|too many (?:things|objects|elements|details)|overloaded",
    ),
    ("warmth", "cool", r"(?:yellow|orange)(?:ish|y)?(?: cast| tint| tone)|yellowish|orangey"),
    ("warmth", "warm", r"(?:blue|cold|green)(?:ish)?(?: cast| tint| tone)|bluish"),
    ("speed", "slow", r"fast|rushed|hectic|frantic|hurried|(?:sped|speeded)[ -]up|fast[ -]forward(?:ed)?"),
    ("speed", "fast", r"slow|sluggish|drags(?: on)?"),
    ("distance", "wide", r"(?:too )(?:close|near)(?: up)?|too zoomed in|zoomed in too (?:much|far)"),
    ("distance", "close", r"(?:too )(?:far|distant)(?: away| off| back)?|far away|too zoomed out"),
)
# Faults of one thing: the name of the fault in `statements.FAULTS`, its verbs and adjectives, negative terms.
THING_FAULTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "look",
        r"chang(?:es|ing|ed)(?: (?:its |his |her |their )?(?:colou?rs?|shape|clothes|size|look|looks|"
        r"halfway|suddenly|"
        r"identity|form|face|style|into .{2,40}))?|"
        r"(?:turn|morph|transform|mutat|chang)(?:s|es|ed|ing)? (?:in)?to .{2,40}|becomes? (?:an? )?.{2,40}|"
        r"turns? (?:red|blue|green|yellow|orange|purple|pink|brown|black|white|grey|gray|gold)|"
        r"swap(?:s|ping)? .{1,30}|"
        r"(?:different|not the same|inconsistent)(?: .{2,30})?|transforms?",
        (),
    ),
    (
        "shape",
        r"melt(?:s|ing|ed)?|warp(?:s|ing|ed|y)?|morph(?:s|ing|ed)?|distort(?:s|ed|ing)?|deform(?:s|ed|ing)?|"
        r"bend(?:s|ing)?|stretch(?:es|ing|ed)?|dissolv(?:es|ing)|merg(?:es|ing)|fus(?:es|ing)|"
        r"mangled|malformed|"
        r"misshapen|twisted|mutat(?:es|ed|ing)|blobb?y|mushy|lumpy|squash(?:es|ed)|collapses|falls? apart",
        ("melting", "warping", "deformed shapes"),
    ),
    (
        "presence",
        r"disappear(?:s|ing|ed)?|vanish(?:es|ing|ed)?|pop(?:s|ping) (?:in|out|up)(?: and out)?|fad(?:es|"
        r"ing) (?:out|away|in)|appear(?:s|ing) (?:out of nowhere|suddenly)|com(?:es|ing) and go(?:es|ing)?|"
        r"(?:is |are )?(?:suddenly )gone|blink(?:s|ing) (?:in and )?out",
        ("objects popping in and out",),
    ),
    (
        "path",
        r"teleport(?:s|ing|ed)?|jump(?:s|ing|ed)?(?: (?:around|about|suddenly|back|ahead|forward|"
        r"sideways|(?:to|from|"
        r"into) .{2,40}))?|skip(?:s|ping)|snap(?:s|ping)?(?: .{2,20})?",
        ("sudden jumps",),
    ),
    (
        "framed",
        r"cut[ -]?off|cropp?ed(?: out| off)?|half (?:cut|out|visible|cropped)(?: off| of frame)?|"
        r"only (?:half|partly) visible|"
        r"out of (?:the )?(?:frame|shot|picture|view)|"
        r"(?:leav(?:es|ing)|exit(?:s|ing)?|(?:go|walk|run|mov|drift|fly|fli|sail|slid)(?:e?s|es|"
        r"ing)? out of) "
        r"(?:the )?(?:frame|shot|picture|view|screen)|off[ -]?(?:screen|frame|camera)|not fully "
        r"(?:visible|in (?:the )?"
        r"(?:frame|shot))|(?:goes|runs|drifts|moves) off[ -]?(?:screen|frame)?",
        (),
    ),
    (
        "steady",
        r"flicker(?:s|ing|y)?|jitter(?:s|ing|y)?|shimmer(?:s|ing)?|strob(?:es|ing)|wobbl(?:es|ing|y)|"
        r"flash(?:es|ing)|"
        r"vibrat(?:es|ing)|shak(?:es|ing|y)|trembl(?:es|ing)|blink(?:s|ing)",
        ("flicker",),
    ),
    (
        "contact",
        r"clip(?:s|ping) (?:through|into) .{1,40}|pass(?:es|ing)? through .{1,40}|go(?:es|ing) "
        r"through .{1,40}|"
        r"float(?:s|ing) (?:above|over|in the air).{0,30}|slid(?:es|ing) (?:over|on) .{1,40}|"
        r"(?:walks?|drives?|runs?) through .{1,40}",
        ("objects passing through each other",),
    ),
    (
        "smooth",
        r"jerk(?:s|y|ing)?|stutter(?:s|ing|y)?|chopp?y|jump(?:y)|lag(?:s|gy|ging)?|twitch(?:es|ing|"
        r"y)?|jank(?:y)",
        (),
    ),
    (
        "focus",
        r"blurr?(?:y|ed|s)|out of focus|fuzzy|unsharp|not (?:sharp|in focus)|pixelated|smeared|smudged",
        ("blur",),
    ),
    (
        "natural",
        r"(?:so |very |really |too |a bit |kind of |all |totally |completely |just )?(?:weird|wrong|"
        r"strange|ugly|broken|"
        r"unnatural|awkward|off|bad|odd|creepy|terrible|horrible|awful|glitchy|unrealistic|fake|"
        r"plastic|plasticky|artificial|"
        r"cartoonish|cartoony|waxy|rubbery|cgi|unreal|lifeless|wooden|stiff|robotic|dead|scary|"
        r"disgusting|nightmarish|"
        r"not (?:right|natural|real|realistic|good|ok|okay|correct|convincing))",
        (),
    ),
)
# "The boat is frozen" is answered with what the boat does.
STILL_WORDS = re.compile(
    r"(?:is |are |was |gets? |stays? |remains? |looks? |stands? |just |completely |totally |suddenly "
    r"|keeps )*"
    r"(?:frozen|freez(?:es|e|ing)|stuck|stops?(?: moving| dead| suddenly)?|stopped(?: moving)?|"
    r"stopping|static|"
    r"still|standing still|motionless|not (?:moving|animated)|stays? in place|sits? there|stalls?|hangs)",
    re.IGNORECASE,
)
TOO_LONG_OR_SHORT = re.compile(
    r"(?:(?:it|this|the (?:clip|video|shot|length|duration)|clip|video|duration|length) )?(?:is |are "
    r"|feels |runs |lasts )?"
    r"(?:a bit |a little |much |way |far |slightly )?(?:too (?:short|long)|not long enough|(?:ends|"
    r"over|finishes) too "
    r"(?:soon|early|quickly|abruptly)|shorter|longer)(?: (?:clip|video|shot|please))?|"
    r"(?:make it |should be |needs to be )(?:a bit |a little |much )?(?:longer|shorter)",
    re.IGNORECASE,
)
WRONG_SHAPE = re.compile(
    r"(?:wrong (?:aspect(?: ratio)?|format|orientation|resolution)|(?:should be|make it|needs to be|"
    r"i (?:wanted|asked for)) "
    r"(?:vertical|horizontal|portrait|landscape|square|16:9|9:16|1:1|4k|1080p|720p))",
    re.IGNORECASE,
)
# Words that tell a complaint from a wish where no pattern understood the sentence.
NEGATIVE = frozenset(
    [
        "awkward",
        "awful",
        "bad",
        "boring",
        "broken",
        "bizarre",
        "cheap",
        "cheesy",
        "clumsy",
        "confusing",
        "creepy",
        "cringe",
        "crooked",
        "dead",
        "disturbing",
        "dirty",
        "disappointing",
        "distracting",
        "distorted",
        "dodgy",
        "dreadful",
        "drunk",
        "dumb",
        "empty",
        "error",
        "fail",
        "fails",
        "failed",
        "fake",
        "fault",
        "flawed",
        "flimsy",
        "floppy",
        "foggy",
        "ghostly",
        "glitch",
        "goofy",
        "gross",
        "hate",
        "hideous",
        "horrible",
        "impossible",
        "inaccurate",
        "incorrect",
        "irritating",
        "lame",
        "lazy",
        "lifeless",
        "lonely",
        "lopsided",
        "lost",
        "mess",
        "messed",
        "mistake",
        "nasty",
        "nonsense",
        "odd",
        "off",
        "pointless",
        "poor",
        "problem",
        "random",
        "ridiculous",
        "robotic",
        "ruined",
        "sad",
        "scary",
        "sick",
        "silly",
        "sloppy",
        "soulless",
        "spooky",
        "stiff",
        "strange",
        "stupid",
        "sucks",
        "terrible",
        "tilted",
        "tired",
        "ugly",
        "unclear",
        "uncomfortable",
        "uneven",
        "unfinished",
        "unnatural",
        "unpleasant",
        "unwanted",
        "useless",
        "vague",
        "weak",
        "weird",
        "wonky",
        "worse",
        "worst",
        "wrong",
        "yuck",
        "annoying",
        "amateurish",
        "clunky",
        "crappy",
        "crap",
        "dull",
        "floaty",
        "hollow",
        "jarring",
        "sleepy",
        "unbalanced",
        "weightless",
        "zombie",
    ]
)
POSITIVE = frozenset(
    [
        "good",
        "great",
        "nice",
        "lovely",
        "beautiful",
        "perfect",
        "love",
        "like",
        "likes",
        "fine",
        "excellent",
        "amazing",
        "awesome",
        "cool",
        "gorgeous",
        "best",
        "better",
        "fun",
        "well",
        "right",
        "correct",
        "natural",
        "real",
        "realistic",
    ]
)
TYPOS: dict[str, str] = {
    slip: right
    for right, slips in (
        ("the", "teh hte"),
        ("and", "adn nad"),
        ("camera", "camra camrea cam"),
        ("video", "vid"),
        ("background", "bg backround"),
        ("should", "shoud shuold shld shud"),
        ("weird", "wierd"),
        ("blurry", "blury blurrry"),
        ("flickers", "flikers flickrs"),
        ("flickering", "flikering"),
        ("flicker", "flickr"),
        ("disappears", "dissapears disapears dissappears"),
        ("disappear", "dissapear disapear"),
        ("a lot", "alot"),
        ("moving", "moveing"),
        ("freezes", "freezs freezez"),
        ("frozen", "frozed froozen froze"),
        ("wrong", "wrng"),
        ("colour", "colur colr coler"),
        ("jerky", "jurky jerkey"),
        ("choppy", "choppey"),
        ("shaky", "shakey"),
        ("watermark", "watermak"),
        ("is not", "isnt"),
        ("are not", "arent"),
        ("was not", "wasnt"),
        ("were not", "werent"),
        ("did not", "didnt"),
        ("does not", "dosnt dosent doesnt"),
        ("do not", "dont"),
        ("cannot", "cant"),
        ("will not", "wont"),
        ("should not", "shouldnt"),
        ("there is", "theres"),
        ("it is", "its"),
        ("where is", "wheres"),
        ("there", "ther"),
        ("too", "tooo toooo"),
        ("their", "thier"),
        ("because", "becuase"),
        ("you", "u"),
    )
    for slip in slips.split()
}
