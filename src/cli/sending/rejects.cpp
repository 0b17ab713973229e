// Lines that were passed over.
#include "cli/sending/rejects.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "cli/failure.hpp"
#include "cli/output/text.hpp"

namespace pgqrs::cli {
namespace {

// A file of another kind than expected has a fault in every line.
constexpr std::int64_t kMostNotes = 20;

}  // namespace

Rejects::Rejects(Context& context, std::string source, const std::optional<std::string>& path)
    : context_(context), source_(std::move(source)), path_(path.value_or("")) {
    if (path) {
        file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
        if (file_ < 0) {
            throw Failure(Exit::failed,
                          "cannot write " + quote_argument(path_) + ": " + std::strerror(errno));
        }
    }
}

Rejects::~Rejects() {
    if (file_ >= 0) {
        ::close(file_);
    }
}

std::string Rejects::text_of(const BadLine& line) const {
    return source_ + ":" + std::to_string(line.number) + ": " + line.reason;
}

void Rejects::add(const BadLine& line, bool complete) {
    ++count_;
    if (count_ <= kMostNotes) {
        context_.note(text_of(line));
    } else if (count_ == kMostNotes + 1) {
        context_.note("further bad lines are only counted");
    }
    more(line.text);
    if (complete) {
        more("\n");
    }
}

void Rejects::more(std::string_view piece) {
    while (file_ >= 0 && !piece.empty()) {
        const auto written = ::write(file_, piece.data(), piece.size());
        if (written < 0 && errno != EINTR) {
            throw Failure(Exit::failed,
                          "cannot write " + quote_argument(path_) + ": " + std::strerror(errno));
        }
        piece.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
}

}  // namespace pgqrs::cli
