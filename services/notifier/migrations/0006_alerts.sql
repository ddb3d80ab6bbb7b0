-- What people on call are told, one row for each of them; nothing here is ever deleted.

CREATE TABLE alert (
    alert_id        text PRIMARY KEY,        -- also the email's message id
    order_id        text NOT NULL,
    about           text NOT NULL,
    kind            text NOT NULL,
    clause          text NOT NULL,
    facts           json NOT NULL,
    name            text,                    -- NULL: nobody was on call
    email           text,
    language        text,
    ordered_at      timestamptz NOT NULL,
    next_attempt_at timestamptz,             -- NULL: there will be no other
    attempts        integer NOT NULL DEFAULT 0,
    sent_at         timestamptz,
    reason          text                     -- why it is not sent yet, or will not be
);
CREATE INDEX alert_due ON alert (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX alert_unsent ON alert (ordered_at) WHERE sent_at IS NULL;
CREATE INDEX alert_by_time ON alert (ordered_at, alert_id);
