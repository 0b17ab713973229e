// Lines of a file or of stdin, in bounded memory and never stuck: waiting for a pipe ends when a stop is requested.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pgqrs/client/stop.hpp"
#include "pgqrs/client/time.hpp"

namespace pgqrs::cli {

class LineReader {
public:
    enum class Got {
        line,      // without its end (LF or CR LF) and, the first one, without a byte order mark
        too_long,  // only its beginning; rest() must come next
        pause,     // nothing came for as long as the caller has patience
        end,
        stopped,
    };

    // path: "-" is stdin. limit: the most bytes of a line. Raises Failure when it cannot be opened.
    LineReader(const std::string& path, std::size_t limit, const Stop& stop);
    ~LineReader();
    LineReader(const LineReader&) = delete;
    LineReader& operator=(const LineReader&) = delete;

    // Without patience it waits as long as it takes. Raises Failure when it cannot be read.
    Got next(std::string& line, std::optional<Duration> patience = std::nullopt);
    // What next() left of a line that was too long, piece by piece; false: stopped.
    bool rest(const std::function<void(std::string_view)>& take);
    // From any thread: as if the stop were requested.
    void give_up() noexcept { giving_up_.request(); }

    // Of the last line, from 1.
    std::int64_t number() const noexcept { return number_; }
    std::int64_t bytes() const noexcept { return bytes_; }  // read so far
    std::optional<std::int64_t> size() const;               // of a regular file

private:
    std::optional<Got> fill(std::optional<Duration> patience);
    std::optional<Got> await_input(std::optional<Duration> patience) const;
    Got finish(std::string& line);

    std::string path_;
    std::size_t limit_;
    const Stop& stop_;
    Stop giving_up_;
    int file_;
    std::vector<char> buffer_;
    std::string_view unread_;  // in the buffer
    std::string partial_;      // the beginning of a line whose end has not been read
    std::int64_t number_ = 0;
    std::int64_t bytes_ = 0;
};

}  // namespace pgqrs::cli
