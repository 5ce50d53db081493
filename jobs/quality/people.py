"""Whether a shot's words ask for a face that the checks can look for.

True is said only of people whose face must be seen from the front: what follows from it is grave. People seen
from behind, far away, masked, drawn or in a crowd have faces that a detector of frontal faces does not find.
"""

from __future__ import annotations

import re

from jobs.quality.phrases import asked, clauses, denied, refused, words_of

PERSON = (
    r"wom[ae]n|m[ae]n|girls?|boys?|lady|ladies|gentlem[ae]n|gu(?:y|ys)|child|children|kids?|toddlers?"
    r"|bab(?:y|ies)|teenagers?|teens?|adults?|person|persons|humans?|human being|grandmother|grandfather"
    r"|grandma|grandpa|mother|father|mom|dad|mum|daughter|son|sisters?|brothers?|wife|husband|bride|groom"
    r"|couple|friends|twins|elder|elderly|actor|actress|models? (?:poses|walks|turns|smiles)|fashion model"
    r"|danc(?:er|ers)|ballerina|singers?|musicians?|guitarist|pianist|violinist|chef|baker|barista|waiter"
    r"|waitress|doctor|nurse|teacher|student|scientist|artist|painter|farmer|fisherm[ae]n|sailor"
    r"|policem[ae]n|businessm[ae]n|businesswom[ae]n|presenter|anchor(?:man|woman)|news ?reader|reporter"
    r"|journalist|boxer|king(?! of)|queen|prince|princess|monk|nun|priest|shaman|wizard|witch|detective"
    r"|clown|carpenter|blacksmith|mechanic|gardener|photographer|influencer|lawyer"
)
_FACE = (
    r"(?:her|his|their|human|smiling|laughing|crying|weathered|wrinkled|young|old) faces?|talking head"
    r"|selfie|headshot|(?:one|a|the|two|single) (?:clear |visible |steady )*faces?(?! of\b)"
    r"|portraits?(?! (?:orientation|format|mode|aspect|ratio|shape))|close-?up (?:of|on) (?:a|the|her|his"
    r"|their) face|face (?:is |stays |remains |must be )?(?:clearly )?visible"
)
_FACE_SPOKEN_OF = words_of(
    rf"{_FACE}|(?:extreme |medium )?close-?ups?|looks? (?:straight |directly |up )?(?:at|into|to) (?:the )?"
    r"(?:camera|lens)|facing the camera|to camera|smil(?:es|ing)|laugh(?:s|ing)|cries|crying|sings|singing"
    r"|speaks|speaking|talks|talking|whispers|blinks|winks|frowns|grins|expression|lip[- ]sync(?:ed|hed)?"
)
_SOMEBODY = words_of(rf"{PERSON}|{_FACE}")
_SOME = (
    r"people|crowds?|audience|passers?-?by|pedestrians?|commuters|figures?|silhouettes?|someone|somebody"
    r"|they|family|team|group|hands?|fingers?|arms?|feet|legs|astronaut|diver|knight|driver|pilot|rider"
    r"|runners?|swimmers?|skaters?|skateboarders?|surfers?|climbers?|hikers?|cyclists?|athletes?|soldiers?"
    r"|customers?|tourists?|travell?ers?|workers?|warriors?|samurai|cowboys?|character|hero|protagonist"
)
_UNNAMED = words_of(_SOME)
# An animal may be a she as well.
_SPOKEN_OF = words_of(r"she|he|her|his")
# Things that bear a person's name, and pictures of people.
_NO_PERSON = words_of(
    r"no man's land|man-?made|manhole|snowm[ae]n|human-?(?:like|sized?)|fisherman's (?:hut|boat|net)"
    r"|(?:rock|cliff|clock|watch|moon|mountain|wall|dice|north|south|east|west)(?:'s)? face|face of (?:a"
    r"|the) (?:rock|cliff|clock|watch|moon|mountain|building|wall|earth|dice)|(?:statues?|sculptures?"
    r"|busts?|paintings?|posters?|photos?|photographs?|drawings?|figurines?|dolls?|puppets?|mannequins?"
    r"|shadows?|reflections?|silhouettes?) of (?:a |an |the |two |three )?(?:[\w-]+ ){0,2}(?:"
    + PERSON
    + r")|portrait of (?:a|an|the|my|two) (?:[\w-]+ ){0,2}(?:robot|city|house|landscape)"
)
_ANIMAL_AS_PERSON = words_of(
    r"baby (?:elephants?|animals?|birds?|cats?|dogs?|goats?|bears?|seals?|ducks?|turtles?|penguins?"
    r"|pandas?|foxes|fox)|(?:cat|dog|lion|tiger|horse|animal|pet|bird|owl|fox|wolf)(?:'s)? (?:face"
    r"|portrait)|portrait of (?:a|an|the|my|two) (?:[\w-]+ ){0,2}(?:cat|dog|lion|tiger|horse|bird|owl|fox"
    r"|wolf|bear|animal|parrot|monkey|gorilla|frog)|king (?:penguin|crab|cobra)|queen bee|worker bee"
)
# Their hands, shadow or coat may be all that is seen.
_PART_OF = words_of(
    rf"(?:(?:{PERSON}|her|his|their|someone|somebody|person)(?:'s|s')?) "
    r"(?:[\w-]+ )?(?:hands?|fingers?|feet|foot|legs?|shoes?|boots?|arms?|back|shadow|silhouette|eyes?|lips"
    r"|hair|coat|footsteps)"
)
_FACE_UNSEEN = words_of(
    r"(?:seen |viewed |shot |filmed |view |shown )?(?:from|in the) (?:behind|the back|the rear|far away"
    r"|afar|a (?:great )?distance|above|overhead|the side|distance|the air|a drone)|far away"
    r"|back (?:turned )?(?:to|towards?) (?:the )?(?:camera|us|viewer)|over[- ]the[- ]shoulder|facing away"
    r"|turned away|walks? away|walking away|in profile|side profile|profile (?:shot|view)|silhouettes?"
    r"|silhouetted|backlit silhouette|faceless|(?:face|faces) (?:is |are |stays? |remains? )?(?:not "
    r"|never |un)(?:be )?(?:seen|visible|shown)|(?:face|faces) (?:is |are )?(?:hidden|covered|obscured"
    r"|out of frame|in shadow|turned away)|(?:hides?|covers?|hiding|covering) (?:her|his|their|the) face"
    r"|masks?|masked|helmet|helmeted|visor|veil|veiled|hooded|balaclava|gas mask|tiny figure|small figure"
    r"|aerial|bird's[- ]eye|drone (?:shot|view|footage)|top-?down|point of view|first[- ]person|pov"
    r"|extreme wide shot|very wide shot|establishing shot|cartoon|anime|claymation|stop[- ]motion"
    r"|pixel art|puppets?|lego|toy|line drawing|watercolou?r|comic|2d animation|animated|underwater"
    r"|neck down|waist down|close-?up (?:of|on) (?:a |an |the |her |his |their |two "
    r"|old )*(?:[\w'-]+ )?(?:hands?|fingers?|feet|eyes?|lips|mouth|shoes)"
)
# Nobody else is not nobody.
_OTHERS = words_of(
    r"other|else|extra|additional|more|second|another|new|further|in (?:the )?background|(?:behind"
    r"|around) (?:her|him|them)"
)
_ABOUT = 24
_ANYBODY = words_of(rf"{PERSON}|people|anyone|anybody|faces?|crowds?|pedestrians?")
_NOBODY = words_of(
    r"no[- ]one(?! else)|nobody(?! else)|unpeopled|uninhabited|people-free|devoid of (?:people|life)"
    r"|empty of people|(?:empty|deserted|abandoned|desolate|unpopulated) (?:[\w-]+ ){0,2}(?:streets?|beach"
    r"|room|road|city|town|village|square|hall|house|station|platform|corridor|landscape|plaza|alley"
    r"|highway|park|office|kitchen|stage|theatre|theater|desert)"
)
_ANIMAL = words_of(
    r"animals?|cats?|kittens?|dogs?|pupp(?:y|ies)|horses?|birds?|gulls?|seagulls?|swans?|ducks?|owls?"
    r"|eagles?|fish|fishes|whales?|dolphins?|sharks?|foxes|fox|wol(?:f|ves)|bears?|lions?|tigers?"
    r"|elephants?|giraffes?|zebras?|monkeys?|gorillas?|deer|rabbits?|mice|mouse|squirrels?|hedgehogs?"
    r"|butterfl(?:y|ies)|bees?|beetles?|ants?|spiders?|frogs?|turtles?|snakes?|lizards?|cows?|sheep|goats?"
    r"|pigs?|chickens?|penguins?|seals?|otters?|octopus|jellyfish|parrots?|pandas?|koalas?"
)
_FACES = words_of(r"faces?")
_NEGATIVE_ITEMS = re.compile(
    r"(?:any |all |no )?(?:people|persons?|humans?|human figures?|human faces?|faces?)"
)


