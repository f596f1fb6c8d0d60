"""Waymark's published product: the events its services tell each other, and their envelope."""
