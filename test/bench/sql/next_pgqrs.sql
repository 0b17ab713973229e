SELECT * FROM pgqrs.next('bench', ARRAY[:m_id]::bigint[], ARRAY[:m_read_ct]::bigint[]) WHERE NOT lost \gset m_
