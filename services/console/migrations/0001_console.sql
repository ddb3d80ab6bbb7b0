-- The record of evidence: one chain per client, one for what concerns all, and whose a matter is.

CREATE TABLE begun (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    begun_at timestamptz NOT NULL              -- from here on the record is complete
);

CREATE TABLE chain (
    chain             text PRIMARY KEY,        -- `client/ID`, or `all`
    seq               bigint NOT NULL DEFAULT 0,
    hash              text NOT NULL,           -- of the last entry, in hexadecimal
    sealed_seq        bigint NOT NULL DEFAULT 0,
    agreement_id      text,                    -- what the client signed
    agreement_version text
);
CREATE INDEX chain_unsealed ON chain (chain) WHERE seq > sealed_seq;

CREATE TABLE entry (
    chain       text NOT NULL,
    seq         bigint NOT NULL CHECK (seq > 0),
    hash        text NOT NULL,                 -- of the hash before it and of the body
    recorded_at timestamptz NOT NULL,
    type        text NOT NULL,
    clause      text,
    promises    text[] NOT NULL,
    about       text[] NOT NULL,               -- the event's id, and the ids that it names
    thing       text NOT NULL,                 -- what is open, closed or missed, where `stands` says so
    stands      text,
    body        text NOT NULL,                 -- canonical JSON, byte for byte what was hashed
    PRIMARY KEY (chain, seq)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the record of evidence only grows: % of % is refused', TG_OP, TG_TABLE_NAME; END $$;

CREATE TRIGGER entry_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON entry FROM CURRENT_USER;

-- Facts about an incident, a request or an order that name no client: they are its clients' as soon as these are known.
CREATE TABLE matter (
    matter text PRIMARY KEY                    -- `incident_id/ID`; locked while anything about it is recorded
);
CREATE TABLE party (
    matter    text NOT NULL,
    client_id text NOT NULL,
    PRIMARY KEY (matter, client_id)
);
CREATE TABLE matter_fact (
    matter text NOT NULL,
    nth    bigint GENERATED ALWAYS AS IDENTITY,
    fact   text NOT NULL,
    PRIMARY KEY (matter, nth)
);

CREATE TABLE contradiction (                   -- a head that was signed and said, and is not what stands here
    chain       text NOT NULL,
    seq         bigint NOT NULL,
    hash        text NOT NULL,
    held_seq    bigint NOT NULL,
    held_hash   text,
    noticed_at  timestamptz NOT NULL,
    PRIMARY KEY (chain, seq, hash)
);
