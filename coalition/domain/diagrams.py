"""The table of steps as a diagram, so that what people look at is what the software does."""

from coalition.domain.reviews import STEPS
from coalition.domain.vocabulary import State


def diagram_of_states() -> str:
    """Return the states of an incident and the steps between them as a Mermaid state diagram, without a trailing line.

    Steps that lead from one state to the same other one share an arrow.
    """
    arrows: dict[tuple[State, State], list[str]] = {}
    for (before, step), leads_to in STEPS.items():
        for after in leads_to:
            arrows.setdefault((before, after), []).append(step.value)
    lines = [f"    {before.value} --> {after.value}: {', '.join(steps)}" for (before, after), steps in arrows.items()]
    return "\n".join(["stateDiagram-v2", f"    [*] --> {State.DRAFT.value}: begin", *lines])


if __name__ == "__main__":
    print(diagram_of_states())  # noqa: T201 - `make diagram` prints it
