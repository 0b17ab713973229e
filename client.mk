# The C++ client library libpgqrs and the command pgqrs. Needs no server and no server headers: libpq, yaml-cpp,
# nlohmann-json, and CLI11 and utf8proc for the command, all found with pkg-config. The top Makefile hands its client targets here.
#
#   make client            build/client/libpgqrs.a and libpgqrs.so.1
#   make cli               build/cli/pgqrs, and completions for shells beside it
#   make -f client.mk manual    doc/pgqrs.1, after a change of commands or options
#   make install-client    library, headers, command, manual page, completions, pgqrs.pc and CMake files below
#                          PREFIX (/usr/local), with DESTDIR in front of it; LIBDIR, BINDIR... can be set one by one
#   make uninstall-client  removes them
#
# WERROR=1 turns warnings into errors. CXX, CXXFLAGS and LDFLAGS are yours to set.

VERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" pgqrs.control)
MAJOR := $(firstword $(subst ., ,$(VERSION)))

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share
# After installing as root without DESTDIR; LDCONFIG=: leaves it out.
LDCONFIG ?= ldconfig

# pkg-config's names and the Debian packages that have them.
PKG_CONFIG ?= pkg-config
CLIENT_MODULES := libpq yaml-cpp nlohmann_json
CLI_MODULES := CLI11 libutf8proc
DEBIAN_libpq := libpq-dev
DEBIAN_yaml-cpp := libyaml-cpp-dev
DEBIAN_nlohmann_json := nlohmann-json3-dev
DEBIAN_CLI11 := libcli11-dev
DEBIAN_libutf8proc := libutf8proc-dev
HAVE_PKG_CONFIG := $(shell $(PKG_CONFIG) --version 2>/dev/null)
missing = $(if $(HAVE_PKG_CONFIG),,pkgconf) \
	$(foreach module,$1,$(if $(shell $(PKG_CONFIG) --exists $(module) 2>/dev/null && echo yes),,$(DEBIAN_$(module))))
CLIENT_MISSING := $(sort $(call missing,$(CLIENT_MODULES)))
CLI_MISSING := $(sort $(CLIENT_MISSING) $(call missing,$(CLI_MODULES)))

# Another BUILD keeps what is built with other flags beside.
BUILD ?= build
B := $(BUILD)/client
C := $(BUILD)/cli
CLIENT_OBJS := $(patsubst src/%.cpp,$(B)/%.o,$(wildcard src/client/*.cpp src/core/*.cpp))
CLI_OBJS := $(patsubst src/cli/%.cpp,$(C)/%.o,$(wildcard src/cli/*.cpp src/cli/*/*.cpp))
STATIC := $(B)/libpgqrs.a
SHARED := $(B)/libpgqrs.so.$(MAJOR)
# Nothing to link yet: a command needs its sources.
COMMAND := $(if $(CLI_OBJS),$(C)/pgqrs)
COMPLETIONS := $(if $(CLI_OBJS),$(addprefix $(C)/completions/,pgqrs.bash _pgqrs pgqrs.fish))

CXXFLAGS ?= -O2
# Headers of others are no business of our warnings.
as_system = $(patsubst -I%,-isystem%,$(shell $(PKG_CONFIG) --cflags $1 2>/dev/null))
FLAGS := -std=c++20 -Iinclude -Isrc -pthread -fPIC -fvisibility-inlines-hidden -DPGQRS_VERSION='"$(VERSION)"' \
	-Wall -Wextra $(if $(WERROR),-Werror) -MMD -MP
CLIENT_FLAGS := $(call as_system,$(CLIENT_MODULES))
CLI_FLAGS := $(call as_system,$(CLIENT_MODULES) $(CLI_MODULES))
CLIENT_LIBS := $(shell $(PKG_CONFIG) --libs $(CLIENT_MODULES) 2>/dev/null)
CLI_LIBS := $(shell $(PKG_CONFIG) --libs $(CLIENT_MODULES) $(CLI_MODULES) 2>/dev/null)

.DEFAULT_GOAL := cli
.PHONY: client cli manual all-that-can install-client install-built uninstall-client clean need-client need-cli

