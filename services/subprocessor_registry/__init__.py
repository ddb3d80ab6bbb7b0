"""§4, §8.2 and Appendix B: who the sub-processors are, what changes when, and who objected."""
