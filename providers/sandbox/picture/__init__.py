"""From a prompt to a clip: what it says, what of it is obeyed, and the drawing of it."""
