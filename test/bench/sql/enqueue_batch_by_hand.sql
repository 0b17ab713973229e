-- enqueue
COPY by_hand.messages (queue_id, payload) FROM STDIN;
