#!/usr/bin/env bash
# Every gate of `make check`, or those whose name holds the first argument. All of them run, whichever fails; what a failing
# gate says is printed.
set -uo pipefail
cd "$(dirname "$0")/.."
PATH=$PWD/.venv/bin:$PATH
# Looking at the code needs no database: one that answers "no" at once, and the settings of a real installation.
export SECRET_KEY=only-to-look-at-the-code-0123456789-abcdefghijklmnopqrstuvwxyz DB_POOL_MAX=0 PYTHONWARNINGS=ignore
export DATABASE_URL=postgres://nobody@127.0.0.1:1/none SECURE_COOKIES=1 BEHIND_TLS_PROXY=1 ALLOWED_HOSTS=huleedu.example
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=()
only=${1:-}

gate() { # gate NAME COMMAND...
    local name=$1 began=$SECONDS
    shift
    [[ $name == *"$only"* ]] || return 0
    if "$@" >"$scratch/output" 2>&1; then
        printf '  %-24s ok      %3d s\n' "$name" $((SECONDS - began))
    else
        printf '  %-24s FAILED  %3d s\n' "$name" $((SECONDS - began))
        sed 's/^/    /' "$scratch/output"
        failed+=("$name")
    fi
}

openapi() {
    python manage.py spectacular --lang en --validate --fail-on-warn --file "$scratch/openapi.yaml" &&
        { diff docs/openapi.yaml "$scratch/openapi.yaml" || { echo "docs/openapi.yaml is not up to date. Run: make schema"; false; }; }
}

types() { # the longest gate, which runs beside the others
    wait "$mypy"
    local said=$?
    cat "$scratch/types"
    return $said
}

began=$SECONDS
[[ "types (mypy --strict)" != *"$only"* ]] || { mypy . >"$scratch/types" 2>&1 & mypy=$!; }
gate "style (ruff)" ruff check .
gate "format (ruff)" ruff format --check .
gate "layers (import-linter)" lint-imports --no-logo
gate "migrations" python manage.py makemigrations --check --dry-run
gate "check --deploy" python manage.py check --deploy --fail-level WARNING
gate "OpenAPI schema" openapi
gate "event schemas" python manage.py event_schemas --check
gate "Swedish texts" bash ops/messages.sh --check
gate "docker-compose.yml" env POSTGRES_PASSWORD=x VALKEY_PASSWORD=x EMAIL_URL=consolemail:// docker-compose --env-file .env.example config --quiet
gate "types (mypy --strict)" types
if [ ${#failed[@]} -gt 0 ]; then
    printf 'make check: %d failed (%s) in %d s\n' "${#failed[@]}" "$(IFS=,; echo "${failed[*]}")" $((SECONDS - began))
    exit 1
fi
printf 'make check: all clean in %d s\n' $((SECONDS - began))
