-- Clients, their questions, audits, requests for help and disputes; measures; who is bound to confidentiality.

CREATE TABLE client (
    client_id  text PRIMARY KEY,
    name       text NOT NULL,
    competitor text                          -- why it counts as a competitor, or as affiliated with one (§7)
);

CREATE TABLE signature (                     -- each version that bound or will bind a client, by the day (§15)
    seq               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client_id         text NOT NULL REFERENCES client,
    signed_on         date NOT NULL,
    agreement_id      text NOT NULL,
    agreement_version text NOT NULL
);
CREATE INDEX signature_of_client ON signature (client_id, signed_on, seq);

CREATE TABLE ending (                        -- the last day of a client's contract; may be heard of before the client
    client_id text PRIMARY KEY,
    ended_on  date NOT NULL
);

CREATE TABLE told_breach (                   -- a notice of this breach went out to this client (§6, §7)
    client_id   text NOT NULL,
    incident_id text NOT NULL,
    told_at     timestamptz NOT NULL,
    PRIMARY KEY (client_id, incident_id)
);

CREATE TABLE matter (                        -- a question, an audit, a request for help, a dispute, as it stands
    client_id text NOT NULL REFERENCES client,
    kind      text NOT NULL,
    matter_id text NOT NULL,
    status    text NOT NULL,
    is_over   boolean NOT NULL,
    due_on    date,
    overdue   boolean NOT NULL,
    held_on   date,                          -- an audit's day
    record    jsonb NOT NULL,
    opened_at timestamptz NOT NULL,
    seq       bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    PRIMARY KEY (client_id, kind, matter_id)
);
CREATE INDEX matter_open ON matter (kind, overdue) WHERE NOT is_over;

CREATE TABLE journal (                       -- all that was said, refusals too, in order; nothing is ever changed here
    seq       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    whose     text NOT NULL,                 -- a client, an agreement, or a person of the processor's
    kind      text NOT NULL,
    matter_id text NOT NULL,
    at        timestamptz NOT NULL,
    what      text NOT NULL,
    cause     text NOT NULL,                 -- the event that it comes from
    data      jsonb NOT NULL
);
CREATE INDEX journal_of_matter ON journal (whose, kind, matter_id, seq);
CREATE INDEX journal_refusals ON journal (cause) WHERE what LIKE '%refused';

CREATE TABLE document (                      -- by its hash; each client's apart, so that none can ask for another's
    client_id text NOT NULL REFERENCES client,
    sha256    text NOT NULL,
    name      text NOT NULL,
    content   bytea NOT NULL,
    kept_by   text NOT NULL,
    kept_at   timestamptz NOT NULL,
    PRIMARY KEY (client_id, sha256)
);

CREATE TABLE measures (                      -- versions of an agreement's security measures (§5, Appendix C)
    agreement_id  text NOT NULL,
    version_id    text NOT NULL,
    status        text NOT NULL,             -- held, scheduled, in_force, superseded, withdrawn
    in_force_from timestamptz,
    record        jsonb NOT NULL,
    seq           bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    PRIMARY KEY (agreement_id, version_id)
);
CREATE UNIQUE INDEX measures_one_in_force ON measures (agreement_id) WHERE status = 'in_force';
CREATE UNIQUE INDEX measures_one_to_come ON measures (agreement_id) WHERE status IN ('held', 'scheduled');

CREATE TABLE undertaking (                   -- who is bound to confidentiality, since when and until when (§3.2)
    seq      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person   text NOT NULL,
    basis    text NOT NULL,
    given_on date NOT NULL,
    ends_on  date,
    document jsonb,
    said_by  text NOT NULL,
    said_at  timestamptz NOT NULL,
    ended_because text
);
CREATE INDEX undertaking_of_person ON undertaking (person, seq);
