// Terminals: whether, how wide, colours.
#include "cli/terminal/terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace pgqrs::cli {

void fill_standard_descriptors() {
    for (int descriptor = 0; descriptor <= 2; ++descriptor) {
        if (::fcntl(descriptor, F_GETFD) == -1) {
            // Takes the lowest free number, which is this one.
            (void)::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }

std::optional<std::size_t> terminal_width(int descriptor) {
    if (!is_terminal(descriptor)) {
        return std::nullopt;
    }
    if (const char* columns = std::getenv("COLUMNS")) {
        const std::string_view text = columns;
        std::size_t width = 0;
        const auto end = std::from_chars(text.data(), text.data() + text.size(), width);
        if (end.ec == std::errc() && end.ptr == text.data() + text.size() && width > 0) {
            return width;
        }
    }
    winsize size{};
    if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        return size.ws_col;
    }
    return 80;
}

bool colour_wanted(int descriptor) {
    const char* no_color = std::getenv("NO_COLOR");
    const char* term = std::getenv("TERM");
    return is_terminal(descriptor) && !(no_color && *no_color) &&
           !(term && std::string_view(term) == "dumb");
}

}  // namespace pgqrs::cli
