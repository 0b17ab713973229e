// Runs a script of prepared statements over and over in several connections, and tells how often each
// ran, how many rows it gave, and, with -l, when each run began and ended. It does what pgbench cannot:
// whole columns as array parameters, COPY, and the time of each statement instead of the whole script.
//
//   client [-c CONNECTIONS] [-t SECONDS] [-r ROWS] [-p PAUSE_MS] [-l LOG] SCRIPT [NAME=VALUE]...
//
// Script: statements that end with a semicolon at the end of a line; the line "-- NAME" before one
// names it. In a statement :x is the value given on the command line (=@FILE: what is in the file) or
// else column x of the first row of an earlier statement, and :x[] the whole column as an array.
// COPY ... FROM STDIN sends the value named data. When the first statement, or one named take, gives no
// row, or NULL as the first value, the rest is left out and the connection rests for a millisecond.
//
// Output: a line "NAME COUNT ROWS" for each statement and "seconds S". Log: "NAME BEGIN END ROWS
// FIRST_VALUE" for each run of a statement, in nanoseconds of the monotonic clock, which all processes
// of the machine share.
//
// PG* environment variables choose the server. It ends after SECONDS, or when the last statement of the
// script has given that many ROWS in all connections together.

#include <algorithm>
#include <atomic>
#include <barrier>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "libpq-fe.h"