def person_wanted(text: str, negative_prompt: str = "") -> bool | None:
    """True when a face must be seen, False when nobody is wanted, None when the words leave it open."""
    plain = "\n".join(
        _NO_PERSON.sub("thing", _ANIMAL_AS_PERSON.sub("animal", clause)) for clause in clauses(text)
    )
    whole = _PART_OF.sub("hand", plain)
    if asked(_SOMEBODY, whole):
        return None if asked(_FACE_UNSEEN, plain) or refused(_FACES, plain) else True
    if asked(_UNNAMED, whole):
        return None
    if asked(_ANIMAL, plain) or _nobody(plain):
        return False
    return False if _unwanted(negative_prompt) and not asked(_SPOKEN_OF, plain) else None


def asks_for_a_face(text: str) -> bool:
    """Whether a person's face itself is spoken of, so that it has to be large enough to be found.

    Who only walks through a scene may be small, or seen from the side, and is no fault without a face.
    """
    return person_wanted(text) is True and asked(_FACE_SPOKEN_OF, "\n".join(clauses(text)))


def _nobody(plain: str) -> bool:
    """Whether the words want nobody at all, not only nobody else."""
    if asked(_NOBODY, plain):
        return True
    return any(
        denied(clause, match.start())
        and not _OTHERS.search(clause[max(0, match.start() - _ABOUT) : match.end() + _ABOUT])
        for clause in clauses(plain)
        for match in _ANYBODY.finditer(clause)
    )


def _unwanted(negative_prompt: str) -> bool:
    items = re.split(r"[,;.\n|]+", negative_prompt.lower())
    return any(_NEGATIVE_ITEMS.fullmatch(item.strip()) for item in items)
