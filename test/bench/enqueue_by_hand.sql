INSERT INTO by_hand.messages (queue_id, payload)
VALUES (1, '{"user_id": 12345, "kind": "welcome", "lang": "en-GB"}')
RETURNING id;
