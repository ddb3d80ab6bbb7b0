# One image for every service: `docker run dutiful run notifier`.

# The base has a fixed tag; whoever builds for an installation pins what is behind it, by the digest that their registry gives:
# `docker build --build-arg BASE=$(deploy/pin-base.sh) .`
ARG BASE=python:3.11.14-slim-bookworm

FROM ${BASE} AS build
WORKDIR /src

# The one lock file holds what tests and laptops need too. Every wheel of it is downloaded against its hash; the install
# below then resolves what `dutiful` itself requires out of these files alone, with no network: nothing that isn't in
# the lock can come in, nothing that a service doesn't need goes into the image, and there is no second lock to keep.
COPY requirements.lock .
RUN pip download --no-cache-dir --disable-pip-version-check --require-hashes --no-deps --only-binary :all: \
        --dest /wheels --requirement requirements.lock

COPY pyproject.toml README.md ./
COPY libs libs
COPY services services
RUN python -m venv /opt/dutiful \
    && /opt/dutiful/bin/pip install --no-cache-dir --disable-pip-version-check --no-index --find-links /wheels . \
    && /opt/dutiful/bin/pip uninstall --quiet --yes pip setuptools


FROM ${BASE}

# Two places may be written to: /var/lib/dutiful, where only `dutiful token`, `dutiful certificate key` and `dutiful evidence key` write, and
# /var/lib/dutiful-packages, for a holder's return packages. The rest of the file system can be mounted read-only. A named
# volume on either takes over its owner.
RUN useradd --system --uid 10001 --home-dir /var/lib/dutiful --create-home dutiful \
    && install --directory --owner dutiful --mode 0700 /var/lib/dutiful-packages
COPY --from=build /opt/dutiful /opt/dutiful
COPY agreements /etc/dutiful/agreements

ENV PATH=/opt/dutiful/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DUTIFUL_AGREEMENT=/etc/dutiful/agreements/quicktalk.toml \
    DUTIFUL_HOST=0.0.0.0 \
    DUTIFUL_PORT=8080
USER 10001
WORKDIR /var/lib/dutiful
EXPOSE 8080

# Ready is: the database, the broker and the relay answer.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['DUTIFUL_PORT']}/health/ready\", timeout=4)"]

# SIGTERM stops a service in order; allow it its DUTIFUL_STOP_WITHIN and a little more.
STOPSIGNAL SIGTERM
ENTRYPOINT ["dutiful"]
CMD ["--help"]
