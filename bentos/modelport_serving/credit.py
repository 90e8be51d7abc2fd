"""Credit: a share of the requests, the candidate's or those that are captured."""


class Credit:
    """Whose turn it is, by count and never by chance.

    Each request adds the percent in force; a hundred buys one turn. So of n requests at one
    percent exactly floor(n * percent / 100) are turns, at any n; over changes of the percent it is
    floor of the sum of what each request added, by hundred.
    """

    _PARTS = 1_000_000

    def __init__(self, percent: float) -> None:
        self.percent = percent
        # In whole millionths: sums of fractions like 0.1 would drift.
        self._parts = 0

    def turn(self) -> bool:
        """Count one request; whether it is a turn."""
        self._parts += round(self.percent * self._PARTS)
        if self._parts < 100 * self._PARTS:
            return False
        self._parts -= 100 * self._PARTS
        return True
