// How sources are read is in settings.cpp.
#include "pgqrs/client/config.hpp"

#include <cstdlib>
#include <unistd.h>

#include "dsn.hpp"
#include "pgqrs/client/error.hpp"
#include "core/duration.hpp"

namespace pgqrs {
namespace {

constexpr const char* kDefaultFiles[] = {"pgqrs.yaml", "pgqrs.yml"};

std::optional<std::string> environment(const char* name) {
    const char* const value = std::getenv(name);
    if (value == nullptr || *value == '\0') {
        return std::nullopt;
    }
    return value;
}

// The file to read, if any: one that was asked for must exist, the default ones need not.
std::optional<std::string> choose_file(const std::optional<std::string>& asked_for) {
    if (asked_for) {
        return asked_for;
    }
    if (auto named = environment("PGQRS_CONFIG_FILE")) {
        return named;
    }
    for (const char* const file : kDefaultFiles) {
        if (access(file, F_OK) == 0) {
            return file;
        }
    }
    return std::nullopt;
}

template <typename T>
void override_with(T& target, const std::optional<T>& value) {
    if (value) {
        target = *value;
    }
}

void apply(Config& config, const Settings& settings, const std::string& source) {
    if (settings.dsn) {
        config.dsn = *settings.dsn;
        config.dsn_source = source;
    }
    override_with(config.max_connections, settings.max_connections);
    override_with(config.connection_timeout, settings.connection_timeout);
    if (settings.default_lock_time) {
        config.default_lock_time = settings.default_lock_time;
    }
    override_with(config.default_batch_size, settings.default_batch_size);
    override_with(config.validation, settings.validation);
}

void apply_database_url(Config& config) {
    if (auto url = environment("DATABASE_URL"); url && config.dsn.empty()) {
        config.dsn = *url;
        config.dsn_source = "DATABASE_URL";
    }
}

void require_at_least_one(std::int64_t value, const char* key) {
    if (value < 1) {
        throw ConfigError("configuration", key, "must be at least 1: " + std::to_string(value));
    }
}

}  // namespace

Config Config::from_dsn(std::string dsn) {
    Config config;
    config.dsn = std::move(dsn);
    config.dsn_source = "connection string";
    config.check();
    return config;
}

Config Config::from_environment() {
    Config config;
    apply(config, Settings::from_environment(), "PGQRS_DSN");
    apply_database_url(config);
    config.check();
    return config;
}

Config Config::from_file(const std::string& path) {
    Config config;
    apply(config, Settings::from_file(path), path);
    config.check();
    return config;
}

Config Config::load(const Settings& overrides, const std::optional<std::string>& config_file) {
    Config config;
    if (const auto file = choose_file(config_file)) {
        apply(config, Settings::from_file(*file), *file);
    }
    apply(config, Settings::from_environment(), "PGQRS_DSN");
    apply(config, overrides, "--dsn");
    apply_database_url(config);
    config.check();
    return config;
}

void Config::check() const {
    require_at_least_one(max_connections, "max_connections");
    require_at_least_one(default_batch_size, "default_batch_size");
    if (connection_timeout < std::chrono::seconds(1)) {
        throw ConfigError("configuration", "connection_timeout", "must be at least 1 s");
    }
    if (default_lock_time && (*default_lock_time < Duration(core::kMinVisibility) ||
                              *default_lock_time > Duration(core::kMaxVisibility))) {
        throw ConfigError("configuration", "default_lock_time", "must be 1 ms to 366 days");
    }
    check_dsn(dsn, dsn_source.empty() ? "configuration" : dsn_source);
}

}  // namespace pgqrs
