// Where settings come from, which source counts, and what is said about bad ones.
#include "support.hpp"

#include <filesystem>
#include <fstream>

using namespace std::chrono_literals;
using pgqrs::Config;
using pgqrs::ConfigError;
using pgqrs::Settings;
using test::Environment;
using test::File;
using test::raised;

namespace {

// Expects source and key in the fields and in the text.
template <typename Action>
ConfigError config_error(const std::string& source, const std::string& key, Action action) {
    const auto error = raised<ConfigError>(action);
    CHECK(error.source() == source);
    CHECK(error.key() == key);
    CHECK_THAT(error.what(), test::has(source) && test::has(key));
    return error;
}

// The current directory for the length of a scope, empty.
class Folder {
public:
    Folder()
        : old_(std::filesystem::current_path()),
          path_(std::filesystem::temp_directory_path() / test::unique_name()) {
        std::filesystem::create_directory(path_);
        std::filesystem::current_path(path_);
    }
    ~Folder() {
        std::filesystem::current_path(old_);
        std::filesystem::remove_all(path_);
    }
    static void write(const std::string& name, const std::string& text) {
        std::ofstream(name) << text;
    }

private:
    std::filesystem::path old_;
    std::filesystem::path path_;
};

}  // namespace

TEST_CASE("without any source there are the defaults") {
    const Folder folder;
    const auto config = Config::load();
    CHECK(config.dsn.empty());
    CHECK(config.dsn_source.empty());
    CHECK(config.max_connections == 16);
    CHECK(config.connection_timeout == 30s);
    CHECK_FALSE(config.default_lock_time.has_value());
    CHECK(config.default_batch_size == 100);
    CHECK(config.validation.max_payload_bytes == 1024 * 1024);
}

TEST_CASE("a connection string is taken as it is, in both forms") {
    CHECK(Config::from_dsn("host=/run dbname=app").dsn == "host=/run dbname=app");
    CHECK(Config::from_dsn("postgresql://me@localhost:5433/app").dsn ==
          "postgresql://me@localhost:5433/app");
    CHECK(Config::from_dsn("").dsn.empty());
}

TEST_CASE("the environment has every setting") {
    const Environment dsn("PGQRS_DSN", "dbname=one");
    const Environment url("DATABASE_URL", "dbname=two");
    const Environment connections("PGQRS_MAX_CONNECTIONS", "7");
    const Environment timeout("PGQRS_CONNECTION_TIMEOUT", "2500ms");
    const Environment lock("PGQRS_DEFAULT_LOCK_TIME", "1.5");
    const Environment batch("PGQRS_DEFAULT_BATCH_SIZE", "42");
    const Environment schema("PGQRS_SCHEMA", "pgqrs");
    const auto config = Config::from_environment();
    CHECK(config.dsn == "dbname=one");
    CHECK(config.dsn_source == "PGQRS_DSN");
    CHECK(config.max_connections == 7);
    CHECK(config.connection_timeout == 2500ms);
    CHECK(config.default_lock_time == pgqrs::Duration(1500ms));
    CHECK(config.default_batch_size == 42);
}

TEST_CASE("DATABASE_URL counts where there is no PGQRS_DSN, and an empty variable is none") {
    const Environment url("DATABASE_URL", "postgres://localhost/two");
    const Environment dsn("PGQRS_DSN", "");
    const auto config = Config::from_environment();
    CHECK(config.dsn == "postgres://localhost/two");
    CHECK(config.dsn_source == "DATABASE_URL");
}

TEST_CASE("a bad variable is named") {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"PGQRS_MAX_CONNECTIONS", "many"},    {"PGQRS_MAX_CONNECTIONS", "0"},
        {"PGQRS_MAX_CONNECTIONS", "-1"},      {"PGQRS_MAX_CONNECTIONS", "5 "},
        {"PGQRS_MAX_CONNECTIONS", "1.5"},     {"PGQRS_MAX_CONNECTIONS", "99999999999"},
        {"PGQRS_CONNECTION_TIMEOUT", "soon"}, {"PGQRS_CONNECTION_TIMEOUT", "-1"},
        {"PGQRS_CONNECTION_TIMEOUT", "0"},    {"PGQRS_DEFAULT_LOCK_TIME", "x"},
        {"PGQRS_DEFAULT_LOCK_TIME", "0"},     {"PGQRS_DEFAULT_BATCH_SIZE", "0"},
        {"PGQRS_DEFAULT_BATCH_SIZE", "ten"},  {"PGQRS_SCHEMA", "public"},
    };
    for (const auto& [name, text] : cases) {
        INFO(name << "=" << text);
        const Environment variable(name, text.c_str());
        config_error("environment", name, [] { Config::from_environment(); });
        config_error("environment", name, [] { Settings::from_environment(); });
    }
}