namespace {

using Clock = std::chrono::steady_clock;
using Values = std::map<std::string, std::string>;

struct Parameter {
    std::string name;
    bool whole_column;
};

struct Statement {
    std::string name;
    std::string text;
    std::vector<Parameter> parameters;
    bool is_copy;
};

struct Options {
    int connections = 1;
    double seconds = 0;
    long rows = 0;
    int pause_ms = 0;
    std::string log;
    std::string script;
    Values given;
};

struct Run {
    std::size_t statement;
    Clock::time_point begin;
    Clock::time_point end;
    int rows;
    std::string first_value;
};

struct Totals {
    long count = 0;
    long rows = 0;
};

[[noreturn]] void fail(const std::string& what) {
    std::cerr << "client: " << what << '\n';
    std::_Exit(1);
}

std::string read_file(const std::string& path) {
    std::ifstream file(path);
    if (!file) fail("cannot read " + path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool is_word(char c) { return is_letter(c) || std::isdigit(static_cast<unsigned char>(c)); }

// Puts $1, $2 ... for the variables; quoted text and casts stay as they are.
Statement parse_statement(const std::string& name, const std::string& source) {
    Statement result{name, "", {}, source.starts_with("COPY")};
    bool quoted = false;
    for (std::size_t i = 0; i < source.size(); i++) {
        char c = source[i];
        if (c == '\'') quoted = !quoted;
        bool variable = !quoted && c == ':' && i + 1 < source.size() && is_letter(source[i + 1]) &&
                        (i == 0 || source[i - 1] != ':');
        if (!variable) {
            result.text += c;
            continue;
        }
        std::string word;
        while (i + 1 < source.size() && is_word(source[i + 1]))
            word += source[++i];
        bool whole_column = source.compare(i + 1, 2, "[]") == 0;
        if (whole_column) i += 2;
        result.parameters.push_back({word, whole_column});
        result.text += '$' + std::to_string(result.parameters.size());
    }
    return result;
}

std::vector<Statement> read_script(const std::string& path) {
    std::vector<Statement> statements;
    std::istringstream lines(read_file(path));
    std::string line, name, text;
    while (std::getline(lines, line)) {
        if (line.starts_with("-- ")) {
            name = line.substr(3);
            continue;
        }
        text += line + '\n';
        if (line.ends_with(';')) {
            statements.push_back(parse_statement(name, text));
            text.clear();
        }
    }
    return statements;
}

Options read_options(int count, char** arguments) {
    Options options;
    int i = 1;
    for (; i + 1 < count && arguments[i][0] == '-'; i += 2) {
        std::string value = arguments[i + 1];
        switch (arguments[i][1]) {
            case 'c':
                options.connections = std::stoi(value);
                break;
            case 't':
                options.seconds = std::stod(value);
                break;
            case 'r':
                options.rows = std::stol(value);
                break;
            case 'p':
                options.pause_ms = std::stoi(value);
                break;
            case 'l':
                options.log = value;
                break;
            default:
                fail("unknown option");
        }
    }
    if (i >= count) fail("no script");
    options.script = arguments[i++];
    for (; i < count; i++) {
        std::string argument = arguments[i];
        auto equals = argument.find('=');
        if (equals == std::string::npos) fail("not NAME=VALUE: " + argument);
        std::string value = argument.substr(equals + 1);
        options.given[argument.substr(0, equals)] =
            value.starts_with('@') ? read_file(value.substr(1)) : value;
    }
    return options;
}

class Connection {
public:
    Connection(const std::vector<Statement>& statements, const Values& given)
        : statements_(statements),
          given_(given),
          db_(PQconnectdb("application_name=client")),
          totals_(statements.size()) {
        if (PQstatus(db_) != CONNECTION_OK) fail(PQerrorMessage(db_));
        for (const auto& statement : statements_) {
            if (!statement.is_copy)
                check(PQprepare(db_, statement.name.c_str(), statement.text.c_str(), 0, nullptr));
        }
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() { PQfinish(db_); }

    // Whether all statements ran.
    bool run_script(bool log) {
        values_ = given_;
        columns_.clear();
        for (std::size_t i = 0; i < statements_.size(); i++) {
            auto begin = Clock::now();
            PGresult* result =
                statements_[i].is_copy ? copy(statements_[i]) : execute(statements_[i]);
            auto end = Clock::now();
            bool gives_rows = PQresultStatus(result) == PGRES_TUPLES_OK;
            int rows = gives_rows ? PQntuples(result) : std::atoi(PQcmdTuples(result));
            bool empty = gives_rows && (rows == 0 || PQgetisnull(result, 0, 0));
            totals_[i].count++;
            totals_[i].rows += rows;
            if (log)
                runs_.push_back(
                    {i, begin, end, rows, gives_rows && !empty ? PQgetvalue(result, 0, 0) : "-"});
            if (gives_rows && !empty) keep(result);
            PQclear(result);
            if (empty && (i == 0 || statements_[i].name == "take")) return false;
        }
        return true;
    }

    long rows_of_last() const { return totals_.back().rows; }
    const std::vector<Totals>& totals() const { return totals_; }
    const std::vector<Run>& runs() const { return runs_; }

private:
    PGresult* check(PGresult* result) {
        auto status = PQresultStatus(result);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_COPY_IN)
            fail(PQerrorMessage(db_));
        return result;
    }

    PGresult* execute(const Statement& statement) {
        std::vector<const char*> values;
        for (const auto& parameter : statement.parameters) {
            const auto& from = parameter.whole_column ? columns_ : values_;
            auto found = from.find(parameter.name);
            if (found == from.end()) fail("no value for " + parameter.name);
            values.push_back(found->second.c_str());
        }
        return check(PQexecPrepared(db_, statement.name.c_str(), static_cast<int>(values.size()),
                                    values.data(), nullptr, nullptr, 0));
    }

    PGresult* copy(const Statement& statement) {
        PQclear(check(PQexec(db_, statement.text.c_str())));
        const std::string& data = values_.at("data");
        if (PQputCopyData(db_, data.data(), static_cast<int>(data.size())) != 1 ||
            PQputCopyEnd(db_, nullptr) != 1)
            fail(PQerrorMessage(db_));
        PGresult* result = check(PQgetResult(db_));
        while (PGresult* rest = PQgetResult(db_))
            PQclear(rest);
        return result;
    }

    void keep(PGresult* result) {
        for (int column = 0; column < PQnfields(result); column++) {
            std::string name = PQfname(result, column);
            values_[name] = PQgetvalue(result, 0, column);
            if (needs_column(name)) columns_[name] = array_of(result, column);
        }
    }

    bool needs_column(const std::string& name) const {
        for (const auto& statement : statements_)
            for (const auto& parameter : statement.parameters)
                if (parameter.whole_column && parameter.name == name) return true;
        return false;
    }

    // Of numbers, which need no quotes.
    static std::string array_of(PGresult* result, int column) {
        std::string array = "{";
        for (int row = 0; row < PQntuples(result); row++) {
            if (row > 0) array += ',';
            array += PQgetvalue(result, row, column);
        }
        return array + "}";
    }

    const std::vector<Statement>& statements_;
    const Values& given_;
    PGconn* db_;
    Values values_;
    Values columns_;
    std::vector<Totals> totals_;
    std::vector<Run> runs_;
};

// The clock starts when all are connected.
void drive(Connection& connection, const Options& options, std::barrier<>& start,
           std::atomic<long>& rows, Clock::time_point& last) {
    start.arrive_and_wait();
    auto deadline = Clock::now() + std::chrono::duration<double>(options.seconds);
    while (Clock::now() < deadline && (options.rows == 0 || rows < options.rows)) {
        long before = connection.rows_of_last();
        bool complete = connection.run_script(!options.log.empty());
        rows += connection.rows_of_last() - before;
        int pause = complete ? options.pause_ms : 1;
        if (pause > 0) std::this_thread::sleep_for(std::chrono::milliseconds(pause));
    }
    last = Clock::now();
}

void write_log(const std::string& path, const std::vector<Statement>& statements,
               const std::vector<std::unique_ptr<Connection>>& connections) {
    std::ofstream log(path);
    for (const auto& connection : connections)
        for (const auto& run : connection->runs())
            log << statements[run.statement].name << ' ' << run.begin.time_since_epoch().count()
                << ' ' << run.end.time_since_epoch().count() << ' ' << run.rows << ' '
                << run.first_value << '\n';
    if (!log.flush()) fail("cannot write " + path);
}

}  // namespace

int main(int count, char** arguments) {
    Options options = read_options(count, arguments);
    auto statements = read_script(options.script);
    std::vector<std::unique_ptr<Connection>> connections;
    for (int i = 0; i < options.connections; i++)
        connections.push_back(std::make_unique<Connection>(statements, options.given));

    std::barrier start(options.connections + 1);
    std::atomic<long> rows = 0;
    std::vector<Clock::time_point> ends(connections.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < connections.size(); i++)
        threads.emplace_back([&, i] { drive(*connections[i], options, start, rows, ends[i]); });
    start.arrive_and_wait();
    auto begin = Clock::now();
    Clock::time_point end = begin;
    for (auto& thread : threads)
        thread.join();
    for (auto each : ends)
        end = std::max(end, each);

    for (std::size_t i = 0; i < statements.size(); i++) {
        Totals sum;
        for (const auto& connection : connections) {
            sum.count += connection->totals()[i].count;
            sum.rows += connection->totals()[i].rows;
        }
        std::cout << statements[i].name << ' ' << sum.count << ' ' << sum.rows << '\n';
    }
    std::cout << "seconds " << std::chrono::duration<double>(end - begin).count() << '\n';
    if (!options.log.empty()) write_log(options.log, statements, connections);
}
