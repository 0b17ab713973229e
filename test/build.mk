# Everything the tests need, in one make, so that its jobs are busy to the end:
#
#   make -f test/build.mk -j2 server cli unit client_tests
#
# Called at the top of the checkout by test/lib/build.sh, which sets PG_CONFIG.

.PHONY: server cli unit client_tests probe

# The longest first. The tests of the client library link it, and two makes must not build it at the same time.
cli:
	+$(MAKE) -f client.mk cli
client_tests: cli
	+$(MAKE) -C test/client
server:
	+$(MAKE) PG_CONFIG=$(PG_CONFIG) WITH_CLIENT=no all
probe: server
	+$(MAKE) -C test/engine PG_CONFIG=$(PG_CONFIG)
unit:
	+$(MAKE) -C test/unit
