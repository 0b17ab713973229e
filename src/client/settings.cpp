// Reading settings from the environment and from YAML files; see config.hpp for the names.
#include "pgqrs/client/config.hpp"

#include <charconv>
#include <climits>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <yaml-cpp/yaml.h>

#include "pgqrs/client/error.hpp"

namespace pgqrs {
namespace {

constexpr std::string_view kSchemaHint =
    "pgqrs is an extension, and an extension lives in one schema: its objects are always in "
    "\"pgqrs\".";

// What was written where a setting belongs may be a connection string in the wrong place, with its password.
std::string shown(const std::string& text) {
    const bool harmless = text.size() <= 40 && text.find_first_of(":@=/") == std::string::npos;
    return harmless ? ": \"" + text + "\"" : "";
}

int whole_number(const std::string& text, const std::string& source, const std::string& key) {
    int value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size() || value < 1) {
        throw ConfigError(
            source, key,
            "must be a whole number from 1 to " + std::to_string(INT_MAX) + shown(text));
    }
    return value;
}

Duration duration(const std::string& text, const std::string& source, const std::string& key,
                  Duration least) {
    Duration value{};
    try {
        value = parse_duration(text, key);
    } catch (const InvalidArgument& error) {
        throw ConfigError(source, key, "is not a duration" + shown(text), error.hint());
    }
    if (value < least) {
        throw ConfigError(source, key, "is too short" + shown(text));
    }
    return value;
}

void check_schema(const std::string& text, const std::string& source, const std::string& key) {
    if (text != "pgqrs") {
        throw ConfigError(source, key, "must be \"pgqrs\"" + shown(text), std::string(kSchemaHint));
    }
}

// The settings of one scalar, whatever the source; `key` is what the source calls it, `setting` what a file does.
// False: there is no such setting.
bool read(Settings& settings, const std::string& setting, const std::string& text,
          const std::string& source, const std::string& key) {
    if (setting == "dsn") {
        settings.dsn = text;
    } else if (setting == "max_connections") {
        settings.max_connections = whole_number(text, source, key);
    } else if (setting == "connection_timeout_seconds") {
        settings.connection_timeout = duration(text, source, key, std::chrono::seconds(1));
    } else if (setting == "default_lock_time_seconds") {
        settings.default_lock_time = duration(text, source, key, std::chrono::milliseconds(1));
    } else if (setting == "default_max_batch_size") {
        settings.default_batch_size = whole_number(text, source, key);
    } else if (setting == "schema") {
        check_schema(text, source, key);
    } else {
        return false;
    }
    return true;
}

std::string scalar(const YAML::Node& node, const std::string& source, const std::string& key) {
    if (!node.IsScalar()) {
        throw ConfigError(source, key, "must be a single value");
    }
    return node.Scalar();
}

// The name of a setting. What cannot be one is not quoted: a connection string without its "dsn: " is a key to YAML.
std::string name_of(const YAML::Node& node, const std::string& source) {
    const std::string name = node.IsScalar() ? node.Scalar() : "";
    if (name.empty() || name.size() > 40 ||
        name.find_first_not_of(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") !=
            std::string::npos) {
        throw ConfigError(
            source, "line " + std::to_string(node.Mark().line + 1), "is not a setting",
            "Settings are written as \"name: value\", with a blank behind the colon.");
    }
    return name;
}

std::vector<std::string> list_of_keys(const YAML::Node& node, const std::string& source,
                                      const std::string& key) {
    if (!node.IsSequence()) {
        throw ConfigError(source, key, "must be a list");
    }
    std::vector<std::string> keys;
    for (const auto& element : node) {
        keys.push_back(scalar(element, source, key));
    }
    return keys;
}

Validation read_validation(const YAML::Node& node, const std::string& source) {
    if (!node.IsMap()) {
        throw ConfigError(source, "validation", "must be a mapping");
    }
    Validation rules;
    for (const auto& entry : node) {
        const auto name = name_of(entry.first, source);
        const auto key = "validation." + name;
        if (name == "max_payload_bytes") {
            rules.max_payload_bytes = whole_number(scalar(entry.second, source, key), source, key);
        } else if (name == "max_string_length") {
            rules.max_string_length = whole_number(scalar(entry.second, source, key), source, key);
        } else if (name == "max_depth") {
            rules.max_depth = whole_number(scalar(entry.second, source, key), source, key);
        } else if (name == "required_keys") {
            rules.required_keys = list_of_keys(entry.second, source, key);
        } else if (name == "forbidden_keys") {
            rules.forbidden_keys = list_of_keys(entry.second, source, key);
        } else {
            throw ConfigError(
                source, key, "is not a setting",
                "There are max_payload_bytes, max_string_length, max_depth, required_keys and "
                "forbidden_keys.");
        }
    }
    return rules;
}

// Sections of the files of 0.1.0.

struct Section {
    Settings& settings;
    const YAML::Node& node;
    const std::string& source;
    std::string name;
};

// Calls `take` with each key, its full name and its text; false: there is no such key.
template <typename Take>
void read_section(const Section& section, Take take) {
    if (!section.node.IsMap()) {
        throw ConfigError(section.source, section.name, "must be a mapping");
    }
    for (const auto& entry : section.node) {
        const auto name = name_of(entry.first, section.source);
        const auto key = section.name + "." + name;
        if (!take(name, key, scalar(entry.second, section.source, key))) {
            throw ConfigError(section.source, key, "is not a setting");
        }
    }
}

[[noreturn]] void refuse(const Section& section, const std::string& key, const char* hint) {
    throw ConfigError(section.source, key, "is a setting of 0.1.0 that there is no more", hint);
}

void add_to_dsn(std::string& dsn, const std::string& keyword, const std::string& value) {
    dsn += (dsn.empty() ? "" : " ") + keyword + "='";
    for (const char character : value) {
        dsn += character == '\'' || character == '\\' ? std::string("\\") + character
                                                      : std::string(1, character);
    }
    dsn += '\'';
}

void read_database(const Section& section) {
    std::string dsn;
    read_section(section,
                 [&](const std::string& name, const std::string& key, const std::string& text) {
                     if (name == "host" || name == "port" || name == "password") {
                         add_to_dsn(dsn, name, text);
                     } else if (name == "username") {
                         add_to_dsn(dsn, "user", text);
                     } else if (name == "database") {
                         add_to_dsn(dsn, "dbname", text);
                     } else {
                         return (name == "schema" || name == "max_connections" ||
                                 name == "connection_timeout_seconds") &&
                                read(section.settings, name, text, section.source, key);
                     }
                     return true;
                 });
    if (!dsn.empty()) {
        if (section.settings.dsn) {
            throw ConfigError(section.source, "database", "and dsn both say where to connect");
        }
        section.settings.dsn = dsn;
    }
}

void read_queue(const Section& section) {
    read_section(
        section, [&](const std::string& name, const std::string& key, const std::string& text) {
            if (name == "enable_listen_notify") {
                refuse(section, key,
                       "Each queue has its own: \"pgqrs queue alter NAME --notify true\".");
            }
            if (name == "cleanup_interval_seconds") {
                refuse(section, key,
                       "Nothing has to be cleaned up; \"pgqrs archive purge\" empties archives.");
            }
            const bool batch = name == "max_batch_size";
            return (batch || name == "default_lock_time_seconds") &&
                   read(section.settings, batch ? "default_max_batch_size" : name, text,
                        section.source, key);
        });
}

void read_performance(const Section& section) {
    read_section(section, [&](const std::string& name, const std::string& key,
                              const std::string& text) {
        if (name == "prefetch_count") {
            refuse(section, key, "queue.max_batch_size says how many messages are taken at once.");
        }
        if (name == "query_timeout_seconds") {
            refuse(section, key,
                   "A connection string can have options='-c statement_timeout=30s'.");
        }
        if (name != "connection_pool_size") {
            return false;
        }
        const int size = whole_number(text, section.source, key);
        if (section.settings.max_connections.value_or(size) != size) {
            throw ConfigError(section.source, key, "and max_connections differ",
                              "They are the same setting now.");
        }
        section.settings.max_connections = size;
        return true;
    });
}

std::string text_of_file(const std::string& path) {
    std::ifstream file(path);
    try {
        if (file) {
            return std::string(std::istreambuf_iterator<char>(file), {});
        }
    } catch (const std::ios_base::failure&) {
        // A directory can be opened but not read; yaml-cpp would lose memory over that.
    }
    throw ConfigError(path, "the file", "cannot be read");
}

// yaml-cpp's own messages name line and column but may quote the line, which may hold a password.
YAML::Node load_file(const std::string& path) {
    try {
        return YAML::Load(text_of_file(path));
    } catch (const YAML::Exception& error) {
        throw ConfigError(path, "line " + std::to_string(error.mark.line + 1), "is not valid YAML");
    }
}

}  // namespace

Settings Settings::from_environment() {
    constexpr std::pair<const char*, const char*> names[] = {
        {"PGQRS_DSN", "dsn"},
        {"PGQRS_MAX_CONNECTIONS", "max_connections"},
        {"PGQRS_CONNECTION_TIMEOUT", "connection_timeout_seconds"},
        {"PGQRS_DEFAULT_LOCK_TIME", "default_lock_time_seconds"},
        {"PGQRS_DEFAULT_BATCH_SIZE", "default_max_batch_size"},
        {"PGQRS_SCHEMA", "schema"},
    };
    Settings settings;
    for (const auto& [variable, setting] : names) {
        const char* const value = std::getenv(variable);
        if (value != nullptr && *value != '\0') {
            read(settings, setting, value, "environment", variable);
        }
    }
    return settings;
}

Settings Settings::from_file(const std::string& path) {
    const YAML::Node root = load_file(path);
    Settings settings;
    if (root.IsNull()) {
        return settings;
    }
    if (!root.IsMap()) {
        throw ConfigError(path, "the file", "must be a YAML mapping of settings");
    }
    for (const auto& entry : root) {
        const auto key = name_of(entry.first, path);
        const Section section{settings, entry.second, path, key};
        if (key == "validation") {
            settings.validation = read_validation(entry.second, path);
        } else if (key == "database") {
            read_database(section);
        } else if (key == "queue") {
            read_queue(section);
        } else if (key == "performance") {
            read_performance(section);
        } else if (key == "dsn" && settings.dsn) {
            throw ConfigError(path, "database", "and dsn both say where to connect");
        } else if (!read(settings, key, scalar(entry.second, path, key), path, key)) {
            throw ConfigError(path, key, "is not a setting",
                              "There are dsn, schema, max_connections, connection_timeout_seconds, "
                              "default_lock_time_seconds, default_max_batch_size and validation.");
        }
    }
    return settings;
}

}  // namespace pgqrs
