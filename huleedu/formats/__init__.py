"""How days and times are written, a module for each language (FORMAT_MODULE_PATH).

Templates and code name a format, e.g. `{{ moment|date:"DAY_TIME" }}`; only these modules know its letters.
"""
