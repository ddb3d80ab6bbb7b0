"""§15: who is told, how, and the proof."""