client: need-client $(STATIC) $(SHARED)
cli: need-cli $(COMMAND) $(COMPLETIONS)
need-client:
	@$(if $(CLIENT_MISSING),echo 'pgqrs: the client needs: apt-get install $(CLIENT_MISSING)' >&2; exit 1,:)
need-cli:
	@$(if $(CLI_MISSING),echo 'pgqrs: the command needs: apt-get install $(CLI_MISSING)' >&2; exit 1,:)

# For `make`: what the machine has packages for.
all-that-can: $(if $(CLIENT_MISSING),,$(STATIC) $(SHARED)) $(if $(CLI_MISSING),,$(COMMAND) $(COMPLETIONS))
ifneq ($(CLI_MISSING),)
	@echo 'pgqrs: built without the $(if $(CLIENT_MISSING),client library and the )command: they need' \
	    'apt-get install $(CLI_MISSING)' >&2
endif

# The compiler's version and the flags: objects of another release or mode are not reused.
BUILD_ID := $(CXX) $(shell $(CXX) -dumpfullversion 2>/dev/null || $(CXX) -dumpversion) $(CXXFLAGS) $(FLAGS) $(CLI_FLAGS)
ifeq ($(filter install-built uninstall-client clean,$(MAKECMDGOALS)),)
$(shell mkdir -p $(sort $(dir $(CLIENT_OBJS) $(CLI_OBJS))); for id in $(B)/id $(C)/id; do \
	echo '$(BUILD_ID)' | cmp -s - $$id || echo '$(BUILD_ID)' >$$id; done)
endif

$(B)/%.o: src/%.cpp $(B)/id
	$(CXX) $(CXXFLAGS) $(CPPFLAGS) $(FLAGS) $(CLIENT_FLAGS) -c -o $@ $<
$(C)/%.o: src/cli/%.cpp $(C)/id
	$(CXX) $(CXXFLAGS) $(CPPFLAGS) $(FLAGS) $(CLI_FLAGS) -c -o $@ $<

# The list of objects is a prerequisite too: a source file that was removed must not live on.
$(B)/objects $(C)/objects: FORCE
	@echo '$(LIST)' | cmp -s - $@ || echo '$(LIST)' >$@
$(B)/objects: LIST = $(CLIENT_OBJS)
$(C)/objects: LIST = $(CLI_OBJS)
.PHONY: FORCE
FORCE:

$(STATIC): $(CLIENT_OBJS) $(B)/objects
	rm -f $@
	$(AR) rcs $@ $(CLIENT_OBJS)

# Exports namespace pgqrs only: what the compiler made of other people's templates stays inside.
$(SHARED): $(CLIENT_OBJS) $(B)/objects src/client/exports.map
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -shared -pthread -Wl,-soname,$(notdir $@) -Wl,--no-undefined \
	    -Wl,--version-script=src/client/exports.map -o $@ $(CLIENT_OBJS) $(CLIENT_LIBS)
	ln -sf $(notdir $@) $(B)/libpgqrs.so

$(C)/pgqrs: $(CLI_OBJS) $(C)/objects $(STATIC)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -pthread -o $@ $(CLI_OBJS) $(STATIC) $(CLI_LIBS)

# Made of the commands themselves, so that they fit.
SHELL_pgqrs.bash := bash
SHELL__pgqrs := zsh
SHELL_pgqrs.fish := fish
$(COMPLETIONS): $(C)/pgqrs
	@mkdir -p $(@D)
	$(C)/pgqrs completion $(SHELL_$(@F)) >$@.new
	@mv $@.new $@

# Writes doc/pgqrs.1, which is committed; a test compares.
manual: cli
	$(C)/pgqrs manual src/cli/help/pgqrs.1.in >$(C)/pgqrs.1
	cp $(C)/pgqrs.1 doc/pgqrs.1

-include $(CLIENT_OBJS:.o=.d) $(CLI_OBJS:.o=.d)

# --- installing ---

# The headers a program gets are those that client.hpp includes.
HEADERS = $(sort $(filter include/pgqrs/%,$(shell $(CXX) -std=c++20 -Iinclude $(CLIENT_FLAGS) -MM include/pgqrs/client.hpp)))

