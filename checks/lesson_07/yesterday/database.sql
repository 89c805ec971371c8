BEGIN TRANSACTION;
CREATE TABLE accounts (
	id INTEGER NOT NULL, 
	email VARCHAR(320) NOT NULL, 
	email_key VARCHAR(640) NOT NULL, 
	username VARCHAR(50) NOT NULL, 
	username_key VARCHAR(50) NOT NULL, 
	age INTEGER NOT NULL, 
	date_joined DATETIME NOT NULL, 
	CONSTRAINT pk_accounts PRIMARY KEY (id), 
	CONSTRAINT uq_accounts_email_key UNIQUE (email_key), 
	CONSTRAINT uq_accounts_username_key UNIQUE (username_key)
);
INSERT INTO "accounts" VALUES(1,'reader@example.com','reader@example.com','reader','reader',40,'2026-11-21 04:13:51.671775');
CREATE TABLE bookmark_tags (
	bookmark_id INTEGER NOT NULL, 
	tag_id INTEGER NOT NULL, 
	CONSTRAINT pk_bookmark_tags PRIMARY KEY (bookmark_id, tag_id), 
	CONSTRAINT fk_bookmark_tags_bookmark_id_bookmarks FOREIGN KEY(bookmark_id) REFERENCES bookmarks (id) ON DELETE CASCADE, 
	CONSTRAINT fk_bookmark_tags_tag_id_tags FOREIGN KEY(tag_id) REFERENCES tags (id) ON DELETE CASCADE
);
INSERT INTO "bookmark_tags" VALUES(1,1);
INSERT INTO "bookmark_tags" VALUES(3,1);
INSERT INTO "bookmark_tags" VALUES(3,2);
INSERT INTO "bookmark_tags" VALUES(6,3);
INSERT INTO "bookmark_tags" VALUES(6,4);
INSERT INTO "bookmark_tags" VALUES(7,4);
INSERT INTO "bookmark_tags" VALUES(7,5);
INSERT INTO "bookmark_tags" VALUES(8,4);
INSERT INTO "bookmark_tags" VALUES(9,4);
INSERT INTO "bookmark_tags" VALUES(9,5);
INSERT INTO "bookmark_tags" VALUES(10,6);
INSERT INTO "bookmark_tags" VALUES(11,6);
CREATE TABLE bookmarks (
	id INTEGER NOT NULL, 
	url VARCHAR(2048) NOT NULL, 
	title VARCHAR(512) NOT NULL, 
	description TEXT NOT NULL, 
	notes TEXT NOT NULL, 
	is_archived BOOLEAN NOT NULL, 
	unread BOOLEAN NOT NULL, 
	shared BOOLEAN NOT NULL, 
	website_title TEXT, 
	website_description TEXT, 
	date_added DATETIME NOT NULL, 
	date_modified DATETIME NOT NULL, 
	search_text TEXT NOT NULL, 
	CONSTRAINT pk_bookmarks PRIMARY KEY (id), 
	CONSTRAINT uq_bookmarks_url UNIQUE (url)
);
INSERT INTO "bookmarks" VALUES(1,'https://EXAMPLE.com','First','','',0,0,0,NULL,NULL,'2026-11-21 04:13:51.370362','2026-11-21 04:13:51.370365','first


https://example.com');
INSERT INTO "bookmarks" VALUES(2,'https://example.com:443/','','','a note',0,1,0,NULL,NULL,'2026-11-21 04:13:51.406973','2026-11-21 04:13:51.406978','

a note
https://example.com:443/');
INSERT INTO "bookmarks" VALUES(3,'https://example.com:8443/','','','',1,0,0,NULL,NULL,'2026-11-21 04:13:51.437688','2026-11-21 04:13:51.605732','


https://example.com:8443/');
INSERT INTO "bookmarks" VALUES(4,'https://User@Example.com/A%20b?C=D#E','','','',0,0,1,NULL,NULL,'2026-11-21 04:13:51.466165','2026-11-21 04:13:51.466170','


https://user@example.com/a%20b?c=d#e');
INSERT INTO "bookmarks" VALUES(5,'http://[::1]:80/x','','six','',0,0,0,NULL,NULL,'2026-11-21 04:13:51.493277','2026-11-21 04:13:51.493281','
six

http://[::1]:80/x');
INSERT INTO "bookmarks" VALUES(6,'HTTPS://Bread.Example/Sourdough?Page=2','Sourdough','','',0,0,0,NULL,NULL,'2010-01-01 00:00:00.000000','2026-11-21 04:13:51.562452','sourdough


https://bread.example/sourdough?page=2');
INSERT INTO "bookmarks" VALUES(7,'http://soup.example:80','Soup','','',0,0,0,NULL,NULL,'2012-01-01 00:00:00.000000','2026-11-21 04:13:51.562457','soup


http://soup.example:80');
INSERT INTO "bookmarks" VALUES(8,'http://Soup.example/','Soup again','','',0,0,0,NULL,NULL,'2014-01-01 00:00:00.000000','2026-11-21 04:13:51.562458','soup again


http://soup.example/');
INSERT INTO "bookmarks" VALUES(9,'http://soup.example/','Soup, once more','','',0,0,0,NULL,NULL,'2016-01-01 00:00:00.000000','2026-11-21 04:13:51.562458','soup, once more


http://soup.example/');
INSERT INTO "bookmarks" VALUES(10,'https://maps.example/#Harbour','Harbour','','',0,0,0,NULL,NULL,'2017-01-01 00:00:00.000000','2026-11-21 04:13:51.562459','harbour


https://maps.example/#harbour');
INSERT INTO "bookmarks" VALUES(11,'https://maps.example/#harbour','Harbour, small','','',0,0,0,NULL,NULL,'2018-01-01 00:00:00.000000','2026-11-21 04:13:51.562459','harbour, small


https://maps.example/#harbour');
CREATE TABLE tags (
	id INTEGER NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	name_key VARCHAR(192) NOT NULL, 
	date_added DATETIME NOT NULL, 
	CONSTRAINT pk_tags PRIMARY KEY (id), 
	CONSTRAINT uq_tags_name_key UNIQUE (name_key)
);
INSERT INTO "tags" VALUES(1,'Reading','reading','2026-11-21 04:13:51.366839');
INSERT INTO "tags" VALUES(2,'Ports','ports','2026-11-21 04:13:51.435547');
INSERT INTO "tags" VALUES(3,'Baking','baking','2026-11-21 04:13:51.566926');
INSERT INTO "tags" VALUES(4,'Kitchen','kitchen','2026-11-21 04:13:51.566929');
INSERT INTO "tags" VALUES(5,'Winter','winter','2026-11-21 04:13:51.566930');
INSERT INTO "tags" VALUES(6,'Travel','travel','2026-11-21 04:13:51.566930');
CREATE INDEX ix_bookmark_tags_tag_id ON bookmark_tags (tag_id);
COMMIT;
