-- Who of the processor's people is bound to confidentiality, as was heard on the bus: asked before staff reach clients' records.

CREATE TABLE bound_person (
    person      text PRIMARY KEY,
    bound_from  timestamptz NOT NULL,
    bound_until timestamptz                  -- NULL: for good
);
