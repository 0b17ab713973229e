// What a command has to work with: the global options, and made of them the log, the output and the connection.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/output/list_writer.hpp"
#include "cli/output/log.hpp"
#include "cli/output/output.hpp"
#include "cli/output/render.hpp"
#include "cli/output/table.hpp"
#include "pgqrs/client/config.hpp"
#include "pgqrs/client/connection.hpp"
#include "pgqrs/client/stop.hpp"

namespace pgqrs::cli {

struct Globals {
    std::optional<std::string> dsn;
    std::optional<std::string> config_file;
    std::string log_destination = "stderr";
    std::optional<Log::Level> log_level;  // without: warn, or info with -v
    Format format = Format::table;
    std::string out = "stdout";
    bool verbose = false;
    bool quiet = false;
    bool no_color = false;
};

// Lives in main, from after the command line was read to the end.
class Context {
public:
    // Opens the log and looks whether there can be output; raises Failure.
    explicit Context(Globals globals);

    const Globals& globals() const noexcept { return globals_; }
    Log& log() noexcept { return log_; }
    Output& output() noexcept { return output_; }
    // Read at the first call; raises ConfigError.
    const Config& config();
    // Opened at the first call. From then on Ctrl-C cancels what runs on it (Stopped).
    Connection& connection();
    // Another connection, which belongs to the caller; signals do not touch it. Its statements are logged, too.
    Connection connect(const Config& settings);
    // Requested by Ctrl-C and SIGTERM once watch_signals() was called; before that they end the process.
    Stop& stop() noexcept { return stop_; }
    void watch_signals();

    // The result of a command that shows something: several rows, or one (or none where one was asked for).
    void show_list(Table table, const std::string& when_empty);
    // Several rows, given one by one; then finish_list().
    ListWriter start_list(std::vector<Column> columns);
    void finish_list(ListWriter& list, const std::string& when_empty);
    void show_one(const Table& table, const std::string& when_empty = {});
    // The result of a command that does something: the record in JSON and CSV. In a table the sentence that says the same;
    // with --quiet only `value`, what a script may want to know.
    void show_done(const Table& record, const std::string& sentence, const std::string& value = {});
    // A bare number in a table.
    void show_number(const Table& record, std::int64_t number);

    // A line on stderr, not with --quiet.
    void note(const std::string& line) const;
    Style style() const;

private:
    Globals globals_;
    Log log_;
    Output output_;
    Stop stop_;
    std::optional<Config> config_;
    std::unique_ptr<Connection> connection_;
    std::unique_ptr<StopOnSignals> signals_;
};

}  // namespace pgqrs::cli
