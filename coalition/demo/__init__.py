"""A demo coalition: invented organisations, people and incidents, the same ones again for the same seed.

Nothing here happened and nobody named here exists. The texts are respectful of victims, because people who
know the subject look at them, and keep the rules of real public descriptions, because the demo shows them.
"""

from coalition.demo.generation import generate
from coalition.demo.model import (
    DemoAccount,
    DemoCoalition,
    DemoDecision,
    DemoIncident,
    DemoMessage,
    DemoOrganisation,
)

__all__ = [
    "DemoAccount",
    "DemoCoalition",
    "DemoDecision",
    "DemoIncident",
    "DemoMessage",
    "DemoOrganisation",
    "generate",
]
