SELECT count(*) AS count_1
FROM bookmarks
WHERE bookmarks.is_archived = 0 AND (bookmarks.search_text LIKE '%' || 'soup' || '%' ESCAPE '/') AND (EXISTS (SELECT 1
FROM tags, bookmark_tags
WHERE bookmarks.id = bookmark_tags.bookmark_id AND tags.id = bookmark_tags.tag_id AND tags.name_key = 'winter'));
SELECT bookmarks.id, bookmarks.url, bookmarks.title, bookmarks.description, bookmarks.notes, bookmarks.is_archived, bookmarks.unread, bookmarks.shared, bookmarks.website_title, bookmarks.website_description, bookmarks.date_added, bookmarks.date_modified, bookmarks.search_text
FROM bookmarks
WHERE bookmarks.is_archived = 0 AND (bookmarks.search_text LIKE '%' || 'soup' || '%' ESCAPE '/') AND (EXISTS (SELECT 1
FROM tags, bookmark_tags
WHERE bookmarks.id = bookmark_tags.bookmark_id AND tags.id = bookmark_tags.tag_id AND tags.name_key = 'winter')) ORDER BY bookmarks.date_added DESC, bookmarks.id DESC
 LIMIT 100 OFFSET 0;
SELECT bookmark_tags.bookmark_id, tags.id, tags.name, tags.name_key, tags.date_added
FROM bookmark_tags JOIN tags ON tags.id = bookmark_tags.tag_id
WHERE bookmark_tags.bookmark_id IN (9, 7);
SELECT tags.id, tags.name, tags.name_key, tags.date_added
FROM tags
WHERE tags.name_key IN ('fresh', 'reading');
INSERT INTO tags (name, name_key, date_added) VALUES ('Fresh', 'fresh', '2026-11-21 04:13:51.764405');
SELECT tags.id, tags.name, tags.name_key, tags.date_added
FROM tags
WHERE tags.name_key IN ('fresh');
INSERT INTO bookmarks (url, title, description, notes, is_archived, unread, shared, website_title, website_description, date_added, date_modified, search_text) VALUES ('https://Fresh.example', '', '', '', 0, 0, 0, NULL, NULL, '2026-11-21 04:13:51.777404', '2026-11-21 04:13:51.777408', '


https://fresh.example');
INSERT INTO bookmark_tags (bookmark_id, tag_id) VALUES (12, 1);
INSERT INTO bookmark_tags (bookmark_id, tag_id) VALUES (12, 7);
INSERT INTO bookmarks (url, title, description, notes, is_archived, unread, shared, website_title, website_description, date_added, date_modified, search_text) VALUES ('https://fresh.example/', 'Another', '', '', 0, 0, 0, NULL, NULL, '2026-11-21 04:13:51.834725', '2026-11-21 04:13:51.834730', 'another


https://fresh.example/');
INSERT INTO bookmarks (url, title, description, notes, is_archived, unread, shared, website_title, website_description, date_added, date_modified, search_text) VALUES ('https://EXAMPLE.com', 'First, anew', '', '', 0, 0, 0, NULL, NULL, '2026-11-21 04:13:51.900401', '2026-11-21 04:13:51.900406', 'first, anew


https://example.com');
SELECT bookmarks.id, bookmarks.url, bookmarks.title, bookmarks.description, bookmarks.notes, bookmarks.is_archived, bookmarks.unread, bookmarks.shared, bookmarks.website_title, bookmarks.website_description, bookmarks.date_added, bookmarks.date_modified, bookmarks.search_text
FROM bookmarks
WHERE bookmarks.url = 'https://EXAMPLE.com';
SELECT bookmark_tags.bookmark_id, tags.id, tags.name, tags.name_key, tags.date_added
FROM bookmark_tags JOIN tags ON tags.id = bookmark_tags.tag_id
WHERE bookmark_tags.bookmark_id IN (1);
UPDATE bookmarks SET title='First, anew', date_modified='2026-11-21 04:13:51.917007', search_text='first, anew


https://example.com' WHERE bookmarks.id = 1;
SELECT bookmarks.id
FROM bookmarks
WHERE bookmarks.id = 1;
SELECT tags.id, tags.name, tags.name_key, tags.date_added
FROM tags, bookmark_tags
WHERE 1 = bookmark_tags.bookmark_id AND tags.id = bookmark_tags.tag_id;
DELETE FROM bookmark_tags WHERE bookmark_tags.bookmark_id = 1 AND bookmark_tags.tag_id = 1;
SELECT bookmarks.id, bookmarks.url, bookmarks.title, bookmarks.description, bookmarks.notes, bookmarks.is_archived, bookmarks.unread, bookmarks.shared, bookmarks.website_title, bookmarks.website_description, bookmarks.date_added, bookmarks.date_modified, bookmarks.search_text
FROM bookmarks
WHERE bookmarks.id = 4;
SELECT bookmark_tags.bookmark_id, tags.id, tags.name, tags.name_key, tags.date_added
FROM bookmark_tags JOIN tags ON tags.id = bookmark_tags.tag_id
WHERE bookmark_tags.bookmark_id IN (4);
UPDATE bookmarks SET url='https://User@Example.com/A%20b', notes='moved', date_modified='2026-11-21 04:13:52.030513', search_text='

moved
https://user@example.com/a%20b' WHERE bookmarks.id = 4;
SELECT bookmarks.id, bookmarks.url, bookmarks.title, bookmarks.description, bookmarks.notes, bookmarks.is_archived, bookmarks.unread, bookmarks.shared, bookmarks.website_title, bookmarks.website_description, bookmarks.date_added, bookmarks.date_modified, bookmarks.search_text
FROM bookmarks
WHERE bookmarks.id = 3;
SELECT bookmark_tags.bookmark_id, tags.id, tags.name, tags.name_key, tags.date_added
FROM bookmark_tags JOIN tags ON tags.id = bookmark_tags.tag_id
WHERE bookmark_tags.bookmark_id IN (3);
UPDATE bookmarks SET is_archived=0, date_modified='2026-11-21 04:13:52.084782' WHERE bookmarks.id = 3;
SELECT bookmarks.id, bookmarks.url, bookmarks.title, bookmarks.description, bookmarks.notes, bookmarks.is_archived, bookmarks.unread, bookmarks.shared, bookmarks.website_title, bookmarks.website_description, bookmarks.date_added, bookmarks.date_modified, bookmarks.search_text
FROM bookmarks
WHERE bookmarks.id = 10;
SELECT bookmark_tags.bookmark_id, tags.id, tags.name, tags.name_key, tags.date_added
FROM bookmark_tags JOIN tags ON tags.id = bookmark_tags.tag_id
WHERE bookmark_tags.bookmark_id IN (10);
DELETE FROM bookmark_tags WHERE bookmark_tags.bookmark_id = 10 AND bookmark_tags.tag_id = 6;
DELETE FROM bookmarks WHERE bookmarks.id = 10;
SELECT bookmarks.url, bookmarks.id
FROM bookmarks
WHERE bookmarks.url IN ('https://fresh.example/One', 'https://FRESH.example/Two', 'http://soup.example/');
INSERT INTO bookmarks (url, title, description, notes, is_archived, unread, shared, date_added, date_modified, search_text) VALUES ('https://fresh.example/One', 'One', '', '', 0, 0, 0, '2020-09-13 12:26:40.000000', '2026-11-21 04:13:52.123814', 'one


https://fresh.example/one'), ('https://FRESH.example/Two', 'Two', '', '', 0, 0, 0, '2020-09-13 12:26:41.000000', '2026-11-21 04:13:52.123817', 'two


https://fresh.example/two') RETURNING id, url;
SELECT tags.id, tags.name, tags.name_key, tags.date_added
FROM tags
WHERE tags.name_key IN ('baking', 'fresh');
SELECT bookmark_tags.bookmark_id, bookmark_tags.tag_id
FROM bookmark_tags
WHERE bookmark_tags.bookmark_id IN (9);
INSERT INTO bookmark_tags (bookmark_id, tag_id) VALUES (9, 7);
INSERT INTO bookmark_tags (bookmark_id, tag_id) VALUES (14, 3);
INSERT INTO bookmark_tags (bookmark_id, tag_id) VALUES (14, 7);
SELECT bookmarks.id, bookmarks.url, bookmarks.title, bookmarks.description, bookmarks.notes, bookmarks.is_archived, bookmarks.unread, bookmarks.shared, bookmarks.website_title, bookmarks.website_description, bookmarks.date_added, bookmarks.date_modified, bookmarks.search_text
FROM bookmarks
WHERE bookmarks.id > 0 ORDER BY bookmarks.id
 LIMIT 500 OFFSET 0;
SELECT bookmark_tags.bookmark_id, tags.id, tags.name, tags.name_key, tags.date_added
FROM bookmark_tags JOIN tags ON tags.id = bookmark_tags.tag_id
WHERE bookmark_tags.bookmark_id IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15);
SELECT bookmarks.id, bookmarks.url, bookmarks.title, bookmarks.description, bookmarks.notes, bookmarks.is_archived, bookmarks.unread, bookmarks.shared, bookmarks.website_title, bookmarks.website_description, bookmarks.date_added, bookmarks.date_modified, bookmarks.search_text
FROM bookmarks
WHERE bookmarks.id > 15 ORDER BY bookmarks.id
 LIMIT 500 OFFSET 0;
