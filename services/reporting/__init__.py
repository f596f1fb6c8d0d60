"""Figures for PCNs and regions, folded from the events of the others."""
