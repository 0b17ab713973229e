// Lines that were passed over: each is told on stderr, counted, and kept in a file if there is one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cli/context.hpp"
#include "cli/sending/message_source.hpp"

namespace pgqrs::cli {

class Rejects {
public:
    // source: what the lines' file is called. path: is appended to. Raises Failure when it cannot be opened.
    Rejects(Context& context, std::string source, const std::optional<std::string>& path);
    ~Rejects();
    Rejects(const Rejects&) = delete;
    Rejects& operator=(const Rejects&) = delete;

    // "FILE:LINE: reason"
    std::string text_of(const BadLine& line) const;

    // Raises Failure when the file cannot be written. `complete`: otherwise more() brings the rest of the line.
    void add(const BadLine& line, bool complete = true);
    void more(std::string_view piece);

    std::int64_t count() const noexcept { return count_; }

private:
    Context& context_;
    std::string source_;
    std::string path_;
    int file_ = -1;
    std::int64_t count_ = 0;
};

}  // namespace pgqrs::cli
