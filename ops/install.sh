#!/bin/sh
# Makes .venv/ and installs the given requirement files into it. Called by the Makefile; needs Python >= 3.11 only.
#   sh ops/install.sh requirements.txt [requirements-dev.txt]
# PYTHON=/path/to/python chooses the interpreter. pip's own settings (index, certificates) are honoured.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }
new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

if ! [ -x .venv/bin/python ] || ! new_enough .venv/bin/python; then
    python=
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null && new_enough "$candidate"; then python=$candidate; break; fi
    done
    [ -n "$python" ] || fail "HuleEdu needs Python 3.11 or later, and there is none here (looked for python3, python3.11 … python3.14).
Install one (Debian, Ubuntu: apt install python3 python3-venv), or name it: make PYTHON=/path/to/python3.12"
    say "Making .venv with $("$python" --version) …"
    rm -rf .venv
    "$python" -m venv .venv || { rm -rf .venv; fail "Python's venv module is missing or incomplete.
On Debian and Ubuntu: apt install python3-venv"; }
fi

say "Installing $* …"
began=$(date +%s)
# uv installs in seconds what pip takes a minute and a half for. It reads none of pip's settings, so they are handed over.
# Where it cannot be had or fails, pip does the same work.
with_uv() {
    uv=$(sed -n 's/^\(uv==[^ ;]*\).*/\1/p' requirements-dev.txt)
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "$uv" || return 1
    settings=$(.venv/bin/python ops/pip_settings.py) || return 1
    eval "$settings"
    for file in "$@"; do set -- "$@" -r "$file"; shift; done
    .venv/bin/uv pip install --quiet --python .venv/bin/python "$@"
}
with_pip() {
    for file in "$@"; do set -- "$@" -r "$file"; shift; done
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"
}
with_uv "$@" || { say "uv did not manage; installing with pip (a minute or two) …"; with_pip "$@"; }
say "Installed in $(($(date +%s) - began)) s."
