#!/bin/sh
# What a container of the image runs: web, ws, worker, beat, migrate, or any management command.
set -eu
cd /app
if [ -n "${PROMETHEUS_MULTIPROC_DIR:-}" ]; then
    mkdir -p "$PROMETHEUS_MULTIPROC_DIR"
    rm -f "$PROMETHEUS_MULTIPROC_DIR"/*.db
fi
command=${1:-web}
case $command in
web)
    exec granian --interface wsgi --host 0.0.0.0 --port 8000 --workers "${WEB_PROCESSES:-2}" \
        --blocking-threads "${WEB_THREADS:-8}" --no-ws huleedu.wsgi:application
    ;;
ws)
    exec uvicorn huleedu.asgi:application --host 0.0.0.0 --port 8000 --no-access-log --log-level warning \
        --ws-max-size 65536 --timeout-graceful-shutdown 10
    ;;
worker)
    exec celery -A huleedu worker --loglevel WARNING --concurrency "${WORKERS:-2}" --without-mingle --without-gossip
    ;;
beat)
    exec celery -A huleedu beat --loglevel WARNING --schedule /tmp/beat-schedule --pidfile ""
    ;;
*)
    exec python manage.py "$@"
    ;;
esac
