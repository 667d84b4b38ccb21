"""How the C library hands out memory: suited to answers of several megabytes."""

import ctypes

#: From glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGEST_ANSWER = 32 * 2**20
_KEPT_FREE = 256 * 2**20


def keep_large_buffers() -> None:
    """Let this process use the memory of one page for the next one.

    As it is, glibc takes memory for large answers from the system, and gives it back, each time;
    a page of a thousand tickets then costs ten milliseconds of page faults. Other C libraries are
    left as they are.
    """
    adjust = getattr(ctypes.CDLL(None), "mallopt", None)
    if adjust is not None:
        adjust(_M_MMAP_THRESHOLD, _LARGEST_ANSWER)
        adjust(_M_TRIM_THRESHOLD, _KEPT_FREE)
