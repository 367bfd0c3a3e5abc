-- From the table users of Auth.js' adapter for PostgreSQL. Ids stay the same. '!': no password.
INSERT INTO auth_user
  (id, username, email, password, first_name, last_name, is_active, is_staff, is_superuser, date_joined)
SELECT id, email, email, '!' || md5(random()::text), '', '', true, false, false, now() FROM users;

-- The next user gets the next id.
SELECT setval(pg_get_serial_sequence('auth_user', 'id'), max(id)) FROM auth_user;
