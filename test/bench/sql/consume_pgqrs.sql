SELECT * FROM pgqrs.dequeue('bench') \gset m_
SELECT pgqrs.archive('bench', :m_id, :m_read_ct);
