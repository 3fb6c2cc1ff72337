# One image for web, worker and timetable; docker-compose.yml says which command each runs.

FROM node:24-slim AS assets
WORKDIR /site
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev
COPY dashboards/govuk.scss dashboards/
RUN mkdir -p dashboards/static/build && npm run build

FROM python:3.13-slim AS packages
COPY requirements/uv.txt requirements/app.txt /requirements/
COPY measurement/locale /locale
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes --requirement /requirements/uv.txt \
    && /venv/bin/uv pip install --no-cache --python /venv --require-hashes \
        --requirements /requirements/app.txt \
    && /venv/bin/pybabel compile --domain django --directory /locale \
    && /venv/bin/uv pip uninstall --python /venv babel uv

FROM python:3.13-slim
# The worker draws and prints reports with Chromium. With all that it needs, and a font of the widths
# of Arial, it is 0.55 GB, most of the image; the browser with windows would be 0.75 GB. Whatever
# Debian has is wanted: a pinned version is gone from its archive with the next security update.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends chromium-headless-shell fonts-liberation \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /site --shell /usr/sbin/nologin trialsite
WORKDIR /site
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PORT=8000
COPY --from=packages /venv /venv
COPY . .
COPY --from=packages /locale measurement/locale
COPY --from=assets /site/dashboards/static/build dashboards/static/build
# The key and the address are this step's only: at run time the environment must give its own.
RUN SECRET_KEY=only-for-collecting DATABASE_URL=postgresql:///none REDIS_URL=redis://none \
    python manage.py collectstatic --no-input --verbosity 0
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=6s --start-period=30s CMD ["python", "-m", "trialsite.probe"]
CMD ["gunicorn", "trialsite.wsgi", "--workers", "3", "--threads", "4", "--no-control-socket"]
