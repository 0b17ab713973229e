// Sends batches.
#include "cli/sending/batch_sender.hpp"

#include "cli/exit.hpp"
#include "cli/failure.hpp"

namespace pgqrs::cli {
namespace {

// A message of the batch is to blame: what it says (classes 22 and PQ), or its size (class 54). Or there are more than
// the server takes in one call, which halves cure, too.
bool is_about_messages(const Error& error) {
    const std::string& code = error.sqlstate();
    return !error.connection_lost() && (code.starts_with("22") || code.starts_with("54") ||
                                        code == "PQ005" || code == "PQ009" || code == "PQ010");
}

// "payload 1 ..." of a batch of one.
std::string reason_of(const Error& error) {
    std::string reason = error.message();
    if (const auto start = reason.find("payload 1"); start != std::string::npos) {
        reason.erase(start + 7, 2);
    }
    return reason + (error.detail().empty() ? "" : " (" + error.detail() + ")");
}

std::string range(std::int64_t first, std::int64_t last) {
    return first == last ? "line " + std::to_string(first)
                         : "lines " + std::to_string(first) + " to " + std::to_string(last);
}

}  // namespace

std::string how_to_go_on(std::int64_t line) {
    return "Go on with --from-line " + std::to_string(line) + ".";
}

std::string sent_up_to(std::int64_t line) {
    return "everything up to line " + std::to_string(line) + " is sent";
}

void BatchSender::send(const Batch& batch) {
    if (!batch.messages.empty()) {
        send_part(batch, 0, batch.messages.size());
    }
    // The last line has its own ending.
    if (batch.ending != Batch::Ending::bad_line) {
        committed_ = batch.last;
    }
}

void BatchSender::send_part(const Batch& batch, std::size_t from, std::size_t to) {
    const bool whole = from == 0 && to == batch.messages.size();
    const auto begin = batch.messages.begin();
    try {
        if (whole) {
            producer_.batch_enqueue(batch.messages, options_);
        } else {
            producer_.batch_enqueue(
                std::vector<NewMessage>(begin + static_cast<std::ptrdiff_t>(from),
                                        begin + static_cast<std::ptrdiff_t>(to)),
                options_);
        }
        sent_ += static_cast<std::int64_t>(to - from);
        committed_ = batch.numbers[to - 1];
    } catch (const Error& error) {
        if (!is_about_messages(error)) {
            fail(error, batch.numbers[from], batch.numbers[to - 1]);
        }
        bisect(batch, from, to, error);
    }
}

void BatchSender::bisect(const Batch& batch, std::size_t from, std::size_t to, const Error& error) {
    if (to - from > 1) {
        const auto middle = from + (to - from) / 2;
        send_part(batch, from, middle);
        send_part(batch, middle, to);
        return;
    }
    on_bad_({batch.numbers[from], batch.line(from), reason_of(error)});
    committed_ = batch.numbers[from];
}

void BatchSender::fail(const Error& error, std::int64_t first, std::int64_t last) const {
    const Exit code = exit_of(error);
    if (sent_ == 0 && !error.in_doubt()) {
        throw;
    }
    const std::string so_far = sent_ == 0 ? "" : "; " + sent_up_to(committed_);
    if (!error.in_doubt()) {
        throw Failure(code, error.message() + so_far, how_to_go_on(committed_ + 1));
    }
    throw Failure(code, error.message() + so_far + "; " + range(first, last) + " may be sent",
                  "See whether " + std::string(first == last ? "it has" : "they have") +
                      " arrived; go on with --from-line " + std::to_string(last + 1) +
                      ", or else with --from-line " + std::to_string(committed_ + 1) + ".");
}

}  // namespace pgqrs::cli
