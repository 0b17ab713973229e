// Where to connect, and defaults. From code, a connection string, the environment, a YAML file, or all of them.
//
//   setting                environment                 YAML file                   without
//   dsn                    PGQRS_DSN, DATABASE_URL     dsn                         libpq's own: PGHOST, PGDATABASE, ...
//   max_connections        PGQRS_MAX_CONNECTIONS       max_connections             16
//   connection_timeout     PGQRS_CONNECTION_TIMEOUT    connection_timeout_seconds  30 s
//   default_lock_time      PGQRS_DEFAULT_LOCK_TIME     default_lock_time_seconds   the queue's visibility_timeout
//   default_batch_size     PGQRS_DEFAULT_BATCH_SIZE    default_max_batch_size      100
//   (schema)               PGQRS_SCHEMA                schema                      only "pgqrs" is accepted
//   validation                                         validation                  see validation.hpp
//
// The sections "database", "queue" and "performance" of a file of 0.1.0 are read, too (doc/cli.md lists their keys); what
// there is no more is refused by name.
//
// Times are seconds ("30", "1.5") or have a unit ("500ms"). Every bad value is a ConfigError that names source and key.
//
// Threads: Settings and Config are values. Their functions may run in several threads at a time while none changes the
// environment.
// ABI: both get members with minor versions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pgqrs/client/time.hpp"
#include "pgqrs/client/validation.hpp"

namespace pgqrs {

// What one source says; what it does not say stays empty.
struct Settings {
    std::optional<std::string> dsn = {};
    std::optional<int> max_connections = {};
    std::optional<Duration> connection_timeout = {};
    std::optional<Duration> default_lock_time = {};
    std::optional<int> default_batch_size = {};
    std::optional<Validation> validation = {};

    static Settings from_environment();
    // Raises ConfigError for a file that cannot be read, is not a YAML mapping, or has an unknown key.
    static Settings from_file(const std::string& path);
};

struct Config {
    std::string dsn = {};  // URI or key=value text; empty: libpq's environment variables
    int max_connections = 16;
    Duration connection_timeout = std::chrono::seconds(30);
    std::optional<Duration> default_lock_time = {};  // without: the queue's
    int default_batch_size = 100;
    Validation validation = {};

    // Where the connection string came from, for messages: "--dsn", "PGQRS_DSN", a path... empty when there is none.
    std::string dsn_source = {};

    static Config from_dsn(std::string dsn);
    static Config from_environment();
    static Config from_file(const std::string& path);
    // What `overrides` says counts first, then the environment, then the file: config_file, or $PGQRS_CONFIG_FILE, or
    // pgqrs.yaml or pgqrs.yml in the current directory; then the defaults. DATABASE_URL counts after the file's dsn.
    static Config load(const Settings& overrides = {},
                       const std::optional<std::string>& config_file = std::nullopt);

    // Raises ConfigError for values that cannot work. All of the above have called it.
    void check() const;
};

// The connection string with passwords replaced by "***", and nothing at all of one that cannot be parsed.
std::string without_password(const std::string& dsn);

}  // namespace pgqrs
