-- With a condition that the search by lane does not have, this index cannot serve that search, whatever a planner thinks the two cost.
DROP INDEX delivery_due;
CREATE INDEX delivery_due ON delivery (due_at) WHERE state = 'waiting' AND due_at > 0;
