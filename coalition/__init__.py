"""The working year of a hate-crime monitoring coalition, from first report to published summary."""

__version__ = "0.1.0"
