-- What comes to light after an account was matched, and may have been sent by whoever filled it
-- before us, is matched too before it is made.

-- When Optiply's account was matched first: what is younger can be nobody else's.
ALTER TABLE connections ADD COLUMN adopted_at INTEGER;

-- Whether a match knew of this delivery.
ALTER TABLE deliveries ADD COLUMN matched INTEGER NOT NULL DEFAULT 0;
