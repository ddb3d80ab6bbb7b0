#!/bin/sh
# Runs once, when PostgreSQL makes its data directory: one role per service, which makes and owns its schema and sees no other.
set -eu

make_role() {
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
        --set role="$1" --set password="$2" --set database="$POSTGRES_DB" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
GRANT CREATE, CONNECT ON DATABASE :"database" TO :"role";
SQL
}

make_role subprocessor_registry "$REGISTRY_PASSWORD"
make_role notifier "$NOTIFIER_PASSWORD"
make_role retention "$RETENTION_PASSWORD"
make_role holder "$HOLDER_PASSWORD"
make_role breach "$BREACH_PASSWORD"
make_role requests "$REQUESTS_PASSWORD"
make_role assurance "$ASSURANCE_PASSWORD"
make_role console "$CONSOLE_PASSWORD"
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --command 'REVOKE ALL ON SCHEMA public FROM PUBLIC'

# A made-up platform beside it: its owner is none of the services, and the holder may read, delete and correct contacts there, and no more.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --command 'CREATE DATABASE platform'
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname platform \
    --file /etc/dutiful/sample_platform.sql
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname platform \
    --set password="$PLATFORM_PASSWORD" <<'SQL'
CREATE ROLE platform_holder LOGIN PASSWORD :'password';
GRANT USAGE ON SCHEMA platform TO platform_holder;
GRANT SELECT, DELETE ON ALL TABLES IN SCHEMA platform TO platform_holder;
GRANT UPDATE (name, phone, email, restricted_at) ON platform.contact TO platform_holder;
SQL
