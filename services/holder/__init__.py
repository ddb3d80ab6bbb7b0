"""The holder: carries out what is ordered on the systems that its data map names (§8.3, Appendix A)."""
