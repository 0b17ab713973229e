SELECT pgqrs.enqueue('bench', '{"user_id": 12345, "kind": "welcome", "lang": "en-GB"}');
