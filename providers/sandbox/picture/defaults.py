"""What a scene looks like where the prompt says nothing, and what stands in for an ignored instruction."""

from __future__ import annotations

COLOURS = ["red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "white"]
LIGHTS = ["day", "day", "golden", "bright"]
CAMERAS = ["static", "static", "push in", "pan right"]
OTHER_CAMERAS = ["static", "pan left", "pan right", "push in", "pull out", "tilt up", "handheld"]
MOTIONS = ["left", "right", "rises", "bounces", "still", "sways", "zigzags"]

COLOUR_OF: dict[str, list[str]] = {
    "boat": ["white", "red", "orange", "blue", "teal"],
    "bird": ["white", "grey", "black", "blue"],
    "fish": ["orange", "gold", "blue", "pink"],
    "tree": ["green", "green", "orange"],
    "lighthouse": ["red", "white"],
    "house": ["white", "orange", "red", "blue"],
    "cat": ["grey", "orange", "black", "white"],
    "fox": ["orange", "brown"],
    "cup": ["white", "teal", "red"],
    "moon": ["white", "gold"],
    "rocket": ["white", "red"],
    "lantern": ["gold", "orange"],
    "leaf": ["orange", "red", "green"],
    "star": ["gold", "yellow"],
}
COUNT_OF = {"leaf": 3, "butterfly": 2, "fish": 2}
BACKGROUND_OF: dict[str, list[str]] = {
    "boat": ["sea"],
    "lighthouse": ["sea"],
    "bird": ["sky", "sea", "mountains"],
    "fish": ["underwater"],
    "balloon": ["mountains", "field", "sky"],
    "kite": ["field", "sky", "sea"],
    "moon": ["space", "mountains", "sea"],
    "rocket": ["space", "mountains", "desert"],
    "star": ["space", "sky"],
    "car": ["street", "desert", "city"],
    "umbrella": ["street", "city"],
    "person": ["street", "field", "city"],
    "cat": ["room", "field"],
    "fox": ["forest", "snow", "field"],
    "cup": ["room"],
    "tree": ["field", "mountains"],
    "house": ["field", "mountains"],
    "flower": ["field"],
    "butterfly": ["field", "forest"],
    "lantern": ["forest", "sea", "street"],
    "leaf": ["forest", "field"],
}
MOTION_OF: dict[str, list[str]] = {
    "ball": ["bounces", "right"],
    "cube": ["spins", "still"],
    "star": ["spins", "sways"],
    "balloon": ["rises", "drifts"],
    "kite": ["sways", "zigzags"],
    "moon": ["rises", "still"],
    "rocket": ["rises"],
    "flower": ["sways"],
    "butterfly": ["zigzags"],
    "cup": ["still"],
    "lantern": ["sways", "rises"],
    "umbrella": ["drifts", "sways"],
    "leaf": ["falls", "zigzags"],
    "cat": ["drifts", "still"],
}
# These stand on the ground and move only when a prompt asks for it.
ROOTED = frozenset({"tree", "lighthouse", "house", "cup"})
MISTAKEN_FOR: dict[str, list[str]] = {
    "boat": ["house", "car"],
    "car": ["boat", "cube"],
    "bird": ["butterfly", "kite"],
    "fish": ["bird"],
    "tree": ["flower"],
    "lighthouse": ["tree", "house"],
    "house": ["lighthouse", "cube"],
    "person": ["cat", "tree"],
    "cat": ["fox"],
    "fox": ["cat"],
    "cup": ["ball"],
    "balloon": ["kite", "ball"],
    "kite": ["bird", "balloon"],
    "moon": ["ball"],
    "rocket": ["star"],
    "flower": ["tree"],
    "butterfly": ["bird"],
}
# Share of the frame's shorter side.
SCALE_OF = {
    "boat": 0.42,
    "car": 0.44,
    "bird": 0.30,
    "fish": 0.32,
    "tree": 0.60,
    "lighthouse": 0.66,
    "house": 0.50,
    "person": 0.50,
    "cat": 0.42,
    "fox": 0.44,
    "cup": 0.42,
    "balloon": 0.42,
    "kite": 0.36,
    "moon": 0.34,
    "rocket": 0.46,
    "flower": 0.52,
    "butterfly": 0.28,
    "lantern": 0.34,
    "umbrella": 0.46,
    "leaf": 0.24,
    "ball": 0.28,
    "cube": 0.34,
    "star": 0.34,
}
# The middle of the thing, from the top of the frame.
HEIGHT_OF = {
    "bird": 0.36,
    "balloon": 0.46,
    "kite": 0.34,
    "moon": 0.28,
    "rocket": 0.5,
    "star": 0.4,
    "butterfly": 0.5,
    "lantern": 0.45,
    "leaf": 0.4,
    "fish": 0.5,
    "tree": 0.52,
    "lighthouse": 0.46,
    "house": 0.56,
    "person": 0.62,
    "boat": 0.60,
    "car": 0.70,
    "cat": 0.68,
    "fox": 0.68,
    "flower": 0.62,
    "umbrella": 0.5,
    "cup": 0.64,
    "ball": 0.62,
    "cube": 0.6,
}
