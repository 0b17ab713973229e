// A terminal taken over for a live screen, and given back as it was.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <termios.h>

namespace pgqrs::cli {

struct Size {
    std::size_t rows;
    std::size_t columns;
    bool operator==(const Size&) const = default;
};

enum class Key { quit, pause, sort, up, down, page_up, page_down, first, last, suspend, gone };

class RawTerminal {
public:
    // Shows another screen on stdout, which is a terminal; keys come from stdin, if that is one, too. Ctrl-C still is a
    // signal.
    RawTerminal();
    ~RawTerminal();
    RawTerminal(const RawTerminal&) = delete;
    RawTerminal& operator=(const RawTerminal&) = delete;

    Size size() const;
    // Writes the lines from the top, and nothing below them.
    void draw(const std::vector<std::string>& lines) const;
    // To be waited for; -1 without keys.
    int input() const noexcept;
    // The keys that are there; `gone` when there will be no more.
    std::vector<Key> keys();
    // As Ctrl-Z does it: the terminal is given back until the process is continued.
    void suspend();

private:
    void enter();
    void leave() const;

    termios before_{};
    bool has_keys_;  // initialized with before_, so behind it
};

}  // namespace pgqrs::cli
