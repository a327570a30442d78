#!/usr/bin/env bash
# The Swedish catalogue: gathers the texts from the code and compiles them; with --check changes nothing and fails unless
# every text in the code is translated and the compiled file is up to date. Needs gettext.
set -euo pipefail
cd "$(dirname "$0")/.."
export SECRET_KEY=${SECRET_KEY:-only-to-look-at-the-code} DB_POOL_MAX=0  # a gate brings a key of its own, long enough for its settings
command -v msgcmp >/dev/null || { echo "gettext is not installed (Debian, Ubuntu: apt install gettext)." >&2; exit 1; }
catalogue=huleedu/locale/sv/LC_MESSAGES/django

gather() { # into the catalogue below the current folder
    "$python" -W ignore manage.py makemessages --locale sv --no-obsolete --no-wrap --add-location file \
        --ignore '.*' --ignore docs --ignore '*/tests/*' --ignore e2e --verbosity 0
}

python=$PWD/.venv/bin/python
if [ "${1:-}" != --check ]; then
    mkdir -p "$(dirname "$catalogue")"
    gather
    msgfmt --check --output-file "$catalogue.mo" "$catalogue.po"
    msgfmt --statistics --output-file /dev/null "$catalogue.po"
    exit
fi

[ -f "$catalogue.po" ] || { echo "There is no $catalogue.po. Run: make messages" >&2; exit 1; }
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
tar cf - --exclude __pycache__ manage.py huleedu classes files batches templates | tar xf - -C "$copy"
# Fresh from the code, with nothing known: what the catalogue must hold.
(cd "$copy" && rm "$catalogue.po" && gather)
failed=0
msgcmp "$catalogue.po" "$copy/$catalogue.po" || { echo "Texts are missing. Run: make messages, and translate them." >&2; failed=1; }
msgfmt --check --output-file "$copy/fresh.mo" "$catalogue.po" || failed=1
diff <(msgunfmt "$copy/fresh.mo") <(msgunfmt "$catalogue.mo") >/dev/null ||
    { echo "$catalogue.mo is older than the .po file. Run: make messages" >&2; failed=1; }
exit $failed
