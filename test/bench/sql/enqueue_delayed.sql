SELECT pgqrs.enqueue('bench', :payload, delay => '1 hour');