TEST_CASE("a file has every setting") {
    const File file(
        "dsn: dbname=one\n"
        "schema: pgqrs\n"
        "max_connections: 3\n"
        "connection_timeout_seconds: 5\n"
        "default_lock_time_seconds: 0.5\n"
        "default_max_batch_size: 9\n"
        "validation:\n"
        "  max_payload_bytes: 1000\n"
        "  max_string_length: 50\n"
        "  max_depth: 4\n"
        "  required_keys: [a, b]\n"
        "  forbidden_keys:\n"
        "    - __proto__\n");
    const auto config = Config::from_file(file.path());
    CHECK(config.dsn == "dbname=one");
    CHECK(config.dsn_source == file.path());
    CHECK(config.max_connections == 3);
    CHECK(config.connection_timeout == 5s);
    CHECK(config.default_lock_time == pgqrs::Duration(500ms));
    CHECK(config.default_batch_size == 9);
    CHECK(config.validation.max_payload_bytes == 1000);
    CHECK(config.validation.max_string_length == std::size_t{50});
    CHECK(config.validation.max_depth == std::size_t{4});
    CHECK(config.validation.required_keys == std::vector<std::string>{"a", "b"});
    CHECK(config.validation.forbidden_keys == std::vector<std::string>{"__proto__"});
}

TEST_CASE("an empty file says nothing") {
    for (const std::string text : {"", "# only a comment\n", "---\n", "{}\n"}) {
        INFO(text);
        const File file(text);
        CHECK(Config::from_file(file.path()).max_connections == 16);
    }
}

TEST_CASE("a bad value in a file is named") {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"max_connections: many", "max_connections"},
        {"max_connections: 0", "max_connections"},
        {"max_connections: -2", "max_connections"},
        {"max_connections: 2.5", "max_connections"},
        {"max_connections: [1]", "max_connections"},
        {"max_connections: {a: 1}", "max_connections"},
        {"max_connections:", "max_connections"},
        {"connection_timeout_seconds: soon", "connection_timeout_seconds"},
        {"connection_timeout_seconds: 0", "connection_timeout_seconds"},
        {"default_lock_time_seconds: -1", "default_lock_time_seconds"},
        {"default_lock_time_seconds: 0", "default_lock_time_seconds"},
        {"default_max_batch_size: 0", "default_max_batch_size"},
        {"schema: public", "schema"},
        {"dsn: [a]", "dsn"},
        {"max_connection: 5", "max_connection"},
        {"Dsn: dbname=x", "Dsn"},
        {"validation: 5", "validation"},
        {"validation: {max_depth: x}", "validation.max_depth"},
        {"validation: {max_depth: 0}", "validation.max_depth"},
        {"validation: {max_payload_bytes: -1}", "validation.max_payload_bytes"},
        {"validation: {max_string_length: 1e3}", "validation.max_string_length"},
        {"validation: {required_keys: a}", "validation.required_keys"},
        {"validation: {required_keys: [[a]]}", "validation.required_keys"},
        {"validation: {forbidden_keys: {a: b}}", "validation.forbidden_keys"},
        {"validation: {depth: 5}", "validation.depth"},
    };
    for (const auto& [text, key] : cases) {
        INFO(text);
        const File file(text + "\n");
        config_error(file.path(), key, [&file = file] { Config::from_file(file.path()); });
    }
}

TEST_CASE("a file that is no mapping, or not there, is an error that names it") {
    for (const std::string text :
         {"just text\n", "- a\n- b\n", "a: [1\n", "a: b: c\n", "\t- x\n", "5\n"}) {
        INFO(text);
        const File file(text);
        const auto error = raised<ConfigError>([&] { Config::from_file(file.path()); });
        CHECK(error.source() == file.path());
    }
    CHECK(raised<ConfigError>([] { Config::from_file("/does/not/exist.yaml"); }).source() ==
          "/does/not/exist.yaml");
    CHECK(raised<ConfigError>([] { Config::from_file("/"); }).source() == "/");
}

TEST_CASE("overrides count before the environment, and that before the file") {
    const Folder folder;
    const File file(
        "dsn: dbname=file\nmax_connections: 1\nconnection_timeout_seconds: "
        "11\ndefault_max_batch_size: 21\n");
    const Environment dsn("PGQRS_DSN", "dbname=environment");
    const Environment connections("PGQRS_MAX_CONNECTIONS", "2");
    const Environment timeout("PGQRS_CONNECTION_TIMEOUT", "12");
    Settings overrides;
    overrides.dsn = "dbname=override";
    overrides.max_connections = 3;
    const auto config = Config::load(overrides, file.path());
    CHECK(config.dsn == "dbname=override");
    CHECK(config.dsn_source == "--dsn");
    CHECK(config.max_connections == 3);
    CHECK(config.connection_timeout == 12s);
    CHECK(config.default_batch_size == 21);
    CHECK(Config::load({}, file.path()).dsn == "dbname=environment");
}

TEST_CASE("DATABASE_URL counts after the file's connection string") {
    const Folder folder;
    const File with("dsn: dbname=file\n");
    const File without("max_connections: 5\n");
    const Environment url("DATABASE_URL", "dbname=url");
    CHECK(Config::load({}, with.path()).dsn == "dbname=file");
    CHECK(Config::load({}, without.path()).dsn == "dbname=url");
}

