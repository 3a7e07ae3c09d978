-- Two users of the database: one that owns the tables and upgrades them, and one that the site and the worker are,
-- which can create, change and drop nothing. Run once by the database's administrator, in the database "coalition":
--
--     psql --dbname=coalition --file=deploy/postgresql/roles.sql
--
-- What the second one may do with each table is said after every upgrade, by: coalition db grant coalition

CREATE ROLE coalition_owner LOGIN;
CREATE ROLE coalition LOGIN;

ALTER DATABASE coalition OWNER TO coalition_owner;
REVOKE ALL ON DATABASE coalition FROM PUBLIC;
GRANT CONNECT ON DATABASE coalition TO coalition;

ALTER SCHEMA public OWNER TO coalition_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO coalition;
