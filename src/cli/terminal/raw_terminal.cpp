// A terminal taken over.
#include "cli/terminal/raw_terminal.hpp"

#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "cli/terminal/terminal.hpp"

namespace pgqrs::cli {
namespace {

constexpr std::string_view kEnter = "\033[?1049h\033[?25l";  // the other screen, no cursor
constexpr std::string_view kLeave = "\033[?25h\033[?1049l";

constexpr std::array<std::pair<std::string_view, Key>, 23> kKeys = {{
    {"q", Key::quit},
    {"Q", Key::quit},
    {"p", Key::pause},
    {" ", Key::pause},
    {"s", Key::sort},
    {"k", Key::up},
    {"j", Key::down},
    {"\033[A", Key::up},
    {"\033OA", Key::up},
    {"\033[B", Key::down},
    {"\033OB", Key::down},
    {"\033[5~", Key::page_up},
    {"\033[6~", Key::page_down},
    {"\033[H", Key::first},
    {"\033OH", Key::first},
    {"\033[1~", Key::first},
    {"\033[F", Key::last},
    {"\033OF", Key::last},
    {"\033[4~", Key::last},
    {"g", Key::first},
    {"G", Key::last},
    {"\x1a", Key::suspend},
    {"\x04", Key::quit},
}};

void write_all(std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0 && errno != EINTR) {
            return;
        }
        text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
}

}  // namespace

RawTerminal::RawTerminal()
    : has_keys_(is_terminal(STDIN_FILENO) && ::tcgetattr(STDIN_FILENO, &before_) == 0) {
    enter();
}

RawTerminal::~RawTerminal() { leave(); }

void RawTerminal::enter() {
    if (has_keys_) {
        termios mode = before_;
        mode.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        mode.c_cc[VMIN] = 0;
        mode.c_cc[VTIME] = 0;
        mode.c_cc[VSUSP] = _POSIX_VDISABLE;
        mode.c_cc[VQUIT] = _POSIX_VDISABLE;
        ::tcsetattr(STDIN_FILENO, TCSANOW, &mode);
    }
    write_all(kEnter);
}

void RawTerminal::leave() const {
    write_all(kLeave);
    if (has_keys_) {
        ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    }
}

Size RawTerminal::size() const {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) {
        return {24, 80};
    }
    return {size.ws_row, size.ws_col};
}

void RawTerminal::draw(const std::vector<std::string>& lines) const {
    std::string frame = "\033[H";
    for (std::size_t line = 0; line < lines.size(); ++line) {
        // Cleared first: behind a full line the cursor still stands on its last character.
        frame += std::string(line == 0 ? "" : "\r\n") + "\033[K" + lines[line];
    }
    write_all(frame + "\033[J");
}

int RawTerminal::input() const noexcept { return has_keys_ ? STDIN_FILENO : -1; }

std::vector<Key> RawTerminal::keys() {
    std::array<char, 256> buffer;
    const auto got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (got <= 0) {
        return got < 0 && (errno == EINTR || errno == EAGAIN) ? std::vector<Key>()
                                                              : std::vector<Key>{Key::gone};
    }
    std::string_view text(buffer.data(), static_cast<std::size_t>(got));
    std::vector<Key> keys;
    while (!text.empty()) {
        std::size_t length = 1;
        for (const auto& [sequence, key] : kKeys) {
            if (text.starts_with(sequence)) {
                keys.push_back(key);
                length = sequence.size();
                break;
            }
        }
        text.remove_prefix(length);
    }
    return keys;
}

void RawTerminal::suspend() {
    leave();
    ::raise(SIGSTOP);
    enter();
}

}  // namespace pgqrs::cli