# From the folder of the CMake files to the libraries and headers, so that the tree can be moved.
CMAKEDIR = $(LIBDIR)/cmake/pgqrs
from_cmake = $$(realpath -m --relative-to='$(CMAKEDIR)' '$1')
below_prefix = $(patsubst $(PREFIX)/%,$${prefix}/%,$1)
FILL = sed -e 's|@VERSION@|$(VERSION)|g' -e 's|@MAJOR@|$(MAJOR)|g' -e 's|@PREFIX@|$(PREFIX)|g' \
	-e 's|@LIBDIR@|$(call below_prefix,$(LIBDIR))|g' -e 's|@INCLUDEDIR@|$(call below_prefix,$(INCLUDEDIR))|g' \
	-e 's|@LIBS@|$(CLIENT_LIBS) -pthread|g' \
	-e "s|@LIB_PATH@|$(call from_cmake,$(LIBDIR))|g" -e "s|@INCLUDE_PATH@|$(call from_cmake,$(INCLUDEDIR))|g"

PLACE_pgqrs.bash = $(DATADIR)/bash-completion/completions/pgqrs
PLACE__pgqrs = $(DATADIR)/zsh/site-functions/_pgqrs
PLACE_pgqrs.fish = $(DATADIR)/fish/vendor_completions.d/pgqrs.fish

install-client: client cli
	@$(MAKE) --no-print-directory -f client.mk install-built

# What is built: `make install` does not insist on a client.
install-built:
ifneq ($(wildcard $(SHARED)),)
	install -d '$(DESTDIR)$(LIBDIR)/pkgconfig' '$(DESTDIR)$(CMAKEDIR)'
	install -m 644 $(STATIC) '$(DESTDIR)$(LIBDIR)/'
	install -m 755 $(SHARED) '$(DESTDIR)$(LIBDIR)/'
	ln -sf $(notdir $(SHARED)) '$(DESTDIR)$(LIBDIR)/libpgqrs.so'
	for header in $(HEADERS); do install -D -m 644 $$header "$(DESTDIR)$(INCLUDEDIR)/$${header#include/}" || exit 1; done
	$(FILL) src/client/pgqrs.pc.in >'$(DESTDIR)$(LIBDIR)/pkgconfig/pgqrs.pc'
	$(FILL) src/client/pgqrs-config.cmake.in >'$(DESTDIR)$(CMAKEDIR)/pgqrs-config.cmake'
	$(FILL) src/client/pgqrs-config-version.cmake.in >'$(DESTDIR)$(CMAKEDIR)/pgqrs-config-version.cmake'
	[ -n '$(DESTDIR)' ] || [ "$$(id -u)" != 0 ] || $(LDCONFIG)
endif
ifneq ($(wildcard $(C)/pgqrs),)
	install -D -m 755 $(C)/pgqrs '$(DESTDIR)$(BINDIR)/pgqrs'
	$(if $(wildcard doc/pgqrs.1),install -D -m 644 doc/pgqrs.1 '$(DESTDIR)$(MANDIR)/man1/pgqrs.1')
	$(foreach file,$(wildcard $(COMPLETIONS)),install -D -m 644 $(file) '$(DESTDIR)$(PLACE_$(notdir $(file)))' &&) :
endif

uninstall-client:
	rm -rf '$(DESTDIR)$(INCLUDEDIR)/pgqrs' '$(DESTDIR)$(CMAKEDIR)'
	rm -f '$(DESTDIR)$(LIBDIR)/libpgqrs.a' '$(DESTDIR)$(LIBDIR)/libpgqrs.so' '$(DESTDIR)$(LIBDIR)/$(notdir $(SHARED))' \
	    '$(DESTDIR)$(LIBDIR)/pkgconfig/pgqrs.pc' '$(DESTDIR)$(BINDIR)/pgqrs' '$(DESTDIR)$(MANDIR)/man1/pgqrs.1' \
	    $(foreach file,pgqrs.bash _pgqrs pgqrs.fish,'$(DESTDIR)$(PLACE_$(file))')
	[ -n '$(DESTDIR)' ] || [ "$$(id -u)" != 0 ] || $(LDCONFIG)

clean:
	rm -rf $(B) $(C)
