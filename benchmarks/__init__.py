"""How fast it is, each figure beside a raw loop in the same run: `make bench`."""
