"""What stops a verb: one clear line and its remedy, no stack trace for what a person can put right."""


class Refusal(Exception):
    """A fact that stops the verb, with the one thing to do about it."""

    exit_code = 1

    def __init__(self, fact: str, remedy: str) -> None:
        super().__init__(fact)
        self.fact = fact
        self.remedy = remedy


class Unusable(Refusal):
    """The machine lacks something the platform needs (exit code 3)."""

    exit_code = 3


class Busy(Refusal):
    """Somebody else is already doing this (exit code 4)."""

    exit_code = 4


class NotRunning(Refusal):
    """The verb needs a running platform and there is none (exit code 5)."""

    exit_code = 5


class NotAllowed(Refusal):
    """The verb is refused by rule, whoever asks (exit code 6)."""

    exit_code = 6
