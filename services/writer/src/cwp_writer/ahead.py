"""Work done a little ahead of its use, in threads: while S3 is waited for, pages are decoded."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def each_ahead(
    work: Callable[[Item], Result], items: Iterable[Item], ahead: int
) -> Iterator[tuple[Item, "Future[Result]"]]:
    """Each item with its work, done or under way, in order; at most `ahead` are begun early."""
    with ThreadPoolExecutor(ahead) as pool:
        begun: deque[tuple[Item, Future[Result]]] = deque()
        for item in items:
            begun.append((item, pool.submit(work, item)))
            if len(begun) > ahead:
                yield begun.popleft()
        yield from begun
