// Messages of an NDJSON file in batches, with the numbers of their lines, and the lines that are none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/sending/line_reader.hpp"
#include "pgqrs/client/message.hpp"
#include "pgqrs/client/producer.hpp"

namespace pgqrs::cli {

struct BadLine {
    std::int64_t number;
    std::string text;
    std::string reason;
};

struct Batch {
    std::vector<NewMessage> messages;
    std::vector<std::int64_t> numbers;  // the line of each message
    std::vector<std::string> lines;     // of envelopes only: the text of each message's line
    std::vector<BadLine> bad;
    std::int64_t last = 0;   // the last line that was looked at
    std::int64_t bytes = 0;  // read so far
    // more: go on. bad_line: the last line, which is in `bad`, was not to be passed over. too_long: the same, but passed
    // over, and its rest is still in the reader.
    enum class Ending { more, bad_line, too_long, end, stopped } ending = Ending::more;

    // The text of a message's line.
    const std::string& line(std::size_t position) const {
        return lines.empty() ? messages[position].payload : lines[position];
    }
};

struct SourceOptions {
    bool envelope = false;
    bool skip_bad = false;
    int batch_size = 1000;
    std::size_t max_payload_bytes = 0;
    std::int64_t from_line = 1;
    JobOptions job = {};  // of messages that do not say otherwise
};

class MessageSource {
public:
    MessageSource(LineReader& reader, const SourceOptions& options)
        : reader_(reader), options_(options) {}

    // The longest line that can be good.
    static std::size_t longest_line(const SourceOptions& options);

    // Waits for the first line; returns when the batch is full, or when no more lines have come for a moment.
    Batch next();

private:
    bool skip_to_start(Batch& batch);
    void add(Batch& batch, std::string line) const;
    std::string fault_of(const std::string& line, NewMessage& message) const;

    LineReader& reader_;
    const SourceOptions options_;
};

}  // namespace pgqrs::cli
