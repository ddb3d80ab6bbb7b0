"""What an authority is told: the dossier, its paper, how severe it is, the register (§6)."""
