INSERT INTO by_hand.messages (queue_id, payload)
VALUES (1, :payload)
RETURNING id;
