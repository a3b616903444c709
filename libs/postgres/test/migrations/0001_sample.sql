CREATE TABLE sample.item (id bigint PRIMARY KEY, name text NOT NULL, bytes bytea);
CREATE TABLE sample.changing (id bigint PRIMARY KEY);
