-- From a table users (id, email, password_hash, created_at) with hashes of bcrypt. Ids stay the same.
INSERT INTO auth_user
  (id, username, email, password, first_name, last_name, is_active, is_staff, is_superuser, date_joined)
SELECT id, email, email, 'bcrypt$' || password_hash, '', '', true, false, false, created_at FROM users;

-- The next user gets the next id.
SELECT setval(pg_get_serial_sequence('auth_user', 'id'), max(id)) FROM auth_user;
