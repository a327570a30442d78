"""Reading essay files. Pure: bytes in, a document out; the readers run only in the child process of `files.sandbox`.

Nothing is imported here, so that a web process that needs a limit or a cleaned string loads no parser.
"""
