"""Screens: what the person sees at one time, and the keys there."""