TEST_CASE(
    "the file is the one asked for, then PGQRS_CONFIG_FILE, then pgqrs.yaml, then pgqrs.yml") {
    const Folder folder;
    const File asked("max_connections: 1\n");
    const File named("max_connections: 2\n");
    Folder::write("pgqrs.yml", "max_connections: 4\n");
    CHECK(Config::load().max_connections == 4);
    Folder::write("pgqrs.yaml", "max_connections: 3\n");
    CHECK(Config::load().max_connections == 3);
    const Environment variable("PGQRS_CONFIG_FILE", named.path().c_str());
    CHECK(Config::load().max_connections == 2);
    CHECK(Config::load({}, asked.path()).max_connections == 1);
}

TEST_CASE("a file that was asked for must be there") {
    const Folder folder;
    CHECK(raised<ConfigError>([] { Config::load({}, "missing.yaml"); }).source() == "missing.yaml");
    const Environment variable("PGQRS_CONFIG_FILE", "gone.yaml");
    CHECK(raised<ConfigError>([] { Config::load(); }).source() == "gone.yaml");
}

TEST_CASE("a configuration made by hand is checked") {
    const std::vector<std::pair<std::string, std::function<void(Config&)>>> cases = {
        {"max_connections", [](Config& config) { config.max_connections = 0; }},
        {"default_batch_size", [](Config& config) { config.default_batch_size = -1; }},
        {"connection_timeout", [](Config& config) { config.connection_timeout = -1s; }},
        {"default_lock_time", [](Config& config) { config.default_lock_time = 0s; }},
    };
    for (const auto& [key, spoil] : cases) {
        INFO(key);
        Config config;
        spoil(config);
        CHECK(raised<ConfigError>([&config = config] { config.check(); }).key() == key);
        CHECK_THROWS_AS(pgqrs::Connection(config), ConfigError);
        CHECK_THROWS_AS(pgqrs::Pool(config), ConfigError);
    }
}

TEST_CASE(
    "a bad connection string is an error that names its source and never shows the password") {
    for (const std::string dsn : {
             "postgres://user:secret%zzword@host/db",
             "postgres://user:sec ret@host:notaport/db",
             "host=a password=secret port=70000x",
             "host=a secretword",
             "password='secret",
             "postgres://user:secret@word@host/db",
             "postgres://user:secret/word@host/db",
             "postgres://user:sec:secret@[host/db",
             "passwordd=secret",
             "password=secret badkey=secret",
             "postgres://u:p@h/d?password=secret&x=1",
             "postgres://u:p@h/d?secret",
             "postgres://user:secret@host:secret/db",
             "dbname='x' 'secret'",
             "secret",
             "=secret",
         }) {
        INFO(dsn);
        const auto error = raised<ConfigError>([&] { Config::from_dsn(dsn); });
        CHECK(error.source() == "connection string");
        for (const auto& text :
             {error.message(), error.detail(), error.hint(), std::string(error.what())}) {
            CHECK_THAT(text, !test::has("secret"));
        }
        const Environment variable("PGQRS_DSN", dsn.c_str());
        CHECK_THAT(raised<ConfigError>([] { Config::from_environment(); }).what(),
                   test::has("PGQRS_DSN") && !test::has("secret"));
        CHECK_THAT(pgqrs::without_password(dsn), !test::has("secret"));
    }
    CHECK_THROWS_AS(Config::from_dsn(std::string("dbname=a\0b", 10)), ConfigError);
}

TEST_CASE("a bad file never shows the password in it") {
    for (const std::string text :
         {"dsn: postgres://u:secret@host:bad/db\n", "dsn: postgres://u:secret%zz@h/db\n",
          "dsn: 'postgres://u:secret\n", "secret\n", "dsn: \"secret\n", "dsn: a: secret\n",
          "dsn: [secret]\n", "? {secret: a}\n: b\n"}) {
        INFO(text);
        const File file(text);
        const auto error = raised<ConfigError>([&] { Config::from_file(file.path()); });
        CHECK_THAT(error.what() + error.detail() + error.hint(), !test::has("secret"));
    }
}

TEST_CASE("passwords are replaced in a connection string that is shown") {
    const auto shown =
        pgqrs::without_password("postgresql://me:geheim@db.example:5433/app?connect_timeout=5");
    CHECK_THAT(shown, !test::has("geheim") && test::has("***") && test::has("db.example") &&
                          test::has("5433") && test::has("app") && test::has("me"));
    CHECK_THAT(pgqrs::without_password("host=h password='ge heim' sslpassword=auch passfile=/f"),
               !test::has("heim") && !test::has("auch"));
    CHECK_THAT(pgqrs::without_password("host=h dbname=d"), test::has("host") && !test::has("***"));
    CHECK_THAT(pgqrs::without_password("postgres://u:p%40ss@h/d"),
               !test::has("p@ss") && !test::has("p%40ss"));
}
