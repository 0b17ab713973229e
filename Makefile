# pgqrs: build, install and test.
#
# With a PostgreSQL server and its headers (Debian: postgresql-server-dev-15):
#   make                   builds pgqrs.so and sql/pgqrs--<version>.sql
#   make install           installs both for the server pg_config belongs to
#   make dist              makes the zip file PGXN distributes
#   make installcheck      runs the SQL and isolation tests against that running server
#   make PG_CONFIG=...     builds for another installation
#
# The C++ client library and the command (client.mk; no server needed, only development packages of Debian):
#   make, make install     build and install them too when the packages are there; WITH_CLIENT=no leaves them out
#   make client | make cli | make install-client | make uninstall-client      PREFIX=/usr/local DESTDIR=
#
# Without anything but make and a Debian system (the scripts install what they need):
#   make demo | make check (what a developer waits for) | make test (everything) | make lint | make test-versions | make bench
#
# WERROR=1 turns warnings of our own code into errors (the test scripts set it).

EXTENSION = pgqrs
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" pgqrs.control)

MODULE_big = pgqrs
SOURCES := $(sort $(foreach layer,core pg engine queue workflow fn bgw,$(wildcard src/$(layer)/*.cpp))) $(wildcard src/module.cpp)
OBJS := $(SOURCES:.cpp=.o)

# The install script is generated from its parts; upgrade scripts, when there are any, are kept as files.
DATA_built = sql/pgqrs--$(EXTVERSION).sql
DATA = $(wildcard sql/pgqrs--*--*.sql)
SQL_PARTS := $(sort $(wildcard sql/parts/[0-9][0-9]_*.sql))

# What the parts create, for pgqrs.verify(), is generated from them too.
EXPECTED_OBJECTS = build/generated/queue/expected.hpp
EXPECTED_OBJECTS_READER := $(sort $(wildcard src/queue/expected/*.awk))

# Bitcode of C++ code is of no use to the server's JIT.
override with_llvm = no

# -isystem: warnings inside the server's headers are not ours.
PG_CPPFLAGS = -Iinclude -Isrc -Ibuild/generated -isystem $(includedir_server) -DPGQRS_VERSION='"$(EXTVERSION)"' -MMD -MP
PG_CXXFLAGS = -std=c++20 -fno-strict-aliasing -fwrapv -fno-omit-frame-pointer \
	-fvisibility=hidden -fvisibility-inlines-hidden \
	-Wall -Wextra -Wno-unused-parameter $(if $(WERROR),-Werror)

# Templates of the standard library have default visibility whatever -fvisibility says, and a symbol exported from one
# extension can capture that of another in the same backend: the linker's export list closes that.
EXPORTS = pgqrs_* pg_finfo_pgqrs_* Pg_magic_func _PG_init _PG_fini
SHLIB_LINK += -lstdc++ -Wl,--version-script=pgqrs.map

# pg_regress looks for expected/ in the current directory and for sql/ below --inputdir. The isolation runner does the
# same on 15 but falls back to --inputdir; from 16 on it wants to be told. test/lib/regress.sh uses the same layout.
REGRESS = $(sort $(basename $(notdir $(wildcard test/sql/*.sql))))
REGRESS_OPTS = --inputdir=test --load-extension=pgqrs
ISOLATION = $(sort $(basename $(notdir $(wildcard test/isolation/specs/*.spec))))
ISOLATION_OPTS = --inputdir=test/isolation --load-extension=pgqrs \
	$(if $(filter-out 15,$(MAJORVERSION)),--expecteddir=test/isolation)

EXTRA_CLEAN = pgqrs.map .build-id build $(OBJS:.o=.d) sql/pgqrs--$(EXTVERSION).sql.tmp

PG_CONFIG ?= pg_config
# Debian's libpq-dev ships a pg_config that names a PGXS which is not there. PGXS has a target `check` that only says no:
# ours needs nothing of it.
CHECK := $(filter check,$(MAKECMDGOALS))
PGXS := $(if $(CHECK),,$(wildcard $(shell $(PG_CONFIG) --pgxs 2>/dev/null)))

.DEFAULT_GOAL := all
.PHONY: all install uninstall installcheck clean demo check test lint test-versions bench
.PHONY: client cli install-client uninstall-client client-if-possible client-if-built

# With the caller's flags: those of the server's build, included below, have the same name.
CLIENT_FLAGS := $(if $(CXXFLAGS),CXXFLAGS='$(CXXFLAGS)')
CLIENT_MAKE = @+$(MAKE) --no-print-directory -f client.mk $(CLIENT_FLAGS)
client cli install-client uninstall-client:
	$(CLIENT_MAKE) $@

ifneq ($(PGXS),)

include $(PGXS)

# Objects built for another server or with other flags must not be reused: the file changes only when its text does.
BUILD_ID := $(shell $(PG_CONFIG) --version) | $(EXTVERSION) | $(CXX) $(WERROR) $(COPT) $(PROFILE)
$(shell echo '$(BUILD_ID)' | cmp -s - .build-id 2>/dev/null || echo '$(BUILD_ID)' 2>/dev/null >.build-id)
$(OBJS): .build-id Makefile
-include $(OBJS:.o=.d)

ifneq ($(WITH_CLIENT),no)
all: client-if-possible
install: client-if-built
client-if-possible:
	$(CLIENT_MAKE) all-that-can
client-if-built: all
	$(CLIENT_MAKE) install-built
endif

$(shlib): pgqrs.map
pgqrs.map: Makefile
	@echo '{ global: $(EXPORTS:%=%;) local: *; };' >$@

# The folder's own time tells of a part that was removed.
sql/pgqrs--$(EXTVERSION).sql: $(SQL_PARTS) $(wildcard sql/parts) pgqrs.control Makefile
	@{ printf '%s\n' '\echo Use "CREATE EXTENSION pgqrs" to load this file. \quit'; \
	   for part in $(SQL_PARTS); do echo; echo "-- $$part"; cat "$$part" || exit 1; done; } >$@.tmp
	@mv $@.tmp $@

# The compiler's own list of what an object depends on names the header only after a first build.
src/queue/verify.o: $(EXPECTED_OBJECTS)
$(EXPECTED_OBJECTS): $(SQL_PARTS) $(wildcard sql/parts) $(EXPECTED_OBJECTS_READER) Makefile
	@mkdir -p $(@D)
	@LC_ALL=C awk $(EXPECTED_OBJECTS_READER:%=-f %) $(SQL_PARTS) >$@.tmp
	@mv $@.tmp $@

# What PGXN distributes: the tree and the generated install script.
DIST = $(EXTENSION)-$(shell sed -n 's/^  "version": "\(.*\)",/\1/p' META.json)
.PHONY: dist
dist: sql/pgqrs--$(EXTVERSION).sql
	git archive --format=zip --output=$(DIST).zip --prefix=$(DIST)/sql/ --add-file=$< --prefix=$(DIST)/ HEAD

else

all install uninstall installcheck:
	@echo 'pgqrs: $(PG_CONFIG) names no PostgreSQL build files (PGXS): install the server headers' \
	    '(Debian: apt-get install g++ postgresql-server-dev-15) or set PG_CONFIG=/path/to/pg_config.' \
	    'The client needs no server: make client cli install-client' >&2; exit 1

clean:
	rm -rf pgqrs.so $(OBJS) $(DATA_built) $(EXTRA_CLEAN)

endif

# These need no pg_config; the scripts install what is missing and use a private server.
demo:
	@bash demo/run.sh
ifneq ($(CHECK),)
check:
	@bash test/run.sh lint unit regress isolation
endif
test:
	@bash test/run.sh
lint:
	@bash test/lint/run.sh
test-versions:
	@bash test/versions.sh
bench:
	@bash test/bench/run.sh $(foreach name,CASES MODES ROUNDS SECONDS SCALE,$(if $($(name)),$(name)='$($(name))'))
