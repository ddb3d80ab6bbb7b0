-- Most orders are about one client, so they are as many as notices: what is looked for every half minute, the orders
-- whose deadline is to come, and what people ask for, all that was about one thing, mustn't read every order there was.

CREATE INDEX notice_order_by_deadline ON notice_order (deadline_at);
CREATE INDEX notice_order_about ON notice_order (about);
