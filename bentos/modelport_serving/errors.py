"""Start errors: why a service refuses to start, as one sentence for the operator."""


class StartError(Exception):
    """The service cannot be started; the text says what to set or to rebuild."""
