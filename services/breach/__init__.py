"""Personal data breaches (§6): clocks, who is affected and told, what is done, the dossier, the register."""
