"""Drawing ids without drawing one twice."""

from random import Random


class Deck:
    """Ids of a table, drawn at random, each once unless put back."""

    def __init__(self, rng: Random, ids: list[int]) -> None:
        self._rng = rng
        self._ids = ids

    def draw(self) -> int | None:
        """An id, or None when all are drawn."""
        if not self._ids:
            return None
        place = int(self._rng.random() * len(self._ids))
        self._ids[place], self._ids[-1] = self._ids[-1], self._ids[place]
        return self._ids.pop()

    def put_back(self, row_id: int) -> None:
        """Let an id be drawn again."""
        self._ids.append(row_id)

    def look(self) -> int | None:
        """An id, which stays in the deck."""
        row_id = self.draw()
        if row_id is not None:
            self.put_back(row_id)
        return row_id
