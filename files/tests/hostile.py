"""A reader that obeys files which begin with `!`: the worst that a mistake in a library could let a file do."""

from __future__ import annotations

HOSTILE = """
import ctypes, os, resource, signal, socket, sys, time
from files.evidence import Document
from files.extraction import child, server
def attempt(action):
    try:
        return repr(action())
    except BaseException as error:
        return type(error).__name__ + ": " + str(getattr(error, "errno", ""))
real = child.read_document
def hostile(data, *, name, limits):
    order = data.decode(errors="replace")
    if not order.startswith("!"):
        return real(data, name=name, limits=limits)
    answer = eval(compile(order[1:], "order", "eval"), globals())
    return Document("txt", answer if isinstance(answer, str) else repr(answer))
child.read_document = hostile
server.main()
"""
