// Batches of an NDJSON file.
#include "cli/sending/message_source.hpp"

#include <utility>

#include "cli/sending/envelope.hpp"

namespace pgqrs::cli {
namespace {

// Two batches and what is made of them are in memory at a time.
constexpr std::size_t kMostBytes = 4 * 1024 * 1024;
constexpr Duration kPatience = std::chrono::milliseconds(200);
// In an envelope: keys, times and numbers.
constexpr std::size_t kEnvelopeBytes = 64 * 1024;

bool is_blank(const std::string& line) {
    return line.find_first_not_of(" \t\r") == std::string::npos;
}

}  // namespace

std::size_t MessageSource::longest_line(const SourceOptions& options) {
    return options.envelope ? 2 * options.max_payload_bytes + kEnvelopeBytes
                            : options.max_payload_bytes;
}

// False: the file ends before.
bool MessageSource::skip_to_start(Batch& batch) {
    std::string line;
    while (reader_.number() < options_.from_line - 1) {
        const auto got = reader_.next(line);
        const bool stopped =
            got == LineReader::Got::stopped ||
            (got == LineReader::Got::too_long && !reader_.rest([](std::string_view) {}));
        if (stopped || got == LineReader::Got::end) {
            batch.ending = stopped ? Batch::Ending::stopped : Batch::Ending::end;
            return false;
        }
    }
    return true;
}

std::string MessageSource::fault_of(const std::string& line, NewMessage& message) const {
    auto fault = json_fault(line);
    if (fault.empty() && options_.envelope) {
        fault = read_envelope(line, message);
    }
    return fault;
}

void MessageSource::add(Batch& batch, std::string line) const {
    const auto number = batch.last;
    NewMessage message;
    if (auto fault = fault_of(line, message); !fault.empty()) {
        batch.bad.push_back({number, std::move(line), std::move(fault)});
        if (!options_.skip_bad) {
            batch.ending = Batch::Ending::bad_line;
        }
        return;
    }
    if (options_.envelope) {
        batch.lines.push_back(std::move(line));
    } else {
        message.payload = std::move(line);
    }
    if (!message.max_attempts) {
        message.max_attempts = options_.job.max_attempts;
    }
    if (!message.expires_after) {
        message.expires_after = options_.job.expires_after;
    }
    batch.messages.push_back(std::move(message));
    batch.numbers.push_back(number);
}

Batch MessageSource::next() {
    Batch batch;
    const bool started = skip_to_start(batch);
    batch.last = reader_.number();
    std::size_t bytes = 0;
    const auto size = static_cast<std::size_t>(options_.batch_size);
    while (started && batch.ending == Batch::Ending::more &&
           batch.messages.size() + batch.bad.size() < size && bytes < kMostBytes) {
        const bool waiting = batch.messages.empty() && batch.bad.empty();
        std::string line;
        const auto got = reader_.next(line, waiting ? std::nullopt : std::optional(kPatience));
        batch.last = reader_.number();
        bytes += line.size();
        if (got == LineReader::Got::pause) {
            break;
        } else if (got == LineReader::Got::end) {
            batch.ending = Batch::Ending::end;
        } else if (got == LineReader::Got::stopped) {
            batch.ending = Batch::Ending::stopped;
        } else if (got == LineReader::Got::too_long) {
            batch.bad.push_back(
                {batch.last, std::move(line),
                 "longer than " + std::to_string(longest_line(options_)) + " bytes"});
            batch.ending = options_.skip_bad ? Batch::Ending::too_long : Batch::Ending::bad_line;
        } else if (!is_blank(line)) {
            add(batch, std::move(line));
        }
    }
    batch.bytes = reader_.bytes();
    return batch;
}

}  // namespace pgqrs::cli
