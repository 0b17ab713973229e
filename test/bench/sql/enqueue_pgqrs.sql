SELECT pgqrs.enqueue('bench', :payload);
