// Log, output and connection as the global options say.
#include "cli/context.hpp"

#include <libpq-fe.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "cli/output/report.hpp"
#include "cli/terminal/terminal.hpp"
#include "cli/output/text.hpp"

namespace pgqrs::cli {
namespace {

Log::Level level_of(const Globals& globals) {
    return globals.log_level.value_or(globals.verbose ? Log::Level::info : Log::Level::warn);
}

std::string server_of(const Connection& connection) {
    const auto text = [](const char* value) { return std::string(value ? value : ""); };
    PGconn* raw = connection.raw();
    return "database \"" + text(PQdb(raw)) + "\" as \"" + text(PQuser(raw)) + "\" on " +
           text(PQhost(raw)) + ":" + text(PQport(raw));
}

}  // namespace

Context::Context(Globals globals)
    : globals_(std::move(globals)),
      log_(globals_.log_destination, level_of(globals_)),
      output_(globals_.out) {}

const Config& Context::config() {
    if (!config_) {
        Settings overrides;
        overrides.dsn = globals_.dsn;
        config_ = Config::load(overrides, globals_.config_file);
        log_.debug(config_->dsn.empty() ? "no connection string: libpq's environment counts"
                                        : "connection string from " + config_->dsn_source + ": " +
                                              without_password(config_->dsn));
    }
    return *config_;
}

Connection Context::connect(const Config& settings) {
    const auto start = std::chrono::steady_clock::now();
    Connection connection(settings);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - start);
    log_.info("connected to " + server_of(connection) + " in " + std::to_string(took.count()) +
              " ms");
    connection.trace_with([this](const std::string& sql) { log_.trace(sql); });
    return connection;
}

Connection& Context::connection() {
    if (!connection_) {
        connection_ = std::make_unique<Connection>(connect(config()));
        connection_->stop_with(&stop_);
        watch_signals();
    }
    return *connection_;
}

void Context::watch_signals() {
    if (!signals_) {
        signals_ = std::make_unique<StopOnSignals>(stop_);
        output_.stop_with(&stop_);
    }
}

void Context::show_list(Table table, const std::string& when_empty) {
    ListWriter list = start_list(std::move(table.columns));
    for (auto& row : table.rows) {
        list.add(std::move(row));
    }
    finish_list(list, when_empty);
}

ListWriter Context::start_list(std::vector<Column> columns) {
    return ListWriter(output_, stop_, globals_.format, style(), std::move(columns));
}

void Context::finish_list(ListWriter& list, const std::string& when_empty) {
    if (list.empty() && globals_.format == Format::table && is_terminal(STDERR_FILENO)) {
        note(when_empty);
    }
    list.finish();
}

void Context::show_one(const Table& table, const std::string& when_empty) {
    if (table.rows.empty() && globals_.format == Format::table && is_terminal(STDERR_FILENO)) {
        note(when_empty);
    }
    output_.write(render_one(table, globals_.format, style()));
}

void Context::show_done(const Table& record, const std::string& sentence,
                        const std::string& value) {
    if (globals_.format != Format::table) {
        output_.write(render_one(record, globals_.format, style()));
    } else if (!globals_.quiet) {
        output_.write(printable(sentence) + "\n");
    } else if (!value.empty()) {
        output_.write(value + "\n");
    }
}

void Context::show_number(const Table& record, std::int64_t number) {
    if (globals_.format == Format::table) {
        output_.write(std::to_string(number) + "\n");
    } else {
        output_.write(render_one(record, globals_.format, style()));
    }
}

void Context::note(const std::string& line) const {
    if (!globals_.quiet && !line.empty()) {
        write_to_stderr(printable(line) + "\n");
    }
}

Style Context::style() const {
    const int descriptor = output_.descriptor();
    return {terminal_width(descriptor), !globals_.no_color && colour_wanted(descriptor)};
}

}  // namespace pgqrs::cli
