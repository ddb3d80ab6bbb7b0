-- Staff read the newest of everybody's notices and deliveries, page by page, and those that failed. What is entered in
-- one transaction has one time, so the time alone leads near enough and costs next to nothing to keep.

CREATE INDEX notice_by_time ON notice (created_at);
CREATE INDEX delivery_by_time ON delivery (created_at);
CREATE INDEX delivery_failed ON delivery (created_at) WHERE status = 'failed';

-- The letters to post are few among all that ever were.
CREATE INDEX delivery_letters ON delivery (status, created_at, delivery_id) WHERE channel = 'post';
DROP INDEX delivery_by_post;
