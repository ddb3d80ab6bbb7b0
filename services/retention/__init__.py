"""§8.3 and Appendix A: what becomes of a client's data, when, at whom, and the proof."""
