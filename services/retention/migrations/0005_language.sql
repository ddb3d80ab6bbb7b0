-- In which language a client reads, and reasons as codes, from which words in its language are made.

ALTER TABLE client ADD COLUMN language text NOT NULL DEFAULT 'en';
ALTER TABLE task ADD COLUMN coded text[] NOT NULL DEFAULT '{}';
