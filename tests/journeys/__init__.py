"""Journeys: real people's work in a real browser against the real command."""
