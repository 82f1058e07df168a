-- A database that was put back from a backup knows less than Optiply and Lightspeed hold: what was
-- delivered and ordered since must be found there before anything is made.

-- When that was; NULL once both were looked through.
ALTER TABLE connections ADD COLUMN restored_at INTEGER;
-- Buy orders up to this id may have been ordered without our knowing when: their purchase orders are
-- looked for however old they are.
ALTER TABLE connections ADD COLUMN restored_orders_to INTEGER;
