-- Packages are made for tasks about one person too; a package that is gone keeps no name of a file.

ALTER TABLE package ADD COLUMN kind text NOT NULL DEFAULT 'return';  -- the kind of the job that makes it

UPDATE package_file SET name = '', file = '', resume = NULL
  FROM package
 WHERE package.order_id = package_file.order_id AND removed_at IS NOT NULL;
